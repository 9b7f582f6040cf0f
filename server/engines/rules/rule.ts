import { z } from 'zod'
import type { CalendarDefinition } from '../../lib/calendar.ts'
import { type Condition, conditionSchema } from '../../lib/condition.ts'
import type { Zone } from '../../lib/geo.ts'
import { isZone } from '../../lib/zone.ts'
import { identifier } from '../flows/step-source.ts'
import { freezeNear } from './near.ts'
import { leavingSchema, type Step, stepsSchema } from './steps.ts'
import { wallSpan } from './terms.ts'
import { eventName, type Trigger, triggersSchema } from './trigger.ts'

const stopSchema = z
  .strictObject({ event: eventName.optional(), where: conditionSchema.optional(), if: conditionSchema.optional() })
  .refine((stop) => (stop.event === undefined) !== (stop.if === undefined), {
    message: 'a reason to stop is either an "event" or an "if"',
  })
const stopsSchema = z.array(stopSchema).min(1).max(10)

/** A rule as it stands in a pack's `rules/*.yaml` (R1): when, if, then, and when it is over before its end. */
export const ruleSchema = z.strictObject({
  rule: identifier.max(60),
  title: z.string().min(1).max(20),
  description: z.string().max(100).default(''),
  on: triggersSchema,
  if: conditionSchema.optional(),
  /** One run for each of these; later events of the same one reach that run. */
  key: identifier.max(20).default('customer'),
  /** Whether the same one may go through it again after a run has ended. */
  re_entry: z.union([z.enum(['always', 'never']), z.strictObject({ after: wallSpan })]).default('always'),
  /** What a trigger does while the run still goes on. */
  again: z.enum(['ignore', 'restart']).default('ignore'),
  /** An event that is reported later than this sets nothing going. */
  late: wallSpan.default('1 d'),
  /** What ends a run, asked before every action: any of these, or all of them. */
  stop_when: z
    .union([stopsSchema, z.strictObject({ any: stopsSchema }), z.strictObject({ all: stopsSchema })])
    .optional(),
  /** What is done when it ends so. */
  on_stop: leavingSchema.default([]),
  /** Whether it chooses customers by what they did (`profiled.ts`); left out: as its triggers and conditions show. */
  profiling: z.boolean().optional(),
  /** How long an action may be held by the cap or the quiet hours before it is left out. */
  patience: wallSpan.default('3 d'),
  /** Whose working days and hours count; default: the pack's first. */
  calendar: identifier.optional(),
  zone: z
    .string()
    .refine((name) => isZone(name), 'is not a time zone, for example Asia/Shanghai')
    .default('Asia/Shanghai'),
  steps: stepsSchema,
})
export type RuleSource = z.infer<typeof ruleSchema>

export interface Stop {
  event?: string
  where?: Condition
  if?: Condition
}

/** A rule with all that it needs frozen into it. A run keeps the version with which it began. */
export interface Rule extends Omit<RuleSource, 'on' | 'stop_when' | 'calendar'> {
  on: Trigger[]
  stop?: { by: 'any' | 'all'; reasons: Stop[] }
  calendar?: CalendarDefinition
}

/** A rule with its calendar and the zones that it names frozen into it. */
export function freezeRule(
  source: RuleSource,
  calendars: Record<string, CalendarDefinition>,
  zones: ReadonlyMap<string, Zone[]> = new Map(),
): Rule {
  const { on, stop_when: stop, calendar, ...rest } = source
  const frozen = calendar === undefined ? Object.values(calendars)[0] : calendars[calendar]
  return {
    ...rest,
    on: [on].flat().map((trigger) => withZones(trigger, zones)),
    ...(stop && { stop: stopOf(stop) }),
    ...(frozen && { calendar: frozen }),
  }
}

function withZones(trigger: Trigger, zones: ReadonlyMap<string, Zone[]>): Trigger {
  if (!('event' in trigger) || !trigger.near) return trigger
  return { ...trigger, near: freezeNear(trigger.near, zones) }
}

function stopOf(stop: NonNullable<RuleSource['stop_when']>): NonNullable<Rule['stop']> {
  if (Array.isArray(stop)) return { by: 'any', reasons: stop }
  return 'any' in stop ? { by: 'any', reasons: stop.any } : { by: 'all', reasons: stop.all }
}

/** A step of a rule where it stands, and the one that comes after it; null: the end. */
export interface Node {
  id: string
  step: Step
  next: string | null
}

/** The steps of a rule as one list of nodes, each known by its place. */
export interface Program {
  nodes: Map<string, Node>
  first: string | null
  /** Where a run goes that is stopped. */
  stopped: string | null
}
