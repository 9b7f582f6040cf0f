import { z } from 'zod'
import { conditionSchema } from '../../lib/condition.ts'
import { oneOf } from '../../lib/one-of.ts'
import { spanSchema } from '../../lib/span.ts'
import { MAX_FORMULA, type Operand } from './formula.ts'

const place = z.string().regex(/^[a-z_0-9]+\.[a-z][a-z_0-9]*$/i, 'write form.<field> or <step>.<field>')
const optionSchema = z.strictObject({
  value: z.string('must be a text; put numbers in quotes').min(1).max(60),
  label: z.string().min(1).max(60),
  hint: z.string().max(100).optional(),
})
/** One answer that a person can choose. */
export type Option = z.infer<typeof optionSchema>

/** A field as it stands in a form's YAML (F1). Which of the keys mean something depends on the kind. */
export const fieldSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][A-Za-z0-9_]{0,39}$/, 'begins with a small letter; then letters, digits and underscores, 40 at most')
    .refine((name) => !(name in Object.prototype), 'is a reserved name'),
  kind: z.string(),
  label: z.string().min(1).max(40),
  hint: z.string().max(200).optional(),
  placeholder: z.string().max(100).optional(),
  required: z.boolean().default(false),
  /** Personal: sealed at rest, and masked wherever staff look by default. */
  private: z.boolean().optional(),
  /** In characters, emoji count as one. */
  maxLength: z.number().int().min(1).max(5000).optional(),
  /** The least number or rating, or how many must be chosen. */
  min: z.number().optional(),
  max: z.number().optional(),
  /** What a number counts, as it stands behind it: 公里. */
  unit: z.string().min(1).max(10).optional(),
  /** Days written yyyy-mm-dd, both included. */
  earliest: z.iso.date().optional(),
  latest: z.iso.date().optional(),
  /** Not before now, and not further ahead than so long. */
  within: spanSchema.optional(),
  /** A day without a time will do for a minute. */
  timeless: z.boolean().optional(),
  /** Days that are offered for choosing, in the words in which people say them (明天上午). */
  suggest: z.array(z.string().min(1).max(20)).min(1).max(5).optional(),
  /** The whole text must match. */
  pattern: z.string().optional(),
  patternMessage: z.string().max(100).optional(),
  options: z.array(optionSchema).min(1).max(200).optional(),
  /** Whose people a person is chosen from. */
  role: z.string().min(1).max(40).optional(),
  showWhen: conditionSchema.optional(),
  /** Required only while this holds. */
  requiredWhen: conditionSchema.optional(),
  /** A formula over earlier fields: nobody types the value, the server computes it. */
  computed: z.string().min(1).max(MAX_FORMULA).optional(),
  /** To how many digits behind the point a computed number is rounded. */
  decimals: z.number().int().min(0).max(6).optional(),
  /** An address without coordinates will do for a location. */
  typed: z.boolean().optional(),
  /**
   * Why what is asked for cannot be done without the position of the phone, as the customer reads it: it is kept then
   * whatever they say to the purpose "location".
   */
  needs: z.string().min(1).max(60).optional(),
  default: z.unknown().optional(),
  /** A list that the case itself brings: photos become one field for each entry, a choice is made among them. */
  listed: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,19}$/, 'use lower-case letters, digits and underscores, 20 at most')
    .optional(),
  /** The price list from which is chosen. */
  list: z.string().min(1).max(40).optional(),
  /**
   * Where stands what is most likely meant, `<step>.<field>` of the run, or such places by the parts of the answer: who
   * is asked in the chat is offered it for a short yes.
   */
  wish: oneOf<string | Record<string, string>>([z.record(z.string(), place)], (value) =>
    typeof value === 'object' ? z.record(z.string(), place) : place,
  ).optional(),
})
export type Field = z.infer<typeof fieldSchema>

/** A value that may be kept, or why not: a key under `form:` in templates/messages/form-errors.yaml and what it tells. */
export type Checked = { value: unknown } | { why: string; data?: Record<string, unknown> }

/** What is known only at run time: the options to choose from (those of the definition, if it has any), and the time. */
export interface FieldContext {
  options: Option[]
  now?: number
}

/** Renders one of the words under templates/messages/answers.yaml. */
export type Say = (word: string, data: Record<string, unknown>) => string

/** A kind of field: an object in the registry of fields.ts. */
export interface FieldKind {
  kind: string
  /** Which of the keys that not every field has it understands. */
  takes: (keyof Field)[]
  /** Which of them it cannot do without. */
  needs?: (keyof Field)[]
  /** The `why` of a required field that was left empty; `required` if not told otherwise. */
  missing?: string
  /** Checks a value that is not empty and returns it in its plain form. */
  check(field: Field, value: unknown, context: FieldContext): Checked
  /** The value as a person reads it. */
  describe(field: Field, value: unknown, context: FieldContext, say: Say): string
  /** Always private, whatever the field says. */
  personal?: true
  /** What stays readable of a private value's description; `maskPrivate` if not told. */
  mask?(text: string): string
  /** The value as formulas read it, empty included; a kind without this cannot stand in a formula. */
  operand?: ((value: unknown) => Operand) | undefined
  /** What can be named in an answer in words, one line each; the words of the question stand under the kind's name. */
  menu?(field: Field): Record<string, unknown>[]
  /** The answer that is most likely meant, from what stands at the places of `wish`; without this the value itself. */
  wished?(field: Field, parts: Record<string, unknown>): unknown
  /** A formula's number in the kind's plain form. */
  fromFormula?(found: number, field: Field): number
}
