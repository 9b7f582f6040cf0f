import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Event } from '../../server/engines/events/event.ts'
import { type Heard, onEvents, record, recordAll, SYSTEM } from '../../server/engines/events/events.ts'
import { entities, migrations } from '../../server/entities.ts'
import { DAY, FixedClock } from '../../server/lib/clock.ts'
import { Database, type Tx } from '../../server/lib/db.ts'
import { houseDatabase } from '../database.ts'
import { MONDAY_10 } from '../harness.ts'
import { after, before, beforeEach, test } from '../suite.ts'

let db: Database
let drop: () => Promise<void>
let folder: string
const clock = new FixedClock(MONDAY_10)
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yingke-'))
  const database = await houseDatabase(folder)
  drop = database.drop
  db = await Database.open({ url: database.url, entities, migrations, clock })
})
after(async () => {
  await db.close()
  await drop()
  await rm(folder, { recursive: true, force: true })
})

let heard: string[] = []
const wanted = new Set(['bell.rung', 'bell.broken'])
async function hear(tx: Tx, events: Heard[]): Promise<void> {
  for (const { name, data } of events) {
    heard.push(`${name} ${data.n ?? ''}`.trim())
    // It hears within the transaction: what it writes stands and falls with what happened.
    if (data.n === 'bad') throw new Error('the hearer fails')
    if (name === 'bell.rung') await record(tx, 'echo.heard', { by: SYSTEM, subject: bell, data })
  }
}
onEvents(hear, ({ name }) => wanted.has(name))
beforeEach(() => {
  heard = []
})

const bell = { type: 'bell', id: 'B1' }
const ring = (n: unknown, more = {}) => ({ name: 'bell.rung', by: SYSTEM, subject: bell, data: { n }, ...more })
const names = (like: string) =>
  db.read(async (tx) => (await tx.find(Event, 'WHERE name = ? ORDER BY id', [like])).map(({ data }) => data.n))

test('whoever asked hears of what they asked for, once, in the same transaction', async () => {
  await db.write(async (tx) => {
    await record(tx, 'bell.rung', { by: SYSTEM, subject: bell, data: { n: 1 } })
    await record(tx, 'bell.polished', { by: SYSTEM, subject: bell })
    await recordAll(tx, [ring(2), { ...ring(3), name: 'bell.seen' }, { ...ring(4), name: 'bell.broken' }])
  })
  assert.deepEqual(heard, ['bell.rung 1', 'bell.rung 2', 'bell.broken 4'])
  assert.deepEqual(await names('echo.heard'), [1, 2])
  // Registered again, as when a house is opened again in the same process, it still hears once.
  onEvents(hear, ({ name }) => wanted.has(name))
  heard = []
  await db.write((tx) => record(tx, 'bell.broken', { by: SYSTEM, subject: bell }))
  assert.deepEqual(heard, ['bell.broken'])
})

test('what a hearer throws undoes what happened', async () => {
  await assert.rejects(
    db.write((tx) => record(tx, 'bell.rung', { by: SYSTEM, subject: bell, data: { n: 'bad' } })),
    /the hearer fails/,
  )
  assert.equal((await names('bell.rung')).includes('bad'), false)
})

test('what is reported again is dropped and not heard, alone, in a batch and between batches', async () => {
  const write = (happenings: Parameters<typeof recordAll>[1]) => db.write((tx) => recordAll(tx, happenings))
  assert.equal(await write([ring('a', { dedupKey: 'x:1' }), ring('b', { dedupKey: 'x:1' }), ring('c')]), 2)
  assert.equal(await write([ring('d', { dedupKey: 'x:1' }), ring('e', { dedupKey: 'x:2' })]), 1)
  await db.write((tx) => record(tx, 'bell.rung', { by: SYSTEM, subject: bell, data: { n: 'f' }, dedupKey: 'x:2' }))
  assert.deepEqual(heard, ['bell.rung a', 'bell.rung c', 'bell.rung e'])
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, n) => write([ring(`r${n}`, { dedupKey: 'x:3' }), ring(`s${n}`)])),
  )
  assert.equal(
    all.reduce((sum, count) => sum + count, 0),
    9,
  )
  assert.equal((await names('bell.rung')).filter((n) => String(n).startsWith('r')).length, 1)
})

test('what is told late keeps its own time, what lies ahead counts as now', async () => {
  await db.write((tx) =>
    recordAll(tx, [ring('late', { at: tx.now - 3 * DAY }), ring('early', { at: tx.now + 3 * DAY }), ring('plain')]),
  )
  const rows = await db.read((tx) => tx.find(Event, `WHERE name = 'bell.rung' ORDER BY id DESC LIMIT 3`))
  assert.deepEqual(
    rows.map(({ data, at }) => [data.n, at - MONDAY_10]),
    [
      ['plain', 0],
      ['early', 0],
      ['late', -3 * DAY],
    ],
  )
})
