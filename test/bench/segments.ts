import { Customer } from '../../server/domain/customers/customer.ts'
import { book, openSegments } from '../../server/domain/segments/book.ts'
import { lookAt } from '../../server/domain/segments/look.ts'
import { pastOf } from '../../server/domain/segments/past.ts'
import { previewSegment } from '../../server/domain/segments/preview.ts'
import { sweepCustomers } from '../../server/domain/segments/sweep.ts'
import { CustomerTally } from '../../server/domain/segments/tally.ts'
import { Event } from '../../server/engines/events/event.ts'
import { type Heard, recordAll, SYSTEM } from '../../server/engines/events/events.ts'
import type { House } from '../../server/house.ts'
import { DAY, FixedClock, HOUR } from '../../server/lib/clock.ts'
import { lendVocabulary } from '../../server/vocabulary.ts'
import { Dice } from '../dice.ts'
import { openGround, openRooms } from './ground.ts'
import { median, percentile, rowOf, timed } from './measure.ts'
import type { BenchRow } from './row.ts'

/** The full size is a million customers and five million events: BENCH_CUSTOMERS=1000000. */
const CUSTOMERS = Number(process.env.BENCH_CUSTOMERS ?? 100_000)
const EVENTS = Number(process.env.BENCH_EVENTS ?? CUSTOMERS * 5)
const MILLION = 1_000_000
/** Ten thousand of a million, and as many of fewer. */
const CHANGED = CUSTOMERS / 100
const SLICE = 1_000
const PER_REPORT = 500
const ROUNDS = 3
const GOAL_UPKEEP = 20
const LOOKS = 2_000
const GOAL_LOOK_MS = 30
const NOW = Date.parse('2026-11-23T15:00:00+08:00')

/** What it costs to keep facts, scores, stages and segments: by what has changed, by a day that passes, all anew. */
export async function segmenting(): Promise<BenchRow[]> {
  const mysql = Boolean(process.env.TEST_DATABASE_URL)
  const on = mysql ? 'MariaDB' : 'SQLite'
  const clock = new FixedClock(NOW)
  lendVocabulary()
  const ground = await openGround({ PACKS: 'service-desk,mall' })
  const house = await openRooms(ground, clock)
  await openSegments(house.db, house.config)
  const dice = new Dice(20261123)
  const filled = await timed(() => fill(house, dice))
  const first = await timed(() => quiet(house))
  if (house.db.dialect === 'sqlite') await house.db.source.query('PRAGMA wal_checkpoint(TRUNCATE)')
  await house.db.source.query(mysql ? 'ANALYZE TABLE events, customer_tallies, customer_facts' : 'ANALYZE')

  const upkeep: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    clock.advance(HOUR)
    await quiet(house)
    upkeep.push(await timed(() => change(house, dice)))
  }
  const days: number[] = []
  const cpus: number[] = []
  let looked = 0
  for (let round = 0; round < ROUNDS; round++) {
    clock.advance(DAY)
    const count = { looked: 0 }
    const began = process.cpuUsage()
    days.push(await timed(() => quiet(house, count)))
    cpus.push(cpuMs(began))
    looked += count.looked
  }
  const previews: number[] = []
  for (const { when } of book()?.segments ?? [])
    previews.push(await timed(() => house.db.read((tx) => previewSegment(tx, when))))
  await house.db.write((tx) => tx.run('UPDATE customer_tallies SET counted = 0, judged = 0'))
  const anew = await timed(() => quiet(house))
  const beforeLooks = process.cpuUsage()
  const looks = await lookingAt(house, dice)
  const cpuLooks = cpuMs(beforeLooks) / LOOKS
  const pool = mysql ? await poolOf(house) : {}
  await house.db.close()
  await ground.clear()

  const size = { customers: CUSTOMERS, events: EVENTS, segments: book()?.segments.length ?? 0 }
  const goalMs = ((mysql ? 10_000 : 5_000) * CUSTOMERS) / MILLION
  return [
    rowOf(`segments: ${CHANGED} changed against all anew, ${on}`, anew / median(upkeep), GOAL_UPKEEP, {
      'ms changed': median(upkeep),
      'ms all anew': anew,
      'ms first time': first,
      'ms filled': filled,
      ...size,
      ...pool,
    }),
    rowOf(`segments: a day passes, ${on}`, goalMs / Math.max(...days), 1, {
      'ms a day': median(days),
      'slowest ms': Math.max(...days),
      // On a machine that others use as well this says more than the clock.
      'processor ms a day': median(cpus),
      'goal ms': goalMs,
      'looked at a day': looked / ROUNDS,
      ...pool,
    }),
    rowOf(`segments: preview with count and sample, ${on}`, 1000 / median(previews), undefined, {
      'ms median': median(previews),
      'ms slowest': Math.max(...previews),
    }),
    rowOf(`segments: one customer from all sides, ${on}`, GOAL_LOOK_MS / percentile(looks, 0.99), 1, {
      'ms p99': percentile(looks, 0.99),
      'ms median': median(looks),
      'ms slowest': Math.max(...looks),
      'processor ms': cpuLooks,
      'goal ms': GOAL_LOOK_MS,
      customers: CUSTOMERS,
    }),
  ]
}

