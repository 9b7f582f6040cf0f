import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { channel } from '../../server/engines/messages/channel.ts'
import { deliverDue } from '../../server/engines/messages/deliver.ts'
import { Message, Received } from '../../server/engines/messages/message.ts'
import { enqueueAll, touchCards } from '../../server/engines/messages/outbox.ts'
import { refreshCards } from '../../server/engines/messages/refresh.ts'
import { stopSending } from '../../server/engines/messages/stopping.ts'
import { entities, migrations } from '../../server/entities.ts'
import { FixedClock } from '../../server/lib/clock.ts'
import { Database, type Tx } from '../../server/lib/db.ts'
import { houseDatabase } from '../database.ts'
import { MONDAY_10 } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let folder: string
let db: Database
let drop: () => Promise<void>
let open: () => Promise<Database>
/** What each receiver has on the screen. */
let screens: Map<string, string>
/** What is waited for before a drawing or a sending goes on, by its receiver. */
let drawing: (to: string) => Promise<void>
let sending: (to: string, kind: string) => Promise<void>
/** Who is told of each message that has arrived. */
let told: (message: Message) => unknown

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yingke-outbox-'))
  const fresh = await houseDatabase(folder)
  drop = fresh.drop
  open = () => Database.open({ url: fresh.url, entities, migrations, clock: new FixedClock(MONDAY_10) })
  db = await open()
  screens = new Map()
  drawing = sending = async () => undefined
  told = () => undefined
  channel('group', {
    limits: [],
    notBefore: () => 0,
    async draw(tx, message) {
      const words = (await solved(tx)) ? 'solved' : 'open'
      await drawing(message.recipientId)
      return { wire: words, shown: words }
    },
    async send(message, wire) {
      await sending(message.recipientId, message.kind)
      screens.set(message.recipientId, wire)
      told(message)
      return {}
    },
    async update({ recipientId }, wire) {
      screens.set(recipientId, wire)
      return true
    },
  })
})
afterEach(async () => {
  await db.close()
  await drop()
  await rm(folder, { recursive: true })
})

const solved = (tx: Tx) => tx.get(Received, 'solved')

const put = (...people: string[]) =>
  db.write((tx) =>
    enqueueAll(
      tx,
      people.map((to) => ({ key: to, channel: 'group', to, kind: 'card', subjectId: 'matter' })),
    ),
  )

/** Changes what the cards speak of. */
const solve = () =>
  db.write(async (tx) => {
    await tx.insert(Received, { id: 'solved', at: tx.now })
    await touchCards(tx, 'matter')
  })

function gate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

/** Until this work is done, or (on MySQL) a transaction waits for the rows of another one. */
async function doneOrWaiting(work: Promise<unknown>): Promise<void> {
  let done = false
  work.finally(() => {
    done = true
  })
  const waits = async () => {
    const [row] = await db.read((tx) => tx.query<{ Value: string }>(`SHOW STATUS LIKE 'Innodb_row_lock_current_waits'`))
    return Number(row?.Value)
  }
  while (!done && (await waits()) === 0);
}

const states = () =>
  db.read(async (tx) => (await tx.find(Message, 'ORDER BY id')).map(({ state, refreshAt }) => [state, refreshAt]))

test('a card whose matter changes while it is drawn shows the change', async () => {
  await put('lin')
  const [drawn, go] = [gate(), gate()]
  drawing = async () => {
    drawn.open()
    await go.opened
  }
  const delivering = deliverDue(db)
  await drawn.opened
  const solving = solve()
  // SQLite's one writer is the one that draws: there the change comes behind it.
  if (db.dialect === 'mysql') await solving
  go.open()
  await Promise.all([solving, delivering])
  await deliverDue(db)
  await refreshCards(db)
  assert.deepEqual([...screens], [['lin', 'solved']])
  assert.deepEqual(await states(), [['sent', null]])
})

test('so does one that is drawn already but not yet on its way, beside others that are', async () => {
  await put('lin', 'zhao')
  const [first, go] = [gate(), gate()]
  drawing = async (to) => {
    if (to === 'lin') return
    first.open()
    await go.opened
  }
  const delivering = deliverDue(db)
  await first.opened
  const solving = solve()
  if (db.dialect === 'mysql') await doneOrWaiting(solving)
  go.open()
  await Promise.all([solving, delivering])
  await deliverDue(db)
  await refreshCards(db)
  assert.deepEqual([...screens].sort(), [
    ['lin', 'solved'],
    ['zhao', 'solved'],
  ])
})

test('what is said to somebody in one breath arrives in its order, however long the platform takes for each', async () => {
  const said = ['which is which', 'first', 'second', 'third']
  await db.write((tx) =>
    enqueueAll(
      tx,
      said.map((kind) => ({ key: kind, channel: 'group', to: 'lin', kind, subjectId: kind })),
    ),
  )
  await put('zhao')
  const arrived: string[] = []
  const [other, go] = [gate(), gate()]
  sending = async (to, kind) => {
    if (to === 'zhao') other.open()
    if (kind === said[0]) await go.opened
  }
  told = ({ kind, recipientId }) => recipientId === 'lin' && arrived.push(kind)
  const delivering = deliverDue(db)
  // Nobody else waits for the slow one.
  await other.opened
  assert.deepEqual(arrived, [])
  go.open()
  await delivering
  assert.deepEqual(arrived, said)
})

test('what waits behind a slow platform stays in the outbox when the house closes, and goes with the next one', async () => {
  const people = Array.from({ length: 60 }, (_, i) => `p${i}`)
  await put(...people)
  const [called, go] = [gate(), gate()]
  sending = async () => {
    called.open()
    await go.opened
  }
  const delivering = deliverDue(db)
  await called.opened
  stopSending(db)
  go.open()
  const handled = await delivering
  assert.ok(handled > 0 && handled < 40, `${handled} were sent while closing`)
  assert.equal(screens.size, handled)
  const waiting = (await states()).filter(([state]) => state === 'pending')
  assert.equal(waiting.length, people.length - handled)

  const next = await open()
  await deliverDue(next)
  await next.close()
  assert.equal(screens.size, people.length)
})
