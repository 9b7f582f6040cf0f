import { z } from 'zod'
import { clockTime } from '../../lib/clock-time.ts'
import { type Condition, conditionSchema } from '../../lib/condition.ts'
import { oneOf } from '../../lib/one-of.ts'
import { spanSchema } from '../../lib/span.ts'
import type { WEEKDAYS } from '../../lib/workday.ts'
import { isZone } from '../../lib/zone.ts'
import { identifier } from '../flows/step-source.ts'
import { daysSchema, pathSchema, shareSchema } from './terms.ts'
import { eventName, offsetSchema } from './trigger.ts'

/** Says a word of the rules. The word's arguments stand beside it. */
export interface DoStep {
  do: string
  if?: Condition
  /** The run goes on even where this cannot be done. */
  optional?: boolean
  [argument: string]: unknown
}

export interface WaitUntil {
  until: string
  on: 'any' | 'workdays' | (typeof WEEKDAYS)[number][]
  zone?: string
}

export interface WaitDate {
  date: string
  offset: string
  at?: string
}

export interface WaitFor {
  /** Whichever of these happens first leads into its branch. */
  first_of: { event: string | string[]; if?: Condition; then: Step[] }[]
  /** Under this name later conditions read what happened: `run.answers.<as>.…`. */
  as: string
  /** From when on an event counts: from the start of the run, or of the waiting. */
  since: 'wait' | 'start'
  timeout: string
  on_timeout: Step[]
}

export type Step =
  | DoStep
  | { wait: string | WaitUntil | WaitDate }
  | { wait_for: WaitFor }
  | { branch: { if?: Condition; then: Step[] }[] }
  | { split: { name: string; share: string; then: Step[] }[] }
  | { end: string }

const zone = z.string().refine((name) => isZone(name), 'is not a time zone, for example Asia/Shanghai')
/** How many steps stand in one list, and how deep lists nest. */
const MOST_STEPS = 40

const list = z.lazy(() => z.array(stepSchema).max(MOST_STEPS)) as z.ZodType<Step[], unknown>

const untilSchema = z.strictObject({
  until: clockTime,
  on: z.union([z.enum(['any', 'workdays']), daysSchema]).default('any'),
  zone: zone.optional(),
})
const dateSchema = z.strictObject({
  date: pathSchema,
  offset: offsetSchema.default('0 d'),
  at: clockTime.optional(),
})
const waitSchema = oneOf<string | WaitUntil | WaitDate>([spanSchema, untilSchema, dateSchema], (value) => {
  if (typeof value !== 'object' || value === null) return spanSchema
  return 'date' in value ? dateSchema : untilSchema
})

// biome-ignore-start lint/suspicious/noThenProperty: packs say "then"; neither the schemas nor what they read are awaited.
const happeningSchema = oneOf<WaitFor['first_of'][number]>(
  [z.strictObject({ event: eventName, if: conditionSchema.optional(), then: list.default([]) })],
  (value) =>
    typeof value === 'string'
      ? eventName.transform((event) => ({ event, then: [] }))
      : z.strictObject({
          event: z.union([eventName, z.array(eventName).min(1).max(10)]),
          if: conditionSchema.optional(),
          then: list.default([]),
        }),
)

const shapes = {
  do: z.looseObject({ do: identifier, if: conditionSchema.optional(), optional: z.boolean().optional() }),
  wait: z.strictObject({ wait: waitSchema }),
  wait_for: z.strictObject({
    wait_for: z.strictObject({
      first_of: z.array(happeningSchema).min(1).max(10),
      as: identifier.default('answer'),
      since: z.enum(['wait', 'start']).default('wait'),
      timeout: spanSchema,
      on_timeout: list.default([]),
    }),
  }),
  branch: z.strictObject({
    branch: z
      .array(z.strictObject({ if: conditionSchema.optional(), then: list.default([]) }))
      .min(1)
      .max(10)
      .refine((ways) => ways.slice(0, -1).every(({ if: condition }) => condition), {
        message: 'only the last way of a branch may be without "if"',
      }),
  }),
  split: z.strictObject({
    split: z
      .array(z.strictObject({ name: identifier, share: shareSchema, then: list.default([]) }))
      .min(2)
      .max(10)
      .refine((parts) => Math.abs(parts.reduce((sum, { share }) => sum + percent(share), 0) - 100) < 0.001, {
        message: 'the shares must come to 100 %',
      }),
  }),
  end: z.strictObject({ end: z.string().max(40) }),
}
// biome-ignore-end lint/suspicious/noThenProperty: see above.

/** One step of a rule. */
const stepSchema: z.ZodType<Step> = oneOf<Step>(Object.values(shapes) as z.ZodType<Step>[], (value) => {
  if (value === 'end') return z.literal('end').transform(() => ({ end: '' }))
  const given = typeof value === 'object' && value !== null ? value : {}
  const kind = (Object.keys(shapes) as (keyof typeof shapes)[]).find((key) => key in given)
  return shapes[kind ?? 'do'] as z.ZodType<Step>
})

/** The steps of a rule. */
export const stepsSchema = z.array(stepSchema).min(1).max(MOST_STEPS)
/** What is done on the way out: words only. */
export const leavingSchema = z.array(shapes.do as unknown as z.ZodType<DoStep>).max(10)

/** A share as a number. */
export function percent(share: string): number {
  return Number.parseFloat(share)
}

/** The lists of steps within a step, in order. */
export function listsIn(step: Step): Step[][] {
  if ('branch' in step && Array.isArray(step.branch)) return step.branch.map((way) => way.then)
  if ('split' in step && Array.isArray(step.split)) return step.split.map((part) => part.then)
  if (!isWaitFor(step)) return []
  return [...step.wait_for.first_of.map((one) => one.then), step.wait_for.on_timeout]
}

/** Whether a step says a word; the other kinds have no free arguments. */
export function isDo(step: Step): step is DoStep {
  return 'do' in step
}

export function isWaitFor(step: Step): step is { wait_for: WaitFor } {
  return !isDo(step) && 'wait_for' in step
}

/** Whether a run stands at a date that may be moved while it waits. */
export function waitsForDate(step: Step): step is { wait: WaitDate } {
  return !isDo(step) && 'wait' in step && typeof step.wait === 'object' && step.wait !== null && 'date' in step.wait
}
