import { z } from 'zod'
import { DAY, MINUTE } from '../../lib/clock.ts'
import type { Zone } from '../../lib/geo.ts'
import { oneOf } from '../../lib/one-of.ts'
import { type Flow, type StepDefinition, spanMs, spanSchema } from '../flows/flow.ts'

const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and underscores')
const plainSpan = spanSchema.refine((span) => !span.endsWith('workday'), 'write a span of the clock such as "10 min"')
const name = z.string().min(1).max(20)
const answer = z.string().regex(/^[a-z_0-9]+\.[a-z][a-z_0-9]*$/i, 'write form.<field> or <step>.<field>')
const answers = z.array(answer).min(1).max(5)

/** How a pack says who is sent: `dispatch/<name>.yaml`. */
export const dispatchSchema = z.strictObject({
  dispatch: identifier,
  role: identifier,
  /** The skills that a value of an answer in `skill_from` asks for. */
  skills: z.record(z.string(), z.array(name).min(1)).default({}),
  skill_from: oneOf<string | string[]>([answers], (value) => (Array.isArray(value) ? answers : answer)).optional(),
  /** A file of zones, `zones/<name>`. Whoever has zones is sent to others only when nobody else is free. */
  zones: z
    .string()
    .regex(/^zones\/[a-z0-9_-]+$/, 'write zones/<name>')
    .optional(),
  /** How many open steps one may have. */
  capacity: z.int().min(1).max(100).default(6),
  accept_within: z
    .strictObject({
      default: plainSpan,
      urgent: plainSpan.optional(),
      /** The time passes while people work: what comes at night is not sent around before the morning. */
      working: z.boolean().optional(),
    })
    .default({ default: '10 min', urgent: '5 min' }),
  /** How many matters one may be given in a day, and have in stock; whoever has as many is not asked. */
  claims: z.strictObject({ per_day: z.int().min(1).optional(), in_stock: z.int().min(1).optional() }).optional(),
  speed_kmh: z.number().positive().max(200).default(12),
  /** How long a job takes, as a rule: whoever has taken on others before comes so much later. */
  minutes_per_job: z.number().positive().max(600).default(20),
  /** A place that was said longer ago than this when somebody took a job does not tell when they will be there. */
  place_fresh_for: plainSpan.default('1 h'),
  /** What counts how much; see docs of `decide`. */
  weights: z
    .strictObject({
      distance: z.number().min(0).default(1),
      load: z.number().min(0).default(0.3),
      skill: z.number().min(0).default(0.5),
      zone: z.number().min(0).default(0.5),
      promised: z.number().min(0).default(0.2),
    })
    .prefault({}),
  /** Who gets it when nobody takes it. */
  overflow: identifier,
  retry_every: plainSpan.default('2 min'),
  /** What is known of single workers from the beginning; what is said in the chat counts more. */
  workers: z
    .array(
      z.strictObject({
        /** Their user id on any platform. */
        user: z.string().min(1).max(64),
        skills: z.array(name).optional(),
        zones: z.array(z.string()).optional(),
        capacity: z.int().min(1).max(100).optional(),
      }),
    )
    .default([]),
})
export type DispatchSource = z.infer<typeof dispatchSchema>

/** A rule as it is frozen into the flows that name it. */
export interface DispatchRule
  extends Omit<
    DispatchSource,
    'zones' | 'accept_within' | 'retry_every' | 'skill_from' | 'speed_kmh' | 'minutes_per_job' | 'place_fresh_for'
  > {
  skillFrom?: { step: string; field: string }[]
  zones: Zone[]
  acceptMs: { default: number; urgent: number; working?: boolean }
  metresPerMinute: number
  retryMs: number
  /** A rule that was frozen before there were estimates makes none. */
  jobMs?: number
  freshMs?: number
}

/** A rule with its zones, its spans in milliseconds. */
export function freezeRule(source: DispatchSource, zones: Zone[]): DispatchRule {
  const {
    accept_within,
    retry_every,
    skill_from,
    speed_kmh,
    minutes_per_job,
    place_fresh_for,
    zones: _,
    ...rest
  } = source
  const ms = (span: string) => spanMs(span, DAY)
  return {
    ...rest,
    ...(skill_from && { skillFrom: [skill_from].flat().map(placeIn) }),
    zones,
    acceptMs: {
      default: ms(accept_within.default),
      urgent: ms(accept_within.urgent ?? accept_within.default),
      ...(accept_within.working && { working: true }),
    },
    metresPerMinute: (speed_kmh * 1000) / 60,
    retryMs: ms(retry_every),
    jobMs: minutes_per_job * MINUTE,
    freshMs: ms(place_fresh_for),
  }
}

function placeIn(path: string): { step: string; field: string } {
  const [step = '', field = ''] = path.split('.')
  return { step, field }
}

/** The rule by which a step's hands are chosen, or undefined. */
export function ruleOf(flow: Flow, { assign }: StepDefinition): DispatchRule | undefined {
  if (typeof assign === 'string' || !('dispatch' in assign)) return undefined
  return flow.dispatch?.[assign.dispatch] as DispatchRule | undefined
}
