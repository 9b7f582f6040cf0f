import { z } from 'zod'
import type { CalendarDefinition } from '../../lib/calendar.ts'
import { type Condition, conditionSchema } from '../../lib/condition.ts'
import type { Form } from '../forms/form.ts'

/** What a person can do with a step on its card. */
export const STEP_ACTIONS = ['accept', 'finish', 'ask', 'transfer'] as const
export type StepAction = (typeof STEP_ACTIONS)[number]

const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and underscores')
/** A span as people write it: `10 min`, `4 h`, `2 d` (24 hours each) or `1 workday` (the length of the calendar's Monday). */
export const spanSchema = z
  .string()
  .regex(/^\d+(\.\d+)? ?(min|h|d|workday)$/, 'write a span such as "10 min", "4 h", "1 workday"')
const percentSchema = z.string().regex(/^\d{1,2} ?%$/, 'write a share such as "50 %"')

/** Something that a flow makes happen on entry, on finish or when overdue: the word's name and its arguments. */
export const useSchema = z.looseObject({ do: identifier })
export type WordUse = z.infer<typeof useSchema>

const branchSchema = z.strictObject({ when: conditionSchema.optional(), to: identifier })

const stepSchema = z.strictObject({
  step: identifier,
  title: z.string().min(1).max(10),
  /** What the customer reads while the step runs. */
  progress: z.string().min(1).max(60),
  /** What the assignee is asked to do. */
  task: z.string().min(1).max(100),
  role: identifier,
  /** Who among the role gets it: everyone until one accepts, the least busy, or who did or was named in an earlier step. */
  assign: z
    .union([
      z.enum(['pool', 'least_busy']),
      z.strictObject({ doer: identifier }),
      z.strictObject({ named: z.string().regex(/^[a-z_0-9]+\.[a-z_0-9]+$/i, 'write <step>.<field>') }),
    ])
    .default('pool'),
  limit: spanSchema,
  form: identifier.optional(),
  actions: z.array(z.enum(STEP_ACTIONS)).min(1),
  next: z.union([identifier, z.array(branchSchema).min(1)]),
  entry: z.array(useSchema).default([]),
  finish: z.array(useSchema).default([]),
  overdue: z.array(useSchema).default([]),
})

/** A flow as it stands in a pack's YAML (P1). */
export const flowSchema = z.strictObject({
  flow: identifier,
  title: z.string().min(1).max(20),
  description: z.string().max(60).default(''),
  icon: z.string().default('service'),
  /** The form with which a customer opens it. */
  form: identifier,
  calendar: identifier,
  escalation: identifier,
  priority: z.array(z.strictObject({ when: conditionSchema, is: z.enum(['urgent', 'normal']) })).default([]),
  /** Role that is told at once of an urgent case. */
  alert: identifier.optional(),
  /** For which cases a group chat of everybody concerned is made in the work chat. */
  room: z.enum(['urgent', 'always']).optional(),
  /** How often a customer may urge. */
  urge_every: spanSchema.default('30 min'),
  steps: z.array(stepSchema).min(1).max(30),
})
export type FlowSource = z.infer<typeof flowSchema>

/** An escalation chain as it stands in pack.yaml (P8). */
export const escalationSchema = z.strictObject({
  warn_at: z.array(percentSchema).default(['50 %', '80 %']),
  levels: z
    .array(
      z.strictObject({
        to: identifier,
        after: spanSchema,
        /** Whose acknowledgement holds the chain: of any one person of the level, or of all of them. */
        acknowledge: z.enum(['one', 'all']).default('one'),
      }),
    )
    .min(1),
  /** The group robot that says in the team's channel what has climbed, by its name in the configuration. */
  announce: z.string().min(1).max(26).optional(),
  /** How long an acknowledgement holds the chain. */
  acknowledge_for: spanSchema.default('30 min'),
  /** The extensions a supervisor can choose from. */
  extend_by: z.array(spanSchema).min(1).max(4).default(['30 min', '2 h', '1 workday']),
})
export type EscalationSource = z.infer<typeof escalationSchema>

export interface Branch {
  when?: Condition
  to: string
}

export interface StepDefinition extends Omit<FlowSource['steps'][number], 'limit' | 'next'> {
  limitMs: number
  next: Branch[]
}

/** One rung of a step's ladder: a share of its limit, or a span after the rung before. */
export type Rung =
  | { kind: 'warn' | 'overdue'; share: number }
  | { kind: 'escalate'; level: number; to: string; afterMs: number; acknowledge?: 'all' }

/** A flow with everything that it needs frozen into it: forms, calendar, chain. What runs keeps this version. */
export interface Flow extends Omit<FlowSource, 'steps' | 'calendar' | 'escalation' | 'urge_every'> {
  roles: Record<string, string>
  calendar: CalendarDefinition
  forms: Record<string, Form>
  ladder: Rung[]
  acknowledgeMs: number
  announce?: string
  extensions: { label: string; ms: number }[]
  urgeEveryMs: number
  /** After how much working time whoever got a card that nobody accepts is reminded; flows stored earlier have none. */
  remindAfterMs?: number[]
  steps: StepDefinition[]
}

/** A span in milliseconds; `workdayMs` is the length of one working day. */
export function spanMs(span: string, workdayMs: number): number {
  const [, amount, unit] = /^([\d.]+) ?(\w+)$/.exec(span) ?? []
  const size = { min: 60_000, h: 3_600_000, d: 86_400_000, workday: workdayMs }[unit ?? '']
  if (!size) throw new Error(`not a span: ${span}`)
  return Math.round(Number(amount) * size)
}

/** The step of a flow by its name. */
export function stepOf(flow: Flow, name: string): StepDefinition {
  const step = flow.steps.find((one) => one.step === name)
  if (!step) throw new Error(`flow ${flow.flow} has no step ${name}`)
  return step
}
