import { DAY, FixedClock } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { firstIdAt, newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { storeDefinition } from '../definitions/definitions.ts'
import { Event } from '../events/event.ts'
import { eventRow } from '../events/events.ts'
import { awaitedBy, bookOf } from './book.ts'
import { hearIn } from './hear.ts'
import { RuleContact } from './heard.ts'
import { house, RULE_RUN, type RuleFacts, type RuleVersion, type RuleWord, type World } from './hooks.ts'
import type { Rule } from './rule.ts'
import { RuleRun, RuleTrace } from './run.ts'
import { nextRule, sweepRules } from './sweep.ts'

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
    const { world, said } = await dryWorld(db, real, rule, base)
    const { events, cutAt } = await eventsOf(real, world, from)
    await remember(db, real, rule, from)
    for (const event of events) {
      // What came late comes late again: behind what was known before it.
      await passTo(db, world, clock, event.at > to ? clock.now() : Math.max(event.at, clock.now()))
      await db.write(async (tx) => {
        const again = { ...event, id: newId(tx.now), data: answering(event, rule) }
        await tx.insert(Event, again)
        await hearIn(world, tx, [again])
      })
      await settle(db, world)
    }
    await passTo(db, world, clock, to)
    const found = await db.read((tx) => outcomeOf(tx, rule, from))
    const asked = new Set(awaitedBy(rule))
    return {
      from,
      to,
      events: events.length,
      ...(cutAt !== undefined && { cutAt }),
      ...found,
      unanswered: [...said].filter((name) => asked.has(name) && !events.some((event) => answers(event, rule, name))),
      asNow: [...base.facts]
        .filter(([type, { looksBack }]) => !looksBack && JSON.stringify(rule).includes(`${type}.`))
        .map(([type]) => type),
    }
  })
}

/** Answers that this very rule got at the time count for the run that stands in its place. */
function answering({ data }: Event, { rule }: Rule): Event['data'] {
  const { [RULE_RUN]: _run, ...rest } = data
  return data.rule === rule ? rest : data
}

function answers(event: Event, { rule }: Rule, name: string): boolean {
  return event.name === name && event.data.rule === rule
}

/** The world of a dry run: the real one's facts and texts, and words that do nothing. */
async function dryWorld(
  db: Database,
  real: Database,
  rule: Rule,
  base: World,
): Promise<{ world: World; said: Set<string> }> {
  const { id, version } = await db.write((tx) =>
    storeDefinition(tx, { kind: 'rule', name: rule.rule, pack: 'dry', body: rule }),
  )
  const rules = new Map<string, RuleVersion>([[rule.rule, { id, version, body: rule }]])
  const said = new Set<string>()
  const world: World = {
    ...base,
    rules: () => rules,
    facts: new Map([...base.facts].map(([type, facts]) => [type, fromOutside(real, facts)])),
    word: (name) => noting(base.word(name), said),
    async record(tx, name, happening) {
      const row = eventRow(tx, name, happening)
      await tx.insert(Event, row)
      await hearIn(world, tx, [row])
    },
    poke: () => undefined,
  }
  return { world, said }
}

function fromOutside(real: Database, { at, list, ...facts }: RuleFacts): RuleFacts {
  return {
    ...facts,
    at: (_tx, id, moment) => real.read((tx) => at(tx, id, moment)),
    ...(list && {
      list: (_tx: Tx, after: string, most: number, segment?: string) =>
        real.read((tx) => list(tx, after, most, segment)),
    }),
  }
}

/** A word that only notes that it would have been said. */
function noting(word: RuleWord | undefined, said: Set<string>): RuleWord | undefined {
  if (!word) return undefined
  return {
    ...word,
    async run(_tx, _turn, args) {
      for (const event of word.tells ?? []) said.add(event)
      const { title, kind, flow, to } = args as Record<string, unknown>
      return {
        ...(title !== undefined && { title }),
        ...(kind !== undefined && { message: kind }),
        ...(flow !== undefined && { flow }),
        ...(typeof to === 'string' && word.refers?.to === 'hook' && { hook: to }),
      }
    },
  }
}

