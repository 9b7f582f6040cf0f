import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Received } from '../../server/engines/messages/message.ts'
import { entities, migrations } from '../../server/entities.ts'
import { FixedClock } from '../../server/lib/clock.ts'
import { Database } from '../../server/lib/db.ts'
import { LostRace, type Tx } from '../../server/lib/tx.ts'
import { houseDatabase } from '../database.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let folder: string
let db: Database
let drop: () => Promise<void>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yingke-db-'))
  const fresh = await houseDatabase(folder)
  drop = fresh.drop
  db = await Database.open({ url: fresh.url, entities, migrations, clock: new FixedClock(1) })
})
afterEach(async () => {
  await db.close()
  await drop()
  await rm(folder, { recursive: true })
})

const STRICT = 'innodb_snapshot_isolation'

const put = (tx: Tx, id: string) => tx.insert(Received, { id, at: tx.now })

async function stored(): Promise<string[]> {
  const rows = await db.read((tx) => tx.find(Received, 'ORDER BY id'))
  return rows.map(({ id }) => id)
}

test('of several transactions under way together one fails: only its own rows are missing', async () => {
  const after: string[] = []
  const work = (id: string, fails: boolean) =>
    db.write(async (tx) => {
      tx.afterCommit(() => after.push(id))
      await put(tx, id)
      if (fails) throw new Error(`no ${id}`)
      return id
    })
  const ended = await Promise.allSettled([work('a', false), work('b', true), work('c', false), work('d', true)])
  assert.deepEqual(
    ended.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
  )
  assert.deepEqual(await stored(), ['a', 'c'])
  assert.deepEqual(after.sort(), ['a', 'c'])
})

test('a lost race runs again from the start, alone, and leaves nothing of its first try', async () => {
  let tries = 0
  const losing = db.write(async (tx) => {
    tries += 1
    await put(tx, `try ${tries}`)
    if (tries < 3) throw new LostRace()
    return tries
  })
  const other = db.write((tx) => put(tx, 'neighbour'))
  assert.equal(await losing, 3)
  await other
  assert.deepEqual(await stored(), ['neighbour', 'try 3'])
})

test('what fails every time is told to its caller after a dozen tries', async () => {
  let tries = 0
  const hopeless = db.write(async () => {
    tries += 1
    throw new LostRace()
  })
  await assert.rejects(hopeless, LostRace)
  assert.equal(tries, 12)
  await db.write((tx) => put(tx, 'later'))
  assert.deepEqual(await stored(), ['later'])
})

test('SQLite’s only writer does not rest between the tries of what always loses: whoever waits for it comes next', async () => {
  // MySQL's many writers rest, so that of two that met one goes first.
  if (db.dialect !== 'sqlite') return
  const events: string[] = []
  let neighbour: Promise<void> | undefined
  const hopeless = db.write(async () => {
    // A rest of any length would let the loop turn, which is what others would see of it.
    if (events.length === 0) setImmediate(() => events.push('the loop turned'))
    neighbour ??= db.write(async (tx) => {
      events.push('neighbour')
      await put(tx, 'neighbour')
    })
    events.push('try')
    throw new LostRace()
  })
  await assert.rejects(hopeless, LostRace)
  await neighbour
  assert.deepEqual(events, [...Array(12).fill('try'), 'the loop turned', 'neighbour'])
  assert.deepEqual(await stored(), ['neighbour'])
})

test('many who want to be alone get their turns one by one, and never wait for a connection', async () => {
  let inside = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      db.alone('turn', async () => {
        most = Math.max(most, ++inside)
        await db.write((tx) => put(tx, `turn ${n}`))
        inside -= 1
        if (n === 7) throw new Error('one fails')
      }),
    ).map((turn) => turn.catch(() => undefined)),
  )
  assert.equal(most, 1)
  assert.equal((await stored()).length, 40)
})

test('a transaction sees its own rows, and nobody else does before the commit', async () => {
  const seen: string[][] = []
  await db.write(async (tx) => {
    await put(tx, 'mine')
    seen.push((await tx.find(Received, '')).map(({ id }) => id))
    seen.push(await stored())
  })
  assert.deepEqual(seen, [['mine'], []])
  assert.deepEqual(await stored(), ['mine'])
})

test('what is done soon shares the way of what is read next, in order; a taken key is told to its own caller', async () => {
  await db.write((tx) => put(tx, 'known'))
  await db.write(async (tx) => {
    const [known, fresh, all] = await Promise.all([
      tx.insertOnceSoon(Received, { id: 'known', at: 2 }),
      tx.insertOnceSoon(Received, { id: 'fresh', at: 2 }),
      tx.find(Received, 'ORDER BY id'),
    ])
    assert.deepEqual([known, fresh, all.map(({ id }) => id)], [false, true, ['fresh', 'known']])
    const touching = tx.runSoon('inbox', 'UPDATE inbox SET at = ? WHERE at >= ?', [3, 1])
    await assert.rejects(put(tx, 'known'), /UNIQUE|Duplicate/)
    assert.equal(await touching, 2)
  })
  assert.deepEqual(await stored(), ['fresh', 'known'])
})

