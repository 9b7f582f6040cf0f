import { DAY, FixedClock } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { firstIdAt, newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { Event } from '../events/event.ts'
import { awaitedBy, bookOf } from './book.ts'
import { type DryWorld, openDryWorld, wasCut } from './dry-world.ts'
import { changesOf } from './hear.ts'
import { RuleContact } from './heard.ts'
import { house, RULE_RUN, type World } from './hooks.ts'
import type { Rule } from './rule.ts'
import { RuleRun, RuleTrace } from './run.ts'

/** More events than these are not replayed: the later ones count. */
const MOST_EVENTS = 20_000
const MOST_KEPT = 50_000

/** Opens an empty house for one dry run; `clock` is its time. */
export type OpenScratch = <T>(clock: FixedClock, work: (db: Database) => Promise<T>) => Promise<T>

/** What a rule would have done. */
export interface DryRun {
  from: number
  to: number
  /** How many events were replayed; and since when, if there were too many. */
  events: number
  cutAt?: number
  /** Until when it went, if the rule did too much to be told. */
  cutTo?: number
  /** Only so many of a longer list were looked at. */
  listed?: number
  runs: { run: RuleRun; traces: RuleTrace[] }[]
  /** Who did not come in, and how often for which reason. */
  refused: Record<string, number>
  /** Answers of people that a rule waits for: in a dry run nobody is asked, so they do not come. */
  unanswered: string[]
  /** Groups of facts that are told as they are now, since they cannot be told as they were. */
  asNow: string[]
}

/**
 * What a rule would have done over the last days (R4): the same engine, on a house of its own, to which the events of
 * those days happen again at their times. Words are only noted; facts are asked of the real house, as of each moment
 * where it can look back. Nothing in the real house is touched.
 */
export async function dryRun(
  real: Database,
  scratch: OpenScratch,
  rule: Rule,
  days: number,
  base: World = house,
): Promise<DryRun> {
  const to = await real.read(async (tx) => tx.now)
  const from = to - days * DAY
  const clock = new FixedClock(from)
  return scratch(clock, async (db) => {
    const dry = await openDryWorld(db, clock, real, rule, base)
    const { events, cutAt } = await eventsOf(real, dry.world, from)
    await remember(db, real, rule, from)
    const whole = await replay(dry, clock, events, rule, to)
    return {
      from,
      to,
      events: events.length,
      ...(cutAt !== undefined && { cutAt }),
      ...(!whole && { cutTo: clock.now() }),
      ...(wasCut(dry) && { listed: dry.listed }),
      ...(await db.read((tx) => outcomeOf(tx, rule, from))),
      unanswered: unansweredOf(dry, rule, events),
      asNow: asNowOf(base, rule),
    }
  })
}

/** Lets the events happen again at their times, and time pass between them and after them. */
async function replay(dry: DryWorld, clock: FixedClock, events: Event[], rule: Rule, to: number): Promise<boolean> {
  for (const event of events) {
    // What came late comes late again: behind what was known before it.
    const at = event.at > to ? clock.now() : Math.max(event.at, clock.now())
    if (!(await dry.passTo(at))) return false
    await dry.happen({ ...event, id: newId(at), data: answering(event, rule) })
  }
  return dry.passTo(to)
}

/** Answers that this very rule got at the time count for the run that stands in its place. */
function answering({ data }: Event, { rule }: Rule): Event['data'] {
  const { [RULE_RUN]: _run, ...rest } = data
  return data.rule === rule ? rest : data
}

function unansweredOf({ tells }: DryWorld, rule: Rule, events: Event[]): string[] {
  const asked = new Set(awaitedBy(rule))
  const answered = new Set(events.filter(({ data }) => data.rule === rule.rule).map(({ name }) => name))
  return [...tells].filter((name) => asked.has(name) && !answered.has(name))
}

function asNowOf({ facts }: World, rule: Rule): string[] {
  const text = JSON.stringify(rule)
  return [...facts].filter(([type, { looksBack }]) => !looksBack && text.includes(`${type}.`)).map(([type]) => type)
}

/** The events of the real house that this rule listens to, or that change what it watches, in order. */
async function eventsOf(real: Database, world: World, from: number): Promise<{ events: Event[]; cutAt?: number }> {
  const { ears, awaited, watched } = bookOf(world)
  const changes = [...watched].map(([type, fields]) => ({ type, ...changesOf(world, type, fields) }))
  const changing = changes.flatMap((one) => one.names)
  const doers = changes.flatMap((one) => (one.themselves ? one.type : []))
  const own = [...watched.keys()].filter((type) => world.facts.get(type)?.looksBack).map((type) => `${type}.changed`)
  // Where one can look back, changes are found anew; what was found of them at the time must not count twice.
  const names = [...new Set([...ears.keys(), ...awaited])].filter((name) => !own.includes(name))
  const places = (values: string[]) => values.map(() => '?').join(',')
  const wanted = [
    ...(names.length > 0 ? [`name IN (${places(names)})`] : []),
    ...changing.map(() => 'name LIKE ?'),
    ...doers.map(() => 'actorType = ?'),
  ]
  if (wanted.length === 0) return { events: [] }
  const without = own.length > 0 ? ` AND name NOT IN (${places(own)})` : ''
  const tail = `WHERE id >= ? AND at >= ? AND (${wanted.join(' OR ')})${without} ORDER BY id DESC LIMIT ${MOST_EVENTS + 1}`
  const values = [firstIdAt(from), from, ...names, ...changing.map((beginning) => `${beginning}%`), ...doers, ...own]
  const found = await real.read((tx) => tx.find(Event, tail, values))
  const kept = found.slice(0, MOST_EVENTS).reverse()
  return { events: kept, ...(found.length > MOST_EVENTS && kept[0] && { cutAt: kept[0].at }) }
}

/** What was before: who went through the rule already, and what other rules have sent. */
async function remember(db: Database, real: Database, { rule, re_entry: again }: Rule, from: number): Promise<void> {
  const earlier = `WHERE rule = ? AND startedAt < ? ORDER BY id DESC LIMIT ${MOST_KEPT}`
  const before = again === 'always' ? [] : await real.read((tx) => tx.find(RuleRun, earlier, [rule, from]))
  const others = `WHERE at >= ? AND rule <> ? ORDER BY id LIMIT ${MOST_KEPT}`
  const contacts = await real.read((tx) => tx.find(RuleContact, others, [from - 7 * DAY, rule]))
  await db.write(async (tx) => {
    const over = { state: 'ended' as const, openKey: null, wakeAt: null }
    const runs = before.map((run) => ({ ...run, ...over }))
    if (runs.length > 0) await tx.insert(RuleRun, runs)
    // Under ids of their own: they only count, and shall not take the places of what is tried.
    const counted = contacts.map((row) => ({ ...row, id: newId(row.at) }))
    if (counted.length > 0) await tx.insert(RuleContact, counted)
  })
}

async function outcomeOf(tx: Tx, { rule }: Rule, from: number): Promise<Pick<DryRun, 'runs' | 'refused'>> {
  const runs = await tx.find(RuleRun, 'WHERE rule = ? AND startedAt >= ? ORDER BY startedAt, id', [rule, from])
  const byRun = new Map<string | null, RuleTrace[]>()
  const refused: Record<string, number> = {}
  for (const trace of await tx.find(RuleTrace, 'WHERE rule = ? ORDER BY id', [rule])) {
    const why = String(trace.data.why)
    if (trace.kind === 'refused') refused[why] = (refused[why] ?? 0) + 1
    const known = byRun.get(trace.runId)
    if (known) known.push(trace)
    else byRun.set(trace.runId, [trace])
  }
  return { runs: runs.map((run) => ({ run, traces: byRun.get(run.id) ?? [] })), refused }
}