/** The events of the real house that this rule listens to, or that change what it watches, in order. */
async function eventsOf(real: Database, world: World, from: number): Promise<{ events: Event[]; cutAt?: number }> {
  const { ears, awaited, watched } = bookOf(world)
  const changing = [...watched].flatMap((type) => world.facts.get(type)?.changedBy ?? [])
  const own = [...watched].filter((type) => world.facts.get(type)?.looksBack).map((type) => `${type}.changed`)
  // Where one can look back, changes are found anew; what was found of them at the time must not count twice.
  const names = [...new Set([...ears.keys(), ...awaited])].filter((name) => !own.includes(name))
  const wanted = [
    ...(names.length > 0 ? [`name IN (${names.map(() => '?').join(',')})`] : []),
    ...changing.map(() => 'name LIKE ?'),
  ]
  if (wanted.length === 0) return { events: [] }
  const without = own.length > 0 ? ` AND name NOT IN (${own.map(() => '?').join(',')})` : ''
  const found = await real.read((tx) =>
    tx.find(
      Event,
      `WHERE id >= ? AND at >= ? AND (${wanted.join(' OR ')})${without} ORDER BY id DESC LIMIT ${MOST_EVENTS + 1}`,
      [firstIdAt(from), from, ...names, ...changing.map((beginning) => `${beginning}%`), ...own],
    ),
  )
  const kept = found.slice(0, MOST_EVENTS).reverse()
  return { events: kept, ...(found.length > MOST_EVENTS && kept[0] && { cutAt: kept[0].at }) }
}

/** What was before: who went through the rule already, and what other rules have sent. */
async function remember(db: Database, real: Database, rule: Rule, from: number): Promise<void> {
  const before =
    rule.re_entry === 'always'
      ? []
      : await real.read((tx) =>
          tx.find(RuleRun, `WHERE rule = ? AND startedAt < ? ORDER BY id DESC LIMIT ${MOST_KEPT}`, [rule.rule, from]),
        )
  const contacts = await real.read((tx) =>
    tx.find(RuleContact, `WHERE at >= ? AND rule <> ? ORDER BY id LIMIT ${MOST_KEPT}`, [from - 7 * DAY, rule.rule]),
  )
  await db.write(async (tx) => {
    const over = { state: 'ended' as const, openKey: null, wakeAt: null }
    if (before.length > 0)
      await tx.insert(
        RuleRun,
        before.map((run) => ({ ...run, ...over })),
      )
    if (contacts.length > 0)
      await tx.insert(
        RuleContact,
        contacts.map((row) => ({ ...row, id: newId(row.at) })),
      )
  })
}

/** Lets time pass in the scratch house, through everything that falls due on the way. */
async function passTo(db: Database, world: World, clock: FixedClock, until: number): Promise<void> {
  await settle(db, world)
  for (;;) {
    const next = await db.read(nextRule)
    if (next === undefined || next > until) break
    clock.set(Math.max(next, clock.now()))
    if ((await settle(db, world)) === 0) break
  }
  clock.set(Math.max(until, clock.now()))
  await settle(db, world)
}

async function settle(db: Database, world: World): Promise<number> {
  for (let done = 0; ; ) {
    const now = await sweepRules(db, world)
    if (now === 0) return done
    done += now
  }
}

async function outcomeOf(tx: Tx, { rule }: Rule, from: number): Promise<Pick<DryRun, 'runs' | 'refused'>> {
  const runs = await tx.find(RuleRun, 'WHERE rule = ? AND startedAt >= ? ORDER BY startedAt, id', [rule, from])
  const traces = await tx.find(RuleTrace, 'WHERE rule = ? ORDER BY id', [rule])
  const byRun = grouped(traces)
  const refused: Record<string, number> = {}
  for (const { kind, data } of traces) {
    if (kind === 'refused') refused[String(data.why)] = (refused[String(data.why)] ?? 0) + 1
  }
  return { runs: runs.map((run) => ({ run, traces: byRun.get(run.id) ?? [] })), refused }
}

function grouped(traces: RuleTrace[]): Map<string | null, RuleTrace[]> {
  const groups = new Map<string | null, RuleTrace[]>()
  for (const trace of traces) groups.set(trace.runId, [...(groups.get(trace.runId) ?? []), trace])
  return groups
}
