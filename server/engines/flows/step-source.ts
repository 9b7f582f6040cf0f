import { z } from 'zod'
import { conditionSchema } from '../../lib/condition.ts'
import { oneOf } from '../../lib/one-of.ts'
import { spanSchema } from '../../lib/span.ts'
import { answerSchema, eventsSchema, type WaitSource, waitSchema } from './wait.ts'

/** What a person can do with a step on its card. */
export const STEP_ACTIONS = [
  'accept',
  'finish',
  'ask',
  'transfer',
  'arrive',
  'approve',
  'reject',
  'return',
  'add_signer',
] as const
export type StepAction = (typeof STEP_ACTIONS)[number]
/** Those of a step that is an approval. */
export const APPROVAL_ACTIONS: readonly StepAction[] = ['approve', 'reject', 'return', 'transfer', 'add_signer']

export const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and underscores')

/**
 * Something that a flow makes happen on entry, on finish or when overdue: the word's name, its arguments, and in which
 * case; without `when` in every one.
 */
export const useSchema = z.looseObject({ do: identifier, when: conditionSchema.optional() })
export type WordUse = z.infer<typeof useSchema>

const branchSchema = z.strictObject({ when: conditionSchema.optional(), to: identifier })
const nextSchema = z.union([identifier, z.array(branchSchema).min(1)])
const usesSchema = z.array(useSchema).default([])
/** False: customers are not told when the step begins. */
const tellSchema = z.boolean().optional()
/** Who did a step; of several steps, whoever did the one that was done last. */
const doerSchema = oneOf<string | string[]>([z.array(identifier).min(1)], (value) =>
  Array.isArray(value) ? z.array(identifier).min(1).max(8) : identifier,
)

const limitsSchema = z.strictObject({
  default: spanSchema,
  urgent: spanSchema.optional(),
  tier: z.record(z.string(), spanSchema).optional(),
  /** Where the day or minute was named by which it must be done, however much of the span is left. */
  before: answerSchema.optional(),
})
/** Working time allowed: one span, or spans by priority and by the customer's tier, of which the shortest that fits holds. */
const limitSchema = oneOf<string | z.infer<typeof limitsSchema>>([spanSchema, limitsSchema], (value) =>
  typeof value === 'object' ? limitsSchema : spanSchema,
)

const fieldsSchema = z.array(z.string()).min(1)
const photosSchema = z.strictObject({ photos: z.int().min(1).max(20), of: z.string() })
const shotsSchema = z.strictObject({ shots: z.string() })
type Evidence = string[] | z.infer<typeof photosSchema> | z.infer<typeof shotsSchema>
/**
 * Photos without which a step cannot be finished: fields that need one each, so many of one field, or one of each entry
 * of the list that the case brings for a field.
 */
const evidenceSchema = oneOf<Evidence>([fieldsSchema, photosSchema, shotsSchema], (value) => {
  if (Array.isArray(value)) return fieldsSchema
  return typeof value === 'object' && value !== null && 'shots' in value ? shotsSchema : photosSchema
})

const ratioSchema = z.strictObject({
  ratio: z.string().regex(/^(100|[1-9]\d?) ?%$/, 'write a share from "1 %" to "100 %"'),
})
const quorumSchema = oneOf<'any' | 'all' | z.infer<typeof ratioSchema>>([ratioSchema], (value) =>
  typeof value === 'object' ? ratioSchema : z.enum(['any', 'all']),
)

/** How the people of a step's role approve what was submitted. */
const approvalSchema = z.strictObject({
  /** Whose word counts: that of any one of them, of all, or of so large a share. */
  by: quorumSchema,
  /** Asked all at once, or one after the other. */
  order: z.enum(['parallel', 'sequential']).default('parallel'),
  /** Where the amount stands, in fen. */
  amount: z
    .string()
    .regex(/^[a-z][a-z0-9_]*\.[a-z0-9_]+$/i, 'write <step>.<field>')
    .optional(),
  /** How much a holder of a role may approve alone, in fen; who holds a role without a limit may approve anything. */
  limits: z.record(z.string(), z.int().min(1)).default({}),
  /** The roles of which one after the other must approve as well, by anyone of it, while the amount is above the limit. */
  above: z.array(identifier).default([]),
  /** The earlier steps to which it may be returned. */
  return_to: z.array(identifier).default([]),
})
export type Approval = z.infer<typeof approvalSchema>

