import { z } from 'zod'
import { compile, conditionSchema, pathsOf } from '../../lib/condition.ts'
import { formulaHolds, formulaProblem } from './computing.ts'
import type { Field } from './field.ts'
import { MAX_FORMULA, namesIn } from './formula.ts'

/** What is wrong with an answer; `why` is a key under `form:` in templates/messages/form-errors.yaml, rendered with `data`. */
export interface Problem {
  field: string
  why: string
  data: Record<string, unknown>
}

/** A rule over several fields: while `when` (a condition, or a formula that says yes or no) holds, the answers will not do. */
export const ruleSchema = z.strictObject({
  when: z.union([z.string().min(1).max(MAX_FORMULA), conditionSchema]),
  message: z.string().min(1).max(100),
  /** Where the message stands; by default at the last field that the rule reads. */
  field: z.string().optional(),
})
export type Rule = z.infer<typeof ruleSchema>

interface Ruled {
  title: string
  fields: Field[]
  check?: Rule[]
}

/** The rules that the answers break; those about a field that is wrong already wait for it. */
export function brokenRules(form: Ruled, values: Record<string, unknown>, problems: Problem[]): Problem[] {
  const wrong = new Set(problems.map(({ field }) => field))
  return (form.check ?? []).flatMap((rule) => {
    const { when, message } = rule
    if (readBy(rule).some((name) => wrong.has(name))) return []
    const broken = typeof when === 'string' ? formulaHolds(form.fields, when, values) : compile(when)(values)
    if (!broken) return []
    const field = form.fields.find(({ name }) => name === placeOf(form, rule))
    return [{ field: field?.name ?? '', why: 'rule', data: { label: field?.label ?? form.title, message } }]
  })
}

/** What is wrong with a rule: the key, and the reason. */
export function ruleProblems(form: Ruled, rule: Rule): { key: keyof Rule; reason: string }[] {
  const names = form.fields.map(({ name }) => name)
  if (rule.field !== undefined && !names.includes(rule.field)) {
    return [{ key: 'field', reason: `"${rule.field}" is no field of this form` }]
  }
  if (typeof rule.when === 'string') {
    const reason = formulaProblem(form.fields, rule.when, 'boolean')
    return reason ? [{ key: 'when', reason: reason.replace('that stands before this one', 'of this form') }] : []
  }
  const strange = pathsOf(rule.when).find((path) => !names.includes(path.split('.')[0] ?? ''))
  return strange ? [{ key: 'when', reason: `"${strange}" is no field of this form` }] : []
}

function placeOf(form: Ruled, rule: Rule): string | undefined {
  const read = readBy(rule)
  return rule.field ?? form.fields.findLast(({ name }) => read.includes(name))?.name
}

function readBy({ when }: Rule): string[] {
  return typeof when === 'string' ? namesIn(when) : pathsOf(when).map((path) => path.split('.')[0] ?? '')
}
