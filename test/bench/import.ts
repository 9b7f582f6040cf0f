import { takeRows } from '../../server/domain/intake/take-rows.ts'
import { openSegments } from '../../server/domain/segments/book.ts'
import type { House } from '../../server/house.ts'
import { DAY, FixedClock } from '../../server/lib/clock.ts'
import { lendVocabulary } from '../../server/vocabulary.ts'
import { Dice } from '../dice.ts'
import { openGround, openRooms } from './ground.ts'
import { perSecond, rowOf, timed } from './measure.ts'
import type { BenchRow } from './row.ts'

/** The full size is a million customers and five million events: BENCH_CUSTOMERS=1000000. */
const CUSTOMERS = Number(process.env.BENCH_CUSTOMERS ?? 100_000)
const EVENTS = Number(process.env.BENCH_EVENTS ?? CUSTOMERS * 5)
const BATCH = 2_000
const NOW = Date.parse('2026-11-23T15:00:00+08:00')
const NAMES = ['page.viewed', 'product.viewed', 'cart.added', 'search.made', 'ride.ended']
const REGIONS = ['上海', '杭州', '苏州', '南京', '宁波']

/** How fast files come in: the code below the doors, with everything that hears of events. */
export async function importing(): Promise<BenchRow[]> {
  const on = process.env.TEST_DATABASE_URL ? 'MariaDB' : 'SQLite'
  lendVocabulary()
  const ground = await openGround({ PACKS: 'service-desk,mall' })
  const house = await openRooms(ground, new FixedClock(NOW))
  await openSegments(house.db, house.config)
  const dice = new Dice(20261123)
  const customers = await timed(() => inBatches(CUSTOMERS, (i) => customerRow(i, dice), take(house, 'customers')))
  const events = await timed(() => inBatches(EVENTS, (i) => eventRow(i, dice), take(house, 'events')))
  const again = await timed(() => inBatches(EVENTS / 10, (i) => eventRow(i, dice), take(house, 'events')))
  const [row] = await house.db.read((tx) => tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM customers'))
  if (Number(row?.n) !== CUSTOMERS) throw new Error(`${row?.n} customers in place of ${CUSTOMERS}`)
  await house.db.close()
  await ground.clear()
  return [
    rowOf(`import: customers, ${on}`, perSecond(CUSTOMERS, customers) / 1000, undefined, {
      'a second': Math.round(perSecond(CUSTOMERS, customers)),
      ms: customers,
      customers: CUSTOMERS,
    }),
    rowOf(`import: events, ${on}`, perSecond(EVENTS, events) / 1000, undefined, {
      'a second': Math.round(perSecond(EVENTS, events)),
      ms: events,
      events: EVENTS,
    }),
    rowOf(`import: events that are known, ${on}`, perSecond(EVENTS / 10, again) / 1000, undefined, {
      'a second': Math.round(perSecond(EVENTS / 10, again)),
      ms: again,
    }),
  ]
}

function take({ db }: House, kind: 'customers' | 'events') {
  return async (items: unknown[]) => {
    const outcomes = await takeRows(db, kind, items, { source: '商城', declared: new Map() })
    const refused = outcomes.find((one) => typeof one !== 'string')
    if (refused) throw new Error(JSON.stringify(refused))
  }
}

async function inBatches(
  count: number,
  make: (i: number) => unknown,
  work: (items: unknown[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < count; from += BATCH)
    await work(Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => make(from + i)))
}

function customerRow(i: number, dice: Dice) {
  return {
    customer: { member: `M-${i}`, phone: `1${3_000_000_000 + i * 7}` },
    name: `客户${i}`,
    region: dice.pick(REGIONS),
  }
}

/** The same number is the same event, whatever the dice say of it. */
function eventRow(i: number, dice: Dice) {
  return {
    id: `E${i}`,
    name: dice.pick(NAMES),
    at: NOW - dice.below(365 * 24) * (DAY / 24),
    customer: { member: `M-${(i * 7919) % CUSTOMERS}` },
    data: { product: `P${dice.below(500)}`, dwell_ms: dice.below(60_000) },
  }
}