/** What the server may keep in memory: a million customers do not fit into its default of 128 MB. */
async function poolOf({ db }: House): Promise<Record<string, number>> {
  const [row] = await db.read((tx) => tx.query<{ bytes: number }>('SELECT @@innodb_buffer_pool_size AS bytes'))
  return { 'buffer pool MB': Math.round(Number(row?.bytes) / 1024 ** 2) }
}

/** The processor's time in this process since then. */
function cpuMs(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1000
}

/** How long each of many looks at somebody takes, with the first page of their past. */
async function lookingAt({ db, words }: House, dice: Dice): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < LOOKS; n++) {
    const id = idOf(dice.below(CUSTOMERS))
    const look = () =>
      db.read(async (tx) => {
        await lookAt(tx, id, words)
        await pastOf(tx, id, { limit: 20 })
      })
    times.push(await timed(look))
  }
  return times
}

/** Customers of the last two years with what they did, as it stands after an upgrade: nothing is counted yet. */
async function fill({ db }: House, dice: Dice): Promise<void> {
  const each = EVENTS / CUSTOMERS
  for (let from = 0; from < CUSTOMERS; from += SLICE) {
    const ids = Array.from({ length: Math.min(SLICE, CUSTOMERS - from) }, (_, i) => idOf(from + i))
    await db.write(async (tx) => {
      // Ids are given in the order in which customers come.
      const born = ids.map((_, i) => NOW - Math.floor((1 - (from + i) / CUSTOMERS) ** 0.7 * 730 * DAY))
      await tx.insert(
        Customer,
        ids.map((id, i) => ({ id, createdAt: born[i] as number, seenAt: NOW })),
      )
      await tx.insert(
        CustomerTally,
        ids.map((id) => ({ id, counted: 0, judged: 0, version: 0, counts: {} })),
      )
      const events = ids.flatMap((id, i) => {
        const since = born[i] as number
        const count = Math.floor(dice.next() * 2 * (each - 1) + 0.5)
        return [
          eventOf(`${from + i}:r`, id, 'customer.registered', since, dice),
          ...Array.from({ length: count }, (_, n) => {
            // Most of what people do they do soon; some stay.
            const share = dice.chance(0.5) ? dice.next() ** 3 : dice.next()
            const name = dice.pick(NAMES)
            return eventOf(`${from + i}:${n}`, id, name, since + Math.floor(share * (NOW - since)), dice)
          }),
        ]
      })
      await tx.insert(Event, events)
    })
  }
}

const NAMES = ['order.paid', 'order.paid', 'page.viewed', 'page.viewed', 'ticket.opened', 'interaction.recorded']

function eventOf(key: string, customerId: string, name: string, at: number, dice: Dice): Heard {
  return {
    id: `01BENCH${key.padStart(19, '0')}`.slice(0, 26),
    at,
    name,
    actorType: 'customer',
    actorId: customerId,
    subjectType: 'customer',
    subjectId: customerId,
    customerId,
    data: { amount: 100 * (1 + dice.below(2000)), kind: 'complaint' },
  }
}

/** Some customers order something, reported as from outside, and everything that follows. */
async function change(house: House, dice: Dice): Promise<void> {
  for (let left = CHANGED; left > 0; left -= PER_REPORT) {
    const happenings = Array.from({ length: Math.min(left, PER_REPORT) }, () => {
      const customerId = idOf(dice.below(CUSTOMERS))
      const about = { subject: { type: 'customer', id: customerId }, customerId }
      return { name: 'order.paid', by: SYSTEM, ...about, data: { amount: 100 * (1 + dice.below(2000)) } }
    })
    await house.db.write((tx) => recordAll(tx, happenings))
  }
  await quiet(house)
}

async function quiet({ db }: House, count = { looked: 0 }): Promise<void> {
  for (let done = 1; done > 0; ) {
    done = await sweepCustomers(db)
    count.looked += done
  }
}

function idOf(i: number): string {
  return `C${String(i).padStart(25, '0')}`
}
