import { z } from 'zod'
import type { Calendar, CalendarDefinition } from '../../lib/calendar.ts'
import { MINUTE } from '../../lib/clock.ts'
import { type Condition, conditionSchema } from '../../lib/condition.ts'
import { type Span, spanSchema } from '../../lib/span.ts'
import type { Form } from '../forms/form.ts'
import { identifier, type StepSource, stepSchema } from './step-source.ts'
import { type AnswerPlace, type Answers, instantOf, type Wait } from './wait.ts'

export { spanMs, spanSchema } from '../../lib/span.ts'

/** Why a flow cannot be opened by anybody. */
export const NO_OPENING = 'customers open a flow with a form: write "form", or "opened_by: system"'

/** A flow as it stands in a pack's YAML (P1). */
export const flowSchema = z
  .strictObject({
    flow: identifier,
    title: z.string().min(1).max(20),
    description: z.string().max(60).default(''),
    icon: z.string().default('service'),
    /** Who sets it going: a customer with its form, or nobody but the system (maintenance) and other flows (`run`). */
    opened_by: z.enum(['customer', 'system']).default('customer'),
    /** The form with which a customer opens it; one that the system opens may name whose answers it reads. */
    form: identifier.optional(),
    calendar: identifier,
    escalation: identifier,
    priority: z.array(z.strictObject({ when: conditionSchema, is: z.enum(['urgent', 'normal']) })).default([]),
    /** Role that is told at once of an urgent case. */
    alert: identifier.optional(),
    /** For which cases a group chat of everybody concerned is made in the work chat. */
    room: z.enum(['urgent', 'always']).optional(),
    /** How often a customer may urge. */
    urge_every: spanSchema.default('30 min'),
    /** The field of the opening form by which a further request joins one that is still open: whoever asks twice asks once. */
    join_by: z.string().optional(),
    /** For how long after its end a customer can have it opened again, and at which step (the first, if not told). */
    reopen_within: spanSchema.optional(),
    reopen_at: identifier.optional(),
    steps: z.array(stepSchema).min(1).max(30),
  })
  .superRefine(({ opened_by, form }, issues) => {
    if (opened_by === 'customer' && !form) issues.addIssue({ code: 'custom', path: ['form'], message: NO_OPENING })
  })
export type FlowSource = z.infer<typeof flowSchema>

export interface Branch {
  when?: Condition
  to: string
}

export interface StepDefinition extends Omit<StepSource, 'limit' | 'next' | 'evidence' | 'wait'> {
  limitMs: number
  /** Other limits, by what the run is. */
  limits?: { urgentMs?: number; tierMs?: Record<string, number>; before?: AnswerPlace }
  evidence?: { of: string; photos: number }[]
  wait?: Wait
  next: Branch[]
}

/** One rung of a step's ladder: a share of its limit, or a span after the rung before. */
export type Rung =
  | { kind: 'warn' | 'overdue'; share: number }
  | { kind: 'escalate'; level: number; to: string; afterMs: number; acknowledge?: 'all' }

/** A flow with everything that it needs frozen into it: forms, calendar, chain. What runs keeps this version. */
export interface Flow
  extends Omit<FlowSource, 'opened_by' | 'steps' | 'calendar' | 'escalation' | 'urge_every' | 'reopen_within'> {
  /** Absent where customers open it, and in flows stored earlier. */
  openedBy?: 'system'
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
  /** For how long after its end it can be opened again; absent where it cannot. */
  reopenWithin?: Span
  /** The dispatch rules that its steps name, as the dispatch engine wrote them. */
  dispatch?: Record<string, unknown>
  steps: StepDefinition[]
}

/** What of a run says how much time its steps have. */
interface Timed {
  priority: string
  tier: string | null
  answers: Answers
}

/**
 * The limit of a step that is opened at this instant: the shortest that fits the run's priority and tier, else the
 * ordinary one, and no more than is left before the instant by which it must be done.
 */
export function limitFor(
  { limitMs, limits = {} }: StepDefinition,
  { priority, tier, answers }: Timed,
  calendar: Calendar,
  at: number,
): number {
  const { urgentMs, tierMs = {}, before } = limits
  const fitting = [
    priority === 'urgent' ? urgentMs : undefined,
    tier !== null && Object.hasOwn(tierMs, tier) ? tierMs[tier] : undefined,
  ].filter((ms) => ms !== undefined)
  const span = fitting.length > 0 ? Math.min(...fitting) : limitMs
  const end = before && instantOf(answers[before.step]?.[before.field], calendar)
  // What has passed already binds nobody; before what comes as soon as work begins there is a minute all the same.
  return end !== undefined && end > at ? Math.min(span, Math.max(calendar.between(at, end), MINUTE)) : span
}

/** The form with which a flow is opened; undefined where none is needed. */
export function openingForm({ form, forms }: Pick<Flow, 'form' | 'forms'>): Form | undefined {
  return form === undefined ? undefined : forms[form]
}

/** The step of a flow by its name. */
export function stepOf(flow: Flow, name: string): StepDefinition {
  const step = flow.steps.find((one) => one.step === name)
  if (!step) throw new Error(`flow ${flow.flow} has no step ${name}`)
  return step
}
