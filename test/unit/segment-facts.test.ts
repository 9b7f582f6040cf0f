import assert from 'node:assert/strict'
import { type Counts, countIn, factsIn, type Happened, pruned } from '../../server/domain/segments/counts.ts'
import { CORE_FACTS, type Fact, factOf, factSchema } from '../../server/domain/segments/fact.ts'
import { DAY, HOUR } from '../../server/lib/clock.ts'
import { Dice } from '../dice.ts'
import { test } from '../suite.ts'

const SEED = Number(process.env.SEED ?? 20261123)
const NOW = Date.parse('2026-11-23T10:00:00+08:00')
const own = (source: Record<string, unknown>) => factOf(factSchema.parse({ title: 'x', ...source }))

const FACTS: Fact[] = [
  ...CORE_FACTS,
  own({ fact: 'suv', count: 'order.paid', when: { model: 'suv', by: 'customer' } }),
  own({ fact: 'either', count: ['order.paid', 'page.viewed'] }),
  own({ fact: 'visits_7', count: 'page.viewed', within: '7 d' }),
  own({ fact: 'net_30', sum: 'order.paid', of: 'amount', minus: 'refund.made', within: '30 d' }),
  own({ fact: 'models', distinct: 'order.paid', of: 'model' }),
  own({ fact: 'models_20', distinct: 'order.paid', of: 'model', within: '20 d' }),
  own({ fact: 'first_model', first: 'order.paid', of: 'model' }),
  own({ fact: 'last_model', last: 'order.paid', of: 'car.model' }),
]

function randomEvents(dice: Dice): Happened[] {
  return Array.from({ length: dice.below(40) }, (_, i) => {
    const model = dice.pick(['suv', 'sedan', 'van', 7, true])
    return {
      id: `E${String(i).padStart(25, '0')}`,
      // Several at the very same moment: the order of arrival decides.
      at: NOW - dice.below(60) * DAY - dice.pick([0, 0, HOUR, 15 * HOUR]),
      name: dice.pick(['order.paid', 'order.paid', 'page.viewed', 'refund.made', 'ride.ended', 'customer.profiled']),
      actorType: dice.pick(['customer', 'staff', 'system'] as const),
      subjectType: 'x',
      subjectId: 'x',
      data: {
        amount: dice.pick([100, 2550, 0.1, 0.2, 1.005]),
        ...(dice.chance(0.8) && { model, car: { model } }),
        ...(dice.chance(0.5) && { birthday: dice.pick(['1990-02-29', 1123, '13-01', 'no']), region: '上海' }),
      },
    }
  })
}

function counted(events: Happened[], now: number): Counts {
  const counts: Counts = {}
  for (const event of events) countIn(counts, FACTS, event, now)
  return counts
}

/** The facts as one would work them out by hand, from all events at once. */
function byHand(events: Happened[], now: number): Record<string, unknown> {
  const day = (at: number) => Math.floor((at + 8 * HOUR) / DAY)
  const sorted = [...events].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  const named = (...names: string[]) => sorted.filter(({ name }) => names.includes(name))
  const within = (days: number, all: Happened[]) => all.filter(({ at }) => day(at) > day(now) - days)
  const amounts = (all: Happened[]) => all.reduce((sum, { data }) => sum + Math.round(Number(data.amount) * 1000), 0)
  const orders = named('order.paid')
  const models = (all: Happened[]) => new Set(all.flatMap(({ data }) => (data.model as string) ?? [])).size
  const gap = (all: Happened[]) => {
    const [last, before] = all.map(({ at }) => day(at)).sort((a, b) => b - a)
    return before === undefined ? undefined : (last ?? 0) - before
  }
  const profiles = named('customer.profiled')
  const born = profiles.filter(({ data }) => data.birthday !== undefined).at(-1)?.data.birthday
  return {
    registered_at: undefined,
    last_seen_at: sorted.filter(({ actorType }) => actorType === 'customer').at(-1)?.at,
    last_interaction_at: sorted
      .filter(({ actorType, name }) => actorType === 'customer' || /paid|ride/.test(name))
      .at(-1)?.at,
    orders: orders.length,
    last_order_at: orders.at(-1)?.at,
    order_gap_days: gap(orders),
    spent_fen: (amounts(orders) - amounts(named('refund.made'))) / 1000,
    rides: named('ride.ended').length,
    last_ride_at: named('ride.ended').at(-1)?.at,
    ride_gap_days: gap(named('ride.ended')),
    tickets: 0,
    fault_reports: 0,
    birthday: born === '1990-02-29' ? 229 : born === 1123 ? 1123 : undefined,
    region: profiles.some(({ data }) => data.region) ? '上海' : undefined,
    suv: orders.filter(({ data, actorType }) => data.model === 'suv' && actorType === 'customer').length,
    either: named('order.paid', 'page.viewed').length,
    visits_7: within(7, named('page.viewed')).length,
    net_30: (amounts(within(30, orders)) - amounts(within(30, named('refund.made')))) / 1000,
    models: models(orders),
    models_20: models(within(20, orders)),
    first_model: orders.find(({ data }) => data.model !== undefined)?.data.model,
    last_model: orders.filter(({ data }) => data.model !== undefined).at(-1)?.data.model,
  }
}

