import { z } from 'zod'
import { pathsOf } from '../../lib/condition.ts'
import { compilePattern } from '../../lib/pattern.ts'
import { formulaProblem } from './computing.ts'
import { strangeSuggestions } from './day-fields.ts'
import { type Field, type FieldKind, fieldSchema } from './field.ts'
import { fieldKind, fieldKinds } from './fields.ts'
import { ruleProblems, ruleSchema } from './rules.ts'

export type { Field, Option } from './field.ts'

/** The keys that every field may have; the others belong to some kinds only. */
const COMMON: (keyof Field)[] = [
  'name',
  'kind',
  'label',
  'hint',
  'placeholder',
  'required',
  'showWhen',
  'requiredWhen',
  'wish',
]

/** Kinds whose values others must work with: where somebody is sent, to what, and what is looked at. */
const OPEN = ['photos', 'location', 'asset', 'person']

/** Kinds that want somebody who is known. */
const SIGNED_IN = ['person', 'photos', 'signature']

/** A form as it stands in a pack's YAML (F1, F2); what is wrong is told with the field and the reason. */
export const formSchema = z
  .strictObject({
    form: z.string().regex(/^[a-z][a-z0-9_-]{0,59}$/, 'small letters, digits, - and _, 60 at most'),
    title: z.string().min(1).max(40),
    intro: z.string().max(500).optional(),
    /** What the button says. */
    submit: z.string().max(10).optional(),
    fields: z.array(fieldSchema).min(1).max(100),
    /** What several answers must not be together. */
    check: z.array(ruleSchema).max(30).optional(),
    /** Also a page of its own on the web, for campaigns. */
    web: z.boolean().optional(),
  })
  .superRefine((form, issues) => {
    for (const [i, field] of form.fields.entries()) {
      for (const { key, reason } of fieldProblems(field, form.fields.slice(0, i))) {
        issues.addIssue({ code: 'custom', path: ['fields', i, key], message: `field "${field.name}": ${reason}` })
      }
    }
    for (const [i, rule] of (form.check ?? []).entries()) {
      for (const { key, reason } of ruleProblems(form, rule)) {
        issues.addIssue({ code: 'custom', path: ['check', i, key], message: `rule ${i + 1}: ${reason}` })
      }
    }
    if (form.web) for (const issue of webProblems(form.fields)) issues.addIssue({ code: 'custom', ...issue })
  })
export type Form = z.infer<typeof formSchema>

interface FieldProblem {
  key: keyof Field
  reason: string
}

function fieldProblems(field: Field, before: Field[]): FieldProblem[] {
  const problems: FieldProblem[] = []
  const earlier = before.map(({ name }) => name)
  if (earlier.includes(field.name)) problems.push({ key: 'name', reason: 'the name is used twice' })
  for (const key of ['showWhen', 'requiredWhen'] as const) {
    for (const path of pathsOf(field[key] ?? {})) {
      if (!earlier.includes(path)) problems.push({ key, reason: `"${path}" is no field that stands before this one` })
    }
  }
  if (field.computed !== undefined) problems.push(...computedProblems(field, before))
  const kind = fieldKind(field.kind)
  if (kind) problems.push(...kindProblems(kind, field))
  else problems.push({ key: 'kind', reason: `there is no kind "${field.kind}", only ${fieldKinds().join(', ')}` })
  return problems
}

/** What a field that nobody fills in cannot be asked for. */
function computedProblems(field: Field, before: Field[]): FieldProblem[] {
  const problems: FieldProblem[] = []
  const reason = formulaProblem(before, field.computed ?? '', 'number')
  if (reason) problems.push({ key: 'computed', reason: `the formula ${reason}` })
  for (const key of ['required', 'requiredWhen', 'default', 'placeholder'] as const) {
    if (field[key]) problems.push({ key, reason: `${key} means nothing for a computed field` })
  }
  return problems
}

function kindProblems(kind: FieldKind, field: Field): FieldProblem[] {
  const problems: FieldProblem[] = []
  const common = OPEN.includes(kind.kind) ? COMMON : [...COMMON, 'private']
  for (const key of Object.keys(field) as (keyof Field)[]) {
    if (field[key] !== undefined && !common.includes(key) && !kind.takes.includes(key)) {
      problems.push({ key, reason: `${key} means nothing for the kind ${kind.kind}` })
    }
  }
  for (const key of kind.needs ?? []) {
    // What the case brings takes the place of the options.
    if (key === 'options' && field.listed !== undefined) continue
    if (field[key] === undefined) problems.push({ key, reason: `${key} is missing, the kind ${kind.kind} needs it` })
  }
  const [strange] = strangeSuggestions(field)
  if (strange) problems.push({ key: 'suggest', reason: `"${strange}" names no day` })
  if (field.decimals !== undefined && field.computed === undefined) {
    problems.push({ key: 'decimals', reason: 'decimals means nothing without computed' })
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

/** What a form lacks, or has too much of, for a page that anybody may open. */
function webProblems(fields: Field[]): { path: PropertyKey[]; message: string }[] {
  const problems = fields.flatMap(({ name, kind }, i) =>
    SIGNED_IN.includes(kind)
      ? [{ path: ['fields', i, 'kind'], message: `field "${name}": a web page without sign-in takes no ${kind}` }]
      : [],
  )
  const reachable = fields.some(({ kind, required, showWhen }) => kind === 'phone' && required && !showWhen)
  if (reachable) return problems
  return [...problems, { path: ['web'], message: 'a web page needs a required field of the kind phone' }]
}
