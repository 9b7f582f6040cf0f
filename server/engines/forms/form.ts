import { z } from 'zod'
import { pathsOf } from '../../lib/condition.ts'
import { compilePattern } from '../../lib/pattern.ts'
import { type Field, type FieldKind, fieldSchema } from './field.ts'
import { fieldKind, fieldKinds } from './fields.ts'

export type { Field, Option } from './field.ts'

/** The keys that every field may have; the others belong to some kinds only. */
const COMMON: (keyof Field)[] = ['name', 'kind', 'label', 'hint', 'placeholder', 'required', 'showWhen']

/** A form as it stands in a pack's YAML (F1, F2); what is wrong is told with the field and the reason. */
export const formSchema = z
  .strictObject({
    form: z.string().regex(/^[a-z][a-z0-9_-]{0,59}$/, 'small letters, digits, - and _, 60 at most'),
    title: z.string().min(1).max(40),
    intro: z.string().max(500).optional(),
    /** What the button says. */
    submit: z.string().max(10).optional(),
    fields: z.array(fieldSchema).min(1).max(100),
  })
  .superRefine((form, issues) => {
    const earlier: string[] = []
    for (const [i, field] of form.fields.entries()) {
      for (const { key, reason } of fieldProblems(field, earlier)) {
        issues.addIssue({ code: 'custom', path: ['fields', i, key], message: `field "${field.name}": ${reason}` })
      }
      earlier.push(field.name)
    }
  })
export type Form = z.infer<typeof formSchema>

interface FieldProblem {
  key: keyof Field
  reason: string
}

function fieldProblems(field: Field, earlier: string[]): FieldProblem[] {
  const problems: FieldProblem[] = []
  if (earlier.includes(field.name)) problems.push({ key: 'name', reason: 'the name is used twice' })
  for (const path of pathsOf(field.showWhen ?? {})) {
    if (!earlier.includes(path)) {
      problems.push({ key: 'showWhen', reason: `"${path}" is no field that stands before this one` })
    }
  }
  const kind = fieldKind(field.kind)
  if (kind) problems.push(...kindProblems(kind, field))
  else problems.push({ key: 'kind', reason: `there is no kind "${field.kind}", only ${fieldKinds().join(', ')}` })
  return problems
}

function kindProblems(kind: FieldKind, field: Field): FieldProblem[] {
  const problems: FieldProblem[] = []
  for (const key of Object.keys(field) as (keyof Field)[]) {
    if (field[key] !== undefined && !COMMON.includes(key) && !kind.takes.includes(key)) {
      problems.push({ key, reason: `${key} means nothing for the kind ${kind.kind}` })
    }
  }
  for (const key of kind.needs ?? []) {
    if (field[key] === undefined) problems.push({ key, reason: `${key} is missing, the kind ${kind.kind} needs it` })
  }
  const values = field.options?.map(({ value }) => value) ?? []
  if (new Set(values).size < values.length) problems.push({ key: 'options', reason: 'two options have the same value' })
  if (field.min !== undefined && field.max !== undefined && field.min > field.max) {
    problems.push({ key: 'min', reason: 'min is greater than max' })
  }
  if (field.pattern !== undefined) {
    try {
      compilePattern(`^(?:${field.pattern})$`)
    } catch (error) {
      problems.push({ key: 'pattern', reason: `the pattern ${(error as Error).message}` })
    }
  }
  if (field.default !== undefined && problems.length === 0) {
    const checked = kind.check(field, field.default, { options: field.options ?? [] })
    if ('why' in checked) problems.push({ key: 'default', reason: `the default does not pass: ${checked.why}` })
  }
  return problems
}
