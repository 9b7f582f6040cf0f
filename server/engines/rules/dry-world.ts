import type { FixedClock } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { soonest } from '../../lib/due.ts'
import type { Tx } from '../../lib/tx.ts'
import { storeDefinition } from '../definitions/definitions.ts'
import { Event } from '../events/event.ts'
import { eventRow } from '../events/events.ts'
import { hearIn } from './hear.ts'
import type { RuleFacts, RuleVersion, RuleWord, World } from './hooks.ts'
import type { Rule } from './rule.ts'
import { RuleRun } from './run.ts'
import { nextRule, sweepRules } from './sweep.ts'

/** In place of what a word would have given. */
const GIVEN = '…'
/** So many runs show what a rule does; and so many are looked at for a date or a list. */
const MOST_RUNS = 5_000
const MOST_LISTED = 20_000

/** A house of its own in which one rule runs, and nothing that it says is done. */
export interface DryWorld {
  world: World
  /** Events that words would have told of in the end, were they said. */
  tells: Set<string>
  /** How many were looked at for lists and dates; more than it may be are not. */
  listed: number
  /** Lets time pass, through everything that falls due on the way; false once the rule has done too much to be told. */
  passTo(until: number): Promise<boolean>
  /** Lets an event happen at the present time. */
  happen(event: Event): Promise<void>
}

/** Opens the world of a dry run: the real one's facts and texts, and words that are only noted. */
export async function openDryWorld(
  db: Database,
  clock: FixedClock,
  real: Database,
  rule: Rule,
  base: World,
): Promise<DryWorld> {
  const { id, version } = await db.write((tx) =>
    storeDefinition(tx, { kind: 'rule', name: rule.rule, pack: 'dry', body: rule }),
  )
  const rules = new Map<string, RuleVersion>([[rule.rule, { id, version, body: rule }]])
  const tells = new Set<string>()
  const dry: DryWorld = { world: undefined as unknown as World, tells, listed: 0, passTo, happen }
  const world: World = {
    ...base,
    rules: () => rules,
    facts: new Map([...base.facts].map(([type, facts]) => [type, fromOutside(real, facts, dry)])),
    unprofiled: (_tx, customerId) => real.read((tx) => base.unprofiled(tx, customerId)),
    word: (name) => noting(base.word(name), tells, real),
    async record(tx, name, happening) {
      await insert(tx, eventRow(tx, name, happening) as Event)
    },
    poke: () => undefined,
  }
  dry.world = world
  return dry

  async function insert(tx: Tx, event: Event): Promise<void> {
    await tx.insert(Event, event)
    await hearIn(world, tx, [event])
  }

  async function happen(event: Event): Promise<void> {
    await db.write((tx) => insert(tx, event))
    await settle()
  }

  async function passTo(until: number): Promise<boolean> {
    let more = await settle()
    while (more) {
      const next = await db.read((tx) => soonest(tx, nextRule))
      if (next === undefined || next > until) break
      const before = clock.now()
      clock.set(Math.max(next, before))
      more = await settle()
      if (next <= before && (await db.read((tx) => soonest(tx, nextRule))) === next) break
    }
    if (more) clock.set(Math.max(until, clock.now()))
    return more && settle()
  }

  /** Does what is due; false once there is too much of it. */
  async function settle(): Promise<boolean> {
    while ((await sweepRules(db, world)) > 0) if (await full()) return false
    return true
  }

  async function full(): Promise<boolean> {
    const rows = await db.read((tx) => tx.find(RuleRun, `ORDER BY id LIMIT 1 OFFSET ${MOST_RUNS}`))
    return rows.length > 0
  }
}

/** Dates are those of a past moment here: whoever has them at hand has those of now. */
function fromOutside(real: Database, { at, list, dates: _, ...facts }: RuleFacts, dry: DryWorld): RuleFacts {
  return {
    ...facts,
    at: (_tx, id, moment) => real.read((tx) => at(tx, id, moment)),
    ...(list && {
      async list(_tx: Tx, after: string, most: number, segment?: string) {
        if (dry.listed >= MOST_LISTED) return []
        const ids = await real.read((tx) => list(tx, after, most, segment))
        dry.listed += ids.length
        return ids
      },
    }),
  }
}

/** Whether a list was longer than is looked at. */
export function wasCut({ listed }: DryWorld): boolean {
  return listed >= MOST_LISTED
}

/** A word that only notes that it would have been said. What customers agree to is as it is now. */
function noting(word: RuleWord | undefined, tells: Set<string>, real: Database): RuleWord | undefined {
  if (!word) return undefined
  return {
    ...word,
    refused: async (_tx, customerId, args) => real.read(async (tx) => word.refused?.(tx, customerId, args)),
    async run(_tx, _turn, args) {
      for (const event of word.tells ?? []) tells.add(event)
      const { title, kind, flow, to } = args as Record<string, unknown>
      return {
        ...Object.fromEntries(word.gives?.map((name) => [name, GIVEN]) ?? []),
        ...(title !== undefined && { title }),
        ...(kind !== undefined && { message: kind }),
        ...(flow !== undefined && { flow }),
        ...(typeof to === 'string' && word.refers?.to === 'hook' && { hook: to }),
      }
    },
  }
}
