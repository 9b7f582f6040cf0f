import { systemClock } from '../../server/lib/clock.ts'
import { pressRequest } from './callback.ts'
import { copyId, fill, patternOf } from './crowd.ts'
import { type Ground, openGround, openRooms, welcome } from './ground.ts'
import type { Hits } from './load.ts'
import { median, rowOf } from './measure.ts'
import { startBare, startHouse, startLoad, startStandIn } from './processes.ts'
import type { BenchRow } from './row.ts'

const OPEN = 20_000
const CONNECTIONS = 16
const ROUNDS = 5
const WARM = 1_000
const ACCEPTS = 1_000
const FINISHES = 600
const BARE = 5_000
const PACED_S = 4
const ASSIGNEE = 'linxiaoyu'

type Key = 'accept' | 'finish'

/** Card presses of the whole house, verified callback to committed and answered, against a bare Koa route. */
export async function press(): Promise<BenchRow[]> {
  const mysql = Boolean(process.env.TEST_DATABASE_URL)
  const on = mysql ? 'MariaDB' : 'SQLite'
  const goal = mysql ? 0.12 : 0.25
  const standIn = await startStandIn()
  const ground = await openGround(standIn.env)
  const cards = await openComplaints(ground, standIn.customer)
  const house = await startHouse(ground.env)
  const bare = await startBare()
  const load = await startLoad()
  const pressed: Record<Key, number> = { accept: 0, finish: 0 }

  function requests(key: Key, count: number): string[] {
    const taskIds = cards.splice(0, count)
    if (taskIds.length < count) throw new Error('too few open complaints were laid out')
    const chosen = key === 'finish' ? { type: 'quality' } : undefined
    return taskIds.map((taskId) => pressRequest({ userid: ASSIGNEE, taskId, key, chosen }))
  }
  async function pressAll(key: Key, count: number, perSecond?: number): Promise<Hits> {
    const volley = { port: house.port, requests: requests(key, count), connections: CONNECTIONS, perSecond }
    const hits = await load.fire(volley)
    if (hits.statuses['200'] !== count || hits.filled !== count) {
      throw new Error(`of ${count} presses not all were answered with a card: ${JSON.stringify(hits)}`)
    }
    pressed[key] += count
    return hits
  }
  const bareRequests = requests('accept', 500)
  async function fireBare(count: number): Promise<Hits> {
    const list = Array.from({ length: count }, (_, i) => bareRequests[i % bareRequests.length] as string)
    const hits = await load.fire({ port: bare.port, requests: list, connections: CONNECTIONS })
    if (hits.statuses['200'] !== count) throw new Error(`the bare route refused: ${JSON.stringify(hits.statuses)}`)
    return hits
  }

  await fireBare(BARE)
  await pressAll('accept', WARM)
  await pressAll('finish', WARM / 2)
  const rates: Record<Key | 'bare', number[]> = { accept: [], finish: [], bare: [] }
  for (let round = 0; round < ROUNDS; round++) {
    rates.bare.push((await fireBare(BARE)).perSecond)
    rates.accept.push((await pressAll('accept', ACCEPTS)).perSecond)
    rates.finish.push((await pressAll('finish', FINISHES)).perSecond)
  }
  const bareRate = median(rates.bare)
  const half = { accept: median(rates.accept) / 2, finish: median(rates.finish) / 2 }
  const calm = {
    accept: await pressAll('accept', Math.round(half.accept * PACED_S), half.accept),
    finish: await pressAll('finish', Math.round(half.finish * PACED_S), half.finish),
  }
  for (const server of [load, house, bare, standIn]) await server.stop()
  await prove(ground, pressed)
  await ground.clear()

  const ratio = (key: Key, goal?: number) =>
    rowOf(`press: ${key} against a bare route, ${on}`, median(rates[key]) / bareRate, goal, {
      'presses per s': median(rates[key]),
      'bare per s': bareRate,
      'open complaints': OPEN,
      connections: CONNECTIONS,
      'p99 ms at half the load': calm[key].p99,
    })
  const worst = Math.max(calm.accept.p99, calm.finish.p99)
  return [
    ratio('accept', goal),
    // More than a press: it opens the next step and sends two messages, while the next ones are being pressed.
    ratio('finish'),
    rowOf(`press: 100 ms against p99 at half the load, ${on}`, 100 / worst, 1, {
      'accept per s': half.accept,
      'accept p50 ms': calm.accept.p50,
      'accept p99 ms': calm.accept.p99,
      'finish per s': half.finish,
      'finish p50 ms': calm.finish.p50,
      'finish p99 ms': calm.finish.p99,
    }),
  ]
}

/** Lays out open complaints whose cards were delivered, and returns the cards' ids. */
async function openComplaints(
  ground: Ground,
  user: { openid: string; nickname: string; phone: string },
): Promise<string[]> {
  const house = await openRooms(ground, systemClock)
  const pattern = await patternOf(house, await welcome(house, user))
  const place = pattern.messages.findIndex(({ kind }) => kind === 'step')
  const card = pattern.messages[place]
  if (!card) throw new Error('opening the complaint has made no card')
  await fill(house.db, pattern, OPEN)
  const cards = Array.from({ length: OPEN }, (_, i) => copyId(card, `M${place}`, i))
  await house.db.close()
  return cards
}

/** Every press must have done its work once: what was not done was not measured. */
async function prove(ground: Ground, pressed: Record<Key, number>): Promise<void> {
  const { db } = await openRooms(ground, systemClock)
  const [row] = await db.read((tx) =>
    tx.query<{ accepted: number; finished: number; opened: number }>(
      `SELECT SUM(acceptedAt IS NOT NULL AND state = 'open') AS accepted, SUM(state = 'done') AS finished,
              SUM(name = 'assign') AS opened FROM flow_steps`,
    ),
  )
  await db.close()
  const done = { accepted: Number(row?.accepted), finished: Number(row?.finished), opened: Number(row?.opened) }
  if (done.accepted !== pressed.accept || done.finished !== pressed.finish || done.opened !== pressed.finish) {
    throw new Error(`presses ${JSON.stringify(pressed)} have done ${JSON.stringify(done)}`)
  }
}
