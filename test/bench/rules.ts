import assert from 'node:assert/strict'
import { Engine, type RuleProperties, type TopLevelCondition } from 'json-rules-engine'
import { storeDefinition } from '../../server/engines/definitions/definitions.ts'
import { record, SYSTEM } from '../../server/engines/events/events.ts'
import { makeBook, setOff } from '../../server/engines/rules/book.ts'
import { type RuleVersion, ruleFacts } from '../../server/engines/rules/hooks.ts'
import { freezeRule, type Rule, ruleSchema } from '../../server/engines/rules/rule.ts'
import type { Occasion } from '../../server/engines/rules/run.ts'
import { sweepRules } from '../../server/engines/rules/sweep.ts'
import type { House } from '../../server/house.ts'
import { FixedClock } from '../../server/lib/clock.ts'
import { openGround, openRooms, welcome } from './ground.ts'
import { median, perSecond, rowOf, timed } from './measure.ts'
import type { BenchRow } from './row.ts'

const RULES = 100
const NAMES = 20
const EVENTS = 40_000
/** The other one is slower: it gets fewer, and both are told per second. */
const THEIR_EVENTS = 2_000
const WRITTEN = 3_000
const ROUNDS = 5
const GOAL_PER_S = 20_000
const GOAL_RATIO = 5
const NOW = Date.parse('2026-11-23T10:00:00+08:00')

interface Case {
  event: Occasion
  customer: Record<string, unknown>
  /** For the other engine, which looks facts up by one name. */
  flat: Record<string, unknown>
  [group: string]: unknown
}

/** Rules set off by events: in memory against json-rules-engine, then written and dealt with. */
export async function rules(): Promise<BenchRow[]> {
  const mysql = Boolean(process.env.TEST_DATABASE_URL)
  return mysql ? written('MariaDB') : [...(await inMemory()), ...(await written('SQLite'))]
}

async function inMemory(): Promise<BenchRow[]> {
  const cases = Array.from({ length: EVENTS }, (_, i) => caseNo(i))
  const book = makeBook(Array.from({ length: RULES }, (_, i) => ({ id: String(i), version: 1, body: ruleNo(i) })))
  const byName = engines((name) => Array.from({ length: RULES }, (_, i) => i).filter((i) => nameNo(i) === name))
  const single = new Engine(
    Array.from({ length: RULES }, (_, i) => theirRule(i, true)),
    { allowUndefinedFacts: true },
  )
  const ours = (one: Case) => setOff(book, one).map(({ id }) => Number(id))
  const theirs = async (engine: Engine | undefined, one: Case) =>
    (await (engine as Engine).run(one.flat)).events.map(({ type }) => Number(type))

  // The same rules for both, or the figures mean nothing.
  for (const one of cases.slice(0, 500)) {
    const found = ours(one).sort()
    assert.deepEqual((await theirs(byName.get(one.event.name), one)).sort(), found)
    assert.deepEqual((await theirs(single, one)).sort(), found)
  }
  const figures = { ours: [] as number[], best: [] as number[], single: [] as number[], ratios: [] as number[] }
  let hits = 0
  for (let round = 0; round < ROUNDS; round++) {
    const own = await timed(async () => {
      for (const one of cases) hits += ours(one).length
    })
    const some = cases.slice(round * THEIR_EVENTS, (round + 1) * THEIR_EVENTS)
    const best = await timed(async () => {
      for (const one of some) hits += (await theirs(byName.get(one.event.name), one)).length
    })
    const one = await timed(async () => {
      for (const each of some.slice(0, THEIR_EVENTS / 10)) hits += (await theirs(single, each)).length
    })
    figures.ours.push(perSecond(EVENTS, own))
    figures.best.push(perSecond(THEIR_EVENTS, best))
    figures.single.push(perSecond(THEIR_EVENTS / 10, one))
    figures.ratios.push((figures.ours.at(-1) as number) / (figures.best.at(-1) as number))
  }
  const rate = median(figures.ours)
  return [
    rowOf('rules: events evaluated in memory, 100 rules', rate / GOAL_PER_S, 1, {
      'per s': rate,
      'goal per s': GOAL_PER_S,
      'rules set off an event': hits / (EVENTS * ROUNDS),
    }),
    // Its best case: an engine for each event's name, facts flattened beforehand.
    rowOf('rules: against json-rules-engine', median(figures.ratios), GOAL_RATIO, {
      'per s': rate,
      'theirs, an engine for each event': median(figures.best),
      'theirs, one engine': median(figures.single),
      slowest: Math.min(...figures.ratios),
    }),
  ]
}