const taskSchema = z.strictObject({
  step: identifier,
  title: z.string().min(1).max(10),
  /** What the customer reads while the step runs. */
  progress: z.string().min(1).max(60),
  /** What the assignee is asked to do. */
  task: z.string().min(1).max(100),
  role: identifier,
  /**
   * Who gets it: all of the role until one accepts, the least busy, who did or was named in an earlier step, or whom a
   * dispatch rule finds. With both a doer and a rule the doer keeps it, on duty or not, and the rule finds who is next.
   */
  assign: z
    .union([
      z.enum(['pool', 'least_busy']),
      z.strictObject({ doer: doerSchema }),
      z.strictObject({ named: z.string().regex(/^[a-z_0-9]+\.[a-z_0-9]+$/i, 'write <step>.<field>') }),
      z.strictObject({ dispatch: identifier, doer: doerSchema.optional() }),
    ])
    .default('pool'),
  limit: limitSchema,
  form: identifier.optional(),
  evidence: evidenceSchema.optional(),
  approval: approvalSchema.optional(),
  actions: z.array(z.enum(STEP_ACTIONS)).min(1),
  next: nextSchema,
  entry: usesSchema,
  /** Said when somebody takes it in hand, before it is theirs: a word may refuse. */
  accept: z.array(useSchema).optional(),
  finish: usesSchema,
  overdue: usesSchema,
  /** Events that make it needless: it is taken back, and the run goes on there. */
  overtaken_by: z.strictObject({ event: eventsSchema, to: identifier }).optional(),
  tell: tellSchema,
  /** Whoever has it speaks with the customer: the card's menu shows the numbers, and the look is noted. */
  calls: z.boolean().optional(),
  /** It is not done where the case says: its cards tell no place and show no map. */
  elsewhere: z.boolean().optional(),
  /** What was answered here stands in the history, and on the cards of the steps that are logged after it. */
  log: z.boolean().optional(),
})

const machineSteps = {
  /** Several branches at once, each up to its `join`; when all have arrived the run goes on at `then`. */
  // biome-ignore lint/suspicious/noThenProperty: packs say "then"; neither the schema nor what it reads is awaited.
  parallel: z.strictObject({ step: identifier, parallel: z.array(identifier).min(2).max(8), then: identifier }),
  /** Waits for an event from outside, with a way out when it does not come in time. */
  wait: z.strictObject({
    step: identifier,
    title: taskSchema.shape.title,
    progress: taskSchema.shape.progress,
    wait: waitSchema,
    next: nextSchema,
    entry: usesSchema,
    finish: usesSchema,
    tell: tellSchema,
  }),
  /** Runs another flow for the same subject and goes on when it has ended. */
  run: z.strictObject({
    step: identifier,
    title: taskSchema.shape.title,
    progress: taskSchema.shape.progress,
    run: identifier,
    next: nextSchema,
    entry: usesSchema,
    finish: usesSchema,
    tell: tellSchema,
  }),
}

type TaskSource = z.infer<typeof taskSchema>

/** A step as the engine reads it: one without people has no title where it shows none, no role, no limit, no actions. */
export interface StepSource extends Omit<TaskSource, 'limit'> {
  limit: TaskSource['limit'] | null
  parallel?: string[]
  wait?: WaitSource
  run?: string
}

const WITHOUT_PEOPLE = { title: '', progress: '', task: '', role: '', assign: 'pool', limit: null } as const

const rest = { ...WITHOUT_PEOPLE, actions: [], entry: [], finish: [], overdue: [] }
const stepShapes = {
  parallel: machineSteps.parallel.transform(({ then, ...step }) => ({ ...rest, ...step, next: then })),
  wait: machineSteps.wait.transform((step) => ({ ...rest, ...step })),
  run: machineSteps.run.transform((step) => ({ ...rest, ...step })),
}
/** A step as it stands in YAML: one of people, or one of the machine. */
export const stepSchema = oneOf<StepSource>([taskSchema, ...Object.values(stepShapes)], (value) => {
  const given = typeof value === 'object' && value !== null ? value : {}
  const kind = (['parallel', 'wait', 'run'] as const).find((key) => key in given)
  return kind ? stepShapes[kind] : taskSchema
})