test('facts are what one would work out by hand, in whatever order the events arrive', () => {
  const dice = new Dice(SEED)
  for (let round = 0; round < 400; round++) {
    const events = randomEvents(dice)
    const shuffled = events
      .map((event) => ({ event, key: dice.next() }))
      .sort((a, b) => a.key - b.key)
      .map(({ event }) => event)
    const expected = Object.fromEntries(Object.entries(byHand(events, NOW)).filter(([, value]) => value !== undefined))
    assert.deepEqual(factsIn(counted(shuffled, NOW), FACTS, NOW).values, expected, `SEED=${SEED}, round ${round}`)
  }
})

test('until the moment that is told, time alone changes no fact; what was left out before is not missed', () => {
  const dice = new Dice(SEED)
  let changed = 0
  for (let round = 0; round < 150; round++) {
    const events = randomEvents(dice)
    let counts = counted(events, NOW)
    let now = NOW
    for (let turn = 0; turn < 10; turn++) {
      const { values, nextAt } = factsIn(counts, FACTS, now)
      const about = `SEED=${SEED}, round ${round}, turn ${turn}`
      if (nextAt === undefined) {
        assert.deepEqual(factsIn(counts, FACTS, now + 1000 * DAY).values, values, about)
        break
      }
      assert.ok(nextAt > now, about)
      assert.deepEqual(factsIn(counts, FACTS, nextAt - 1).values, values, about)
      now = nextAt
      counts = pruned(counts, FACTS, now)
      const after = Object.fromEntries(Object.entries(byHand(events, now)).filter(([, value]) => value !== undefined))
      assert.deepEqual(factsIn(counts, FACTS, now).values, after, about)
      if (JSON.stringify(after) !== JSON.stringify(values)) changed += 1
    }
  }
  assert.ok(changed > 300, `only ${changed} turns changed something`)
})

test('distinct values are told apart up to a limit, the same ones in any order', () => {
  const fact = own({ fact: 'pages', distinct: 'page.viewed', of: 'page' })
  const events = Array.from({ length: 700 }, (_, i): Happened => {
    const about = { actorType: 'customer' as const, subjectType: 'x', subjectId: 'x' }
    return { id: `E${i}`, at: NOW, name: 'page.viewed', ...about, data: { page: `p${i}` } }
  })
  const count = (all: Happened[]) => {
    const counts: Counts = {}
    for (const event of all) countIn(counts, [fact], event, NOW)
    return counts
  }
  assert.deepEqual(factsIn(count(events), [fact], NOW).values, { pages: 500 })
  assert.deepEqual(count(events.toReversed()), count(events))
})

test('what is wrong with a fact is told', () => {
  const says = (source: Record<string, unknown>) =>
    (factSchema.safeParse({ fact: 'x', title: 'x', ...source }).error?.issues ?? []).map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    )
  assert.deepEqual(says({}), ['fact: say how it is made: count, sum, last, first, distinct, gap'])
  assert.deepEqual(says({ count: 'a.b', last: 'a.b' }), ['last: a fact is made in one way: there is "count" already'])
  assert.deepEqual(says({ sum: 'a.b' }), ['sum: "sum" needs "of": which value'])
  assert.deepEqual(says({ count: 'a.b', of: 'c' }), ['of: "of" means nothing for "count"'])
  assert.deepEqual(says({ last: 'a.b', within: '3 d' }), ['within: "within" means nothing for "last"'])
  assert.deepEqual(says({ count: 'a.b', within: '3 h' }), ['within: write whole days such as "30 d"'])
  assert.deepEqual(says({ count: 'paid' }).length, 1)
})