/** What it costs an event to be heard, and how many are dealt with to the first wait. */
async function written(on: string): Promise<BenchRow[]> {
  const ground = await openGround()
  const house = await openRooms(ground, new FixedClock(NOW))
  const customers: string[] = []
  for (let i = 0; i < 50; i++) {
    const phone = `138${String(i).padStart(8, '0')}`
    customers.push((await welcome(house, { openid: `o${i}`, nickname: `c${i}`, phone })).id)
  }
  // Everybody is good enough for half of the rules.
  ruleFacts('customer', { at: async () => ({ tier: 'gold', orders: 9, spent_fen: 5_000 }) })
  await sweepRules(house.db)
  house.shelf.rules = new Map()
  const alone = await timed(() => tell(house, customers, 0))
  await putInForce(house)
  const heard = await timed(() => tell(house, customers, WRITTEN))
  const ms = await timed(async () => {
    for (let more = true; more; ) more = (await sweepRules(house.db)) > 0
  })
  const [row] = await house.db.read((tx) => tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM rule_runs'))
  await house.db.close()
  await ground.clear()
  return [
    rowOf(`rules: an event with 100 rules against one with none, ${on}`, alone / heard, undefined, {
      'µs without': (alone / WRITTEN) * 1000,
      'µs with': (heard / WRITTEN) * 1000,
    }),
    rowOf(`rules: events dealt with to the first wait, ${on}`, 1, undefined, {
      'events per s': perSecond(WRITTEN, ms),
      runs: Number(row?.n ?? 0),
    }),
  ]
}

async function tell({ db }: House, customers: string[], from: number): Promise<void> {
  for (let i = 0; i < WRITTEN; i += 50) {
    await db.write(async (tx) => {
      for (let k = 0; k < 50; k++) {
        const { event } = caseNo(from + i + k)
        const { name, at: _, ...data } = event
        const customerId = customers[k] as string
        await record(tx, name, { by: SYSTEM, subject: { type: 'customer', id: customerId }, customerId, data })
      }
    })
  }
}

async function putInForce({ db, shelf }: House): Promise<void> {
  const inForce = new Map<string, RuleVersion>()
  await db.write(async (tx) => {
    for (let i = 0; i < RULES; i++) {
      const body = ruleNo(i)
      const { id, version } = await storeDefinition(tx, { kind: 'rule', name: body.rule, pack: 'bench', body })
      inForce.set(body.rule, { id, version, body })
    }
  })
  shelf.rules = inForce
}

function engines(of: (name: string) => number[]): Map<string, Engine> {
  return new Map(
    Array.from({ length: NAMES }, (_, n) => {
      const name = `bench.event_${n}`
      return [
        name,
        new Engine(
          of(name).map((i) => theirRule(i, false)),
          { allowUndefinedFacts: true },
        ),
      ]
    }),
  )
}

const nameNo = (i: number) => `bench.event_${i % NAMES}`
const TIERS = ['gold', 'silver', 'bronze', null]

/** A rule as packs have them: the event, an amount, and a nested condition on event and customer. */
function ruleNo(i: number): Rule {
  const source = {
    rule: `bench_${i}`,
    title: `bench ${i}`,
    on: { event: nameNo(i), where: { 'event.amount': { $gte: 1000 + i * 20 } } },
    if: {
      $or: [
        { 'customer.tier': { $in: ['gold', 'silver'] } },
        { 'customer.orders': { $gt: 5 }, 'event.channel': 'app' },
      ],
      'customer.spent_fen': { $gt: i * 100 },
    },
    key: 'event',
    steps: [{ wait: '1 h' }, 'end'],
  }
  return freezeRule(ruleSchema.parse(source), {})
}

function theirRule(i: number, named: boolean): RuleProperties {
  const is = (fact: string, operator: string, value: unknown) => ({ fact, operator, value })
  const all: TopLevelCondition = {
    all: [
      ...(named ? [{ ...is('event.name', 'equal', nameNo(i)), priority: 2 }] : []),
      { ...is('event.amount', 'greaterThanInclusive', 1000 + i * 20), priority: 1 },
      {
        any: [
          is('customer.tier', 'in', ['gold', 'silver']),
          { all: [is('customer.orders', 'greaterThan', 5), is('event.channel', 'equal', 'app')] },
        ],
      },
      is('customer.spent_fen', 'greaterThan', i * 100),
    ],
  }
  return { conditions: all, event: { type: String(i) } }
}

function caseNo(i: number): Case {
  const event = { name: nameNo(i * 7), at: NOW, amount: (i * 7919) % 6000, channel: i % 3 ? 'app' : 'shop' }
  const customer = { tier: TIERS[i % 4], orders: i % 11, spent_fen: (i * 104_729) % 20_000 }
  const flat = Object.fromEntries([
    ...Object.entries(event).map(([key, value]) => [`event.${key}`, value]),
    ...Object.entries(customer).map(([key, value]) => [`customer.${key}`, value]),
  ])
  return { event, customer, flat }
}