test('what is read at once, as rows or as entities, sees what was to be done later before it', async () => {
  await db.write(async (tx) => {
    await tx.insertLater(Received, { id: 'later', at: 7 })
    await tx.insertMissingLater(Received, [
      { id: 'later', at: 8 },
      { id: 'missing', at: 8 },
    ])
    await tx.updateLater(Received, 'missing', { at: 9 }, { at: 8 })
    await tx.updateLater(Received, 'later', { at: 9 }, { at: 8 })
    const [entities, rows, none] = await Promise.all([
      tx.find(Received, 'ORDER BY id'),
      tx.query<{ id: string; twice: number }>('SELECT id, at * 2 AS twice FROM inbox WHERE at > ? ORDER BY id', [7]),
      tx.get(Received, 'nobody'),
    ])
    assert.deepEqual(
      entities.map(({ id, at }) => [id, at]),
      [
        ['later', 7],
        ['missing', 9],
      ],
    )
    assert.deepEqual(
      rows.map(({ id, twice }) => [id, Number(twice)]),
      [['missing', 18]],
    )
    assert.equal(none, undefined)
    const reading = [tx.find(Received, ''), tx.query('SELECT nothing FROM inbox')]
    const [, refused] = await Promise.allSettled(reading)
    assert.equal(refused?.status, 'rejected')
  })
})

test('a change for whose outcome nobody waits any more, as something else has failed, fails nothing but its transaction', async () => {
  const careless = db.write(async (tx) => {
    await put(tx, 'row')
    const mine = tx.updateSoon(Received, 'row', { at: 2 }, { at: 1 })
    await tx.query('SELECT nowhere FROM inbox')
    return mine
  })
  await assert.rejects(careless, /nowhere/)
  assert.deepEqual(await stored(), [])
})

test('a change that finds its row no longer as expected keeps nothing and runs again', async () => {
  await db.write((tx) => put(tx, 'row'))
  let tries = 0
  await db.write(async (tx) => {
    tries += 1
    await tx.insertLater(Received, { id: `note ${tries}`, at: tx.now })
    await tx.changeLater(Received, 'row', { at: 9 }, { at: tries < 3 ? 5 : 1 })
  })
  assert.equal(tries, 3)
  assert.deepEqual(await stored(), ['note 3', 'row'])
})

test('of several changes on their way to the commit each has to find its own row, and one that is gone is not found', async () => {
  await db.write(async (tx) => {
    await put(tx, 'first')
    await put(tx, 'second')
  })
  const told: number[] = []
  async function changeBoth(tx: Tx, second: string): Promise<void> {
    await tx.changeLater(Received, 'first', { at: 9 }, { at: 1 })
    await tx.runLater('inbox', 'UPDATE inbox SET at = at + 1 WHERE at < 9', [], (touched) => told.push(touched))
    await tx.changeLater(Received, second, { at: 9 }, { at: second === 'second' ? 2 : 1 })
    await tx.insertLater(Received, { id: 'note', at: tx.now })
  }
  await assert.rejects(
    db.write((tx) => changeBoth(tx, 'gone')),
    LostRace,
  )
  assert.deepEqual(await stored(), ['first', 'second'])
  told.length = 0
  await db.write((tx) => changeBoth(tx, 'second'))
  assert.deepEqual(told, [1])
  assert.deepEqual(await stored(), ['first', 'note', 'second'])
})

test('a row that has changed since the transaction’s moment is changed at the second try', async (t) => {
  const known = db.dialect === 'mysql' && (await db.read((tx) => tx.query(`SHOW VARIABLES LIKE '${STRICT}'`)))
  if (!known || known.length === 0)
    return t.skip('only MariaDB from 10.6.18 on says so by itself, and from 11.6 on unasked')
  await db.write((tx) => put(tx, 'row'))
  let tries = 0
  await db.write(async (tx) => {
    tries += 1
    await tx.query(`SET SESSION ${STRICT} = ON`)
    const row = await tx.get(Received, 'row')
    if (tries === 1) await db.write((other) => other.update(Received, 'row', { at: 100 }))
    await tx.update(Received, 'row', { at: Number(row?.at) + 1 })
  })
  assert.equal(tries, 2)
  assert.equal((await db.read((tx) => tx.get(Received, 'row')))?.at, 101)
})

test('when something fails for which nobody waited, nothing of the transaction is kept', async () => {
  const careless = db.write(async (tx) => {
    await put(tx, 'row')
    void tx.runSoon('inbox', 'UPDATE inbox SET nowhere = 1')
  })
  await assert.rejects(careless, /nowhere/)
  assert.deepEqual(await stored(), [])
})
