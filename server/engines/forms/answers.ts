import { compile } from '../../lib/condition.ts'
import { opened, Secret } from '../../lib/crypto.ts'
import { groupedYuan, maskPrivate } from '../../lib/format.ts'
import type { Words } from '../../lib/render.ts'
import { computedValue } from './computing.ts'
import type { Checked, Field, FieldContext, FieldKind, Option, Say } from './field.ts'
import { fieldKind } from './fields.ts'
import type { Form } from './form.ts'
import { tidy } from './plain.ts'
import { brokenRules, type Problem } from './rules.ts'

/** How answers are described. */
interface Telling extends AnswersContext {
  words?: Pick<Words, 'text'>
  /** Private answers in full: for whoever gave them, and for who has a right to see them and is noted. */
  whole?: boolean
}

export interface AnswersContext {
  /** Options that are known only at run time (persons), by field name; they take the place of the definition's. */
  options?: Record<string, Option[]>
  /** With it days may be said as people say them. */
  now?: number
}

/** An answer as a person reads it. */
export interface Described {
  name: string
  label: string
  kind: string
  text: string
}

/** So many unknown fields are named; a longer list helps nobody. */
const MAX_UNKNOWN = 5

/**
 * Checks what was filled in against a form: the values that may be kept (trimmed, in plain form, defaults applied,
 * hidden and empty fields left out, private ones as secrets) and everything that is wrong. Pure; throws only for a form
 * that never passed its schema.
 */
export function checkAnswers(
  form: Form,
  answers: unknown,
  context: AnswersContext = {},
): { values: Record<string, unknown>; problems: Problem[] } {
  if (typeof answers !== 'object' || answers === null || Array.isArray(answers)) {
    return { values: {}, problems: [{ field: '', why: 'not_answers', data: { label: form.title } }] }
  }
  const values: Record<string, unknown> = {}
  const problems: Problem[] = []
  for (const field of form.fields) {
    if (field.showWhen && !compile(field.showWhen)(values)) continue
    const given = Object.hasOwn(answers, field.name)
      ? opened((answers as Record<string, unknown>)[field.name])
      : field.default
    const checked = field.computed
      ? checkField(field, computedValue(form.fields, field, values), fieldContext(field, context))
      : checkField(needed(field, values), given, fieldContext(field, context))
    if ('why' in checked) {
      problems.push({ field: field.name, why: checked.why, data: { label: field.label, ...checked.data } })
    } else if (checked.value !== undefined) values[field.name] = checked.value
  }
  problems.push(...brokenRules(form, values, problems))
  const names = new Set(form.fields.map(({ name }) => name))
  const unknown = Object.keys(answers).filter((name) => !names.has(name))
  for (const name of unknown.slice(0, MAX_UNKNOWN)) {
    problems.push({ field: name.slice(0, 40), why: 'unknown_field', data: { label: name.slice(0, 40) } })
  }
  for (const field of form.fields) {
    if (Object.hasOwn(values, field.name)) values[field.name] = guarded(field, values[field.name])
  }
  return { values, problems }
}

/** A field's value as it may be kept: a secret where it is private. */
export function guarded(field: Field, value: unknown): unknown {
  return isPrivate(field) ? Secret.of(value) : value
}

/** Whether a field's values are sealed at rest and masked. */
export function isPrivate(field: Field): boolean {
  return field.private === true || fieldKind(field.kind)?.personal === true
}

/**
 * The answers as lines for cards and pages, in the form's order: labels instead of values, photos as a number, what is
 * private masked. What surrounds numbers comes from templates/messages/answers.yaml; without words the bare numbers and
 * signs are shown.
 */
export function describeAnswers(
  form: Pick<Form, 'fields'>,
  values: Record<string, unknown>,
  context: Telling = {},
): Described[] {
  const { words, whole } = context
  const say: Say = words ? (word, data) => words.text(`messages/answers.${word}`, data) : bare
  return form.fields.flatMap((field) => {
    const value = Object.hasOwn(values, field.name) ? opened(values[field.name]) : undefined
    if (isEmpty(value)) return []
    const kind = kindOf(field)
    const told = kind.describe(field, value, fieldContext(field, context), say)
    const text = isPrivate(field) && !whole ? (kind.mask ?? maskPrivate)(told) : told
    return [{ name: field.name, label: field.label, kind: field.kind, text }]
  })
}

function checkField(field: Field, given: unknown, context: FieldContext): Checked {
  const kind = kindOf(field)
  if (!isEmpty(given)) return kind.check(field, given, context)
  return field.required ? { why: kind.missing ?? 'required' } : { value: undefined }
}

/** A field as it stands for these answers: one that is required under a condition is required when it holds. */
function needed(field: Field, values: Record<string, unknown>): Field {
  const required = field.requiredWhen !== undefined && compile(field.requiredWhen)(values)
  return required ? { ...field, required } : field
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'string') return tidy(value) === ''
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

function kindOf(field: Field): FieldKind {
  const kind = fieldKind(field.kind)
  if (!kind) throw new Error(`field ${field.name}: there is no kind ${field.kind}`)
  return kind
}

function fieldContext(field: Field, { options, now }: AnswersContext): FieldContext {
  const atRunTime = options && Object.hasOwn(options, field.name) ? options[field.name] : undefined
  return { options: atRunTime ?? field.options ?? [], now }
}

interface Named {
  name: string
  quantity: number
}

/** Signs that need no language. */
const bare: Say = (word, data) => {
  if (word === 'yes' || word === 'signature') return '✓'
  if (word === 'no') return '✗'
  if (word === 'list') return (data.items as string[]).join('、')
  if (word === 'rating') return `${data.value}/${data.max}`
  if (word === 'place') return String(data.point)
  if (word === 'money') return `￥${groupedYuan(Number(data.fen))}`
  if (word === 'day' || word === 'minute') return String(data.value)
  if (word === 'items') return (data.lines as Named[]).map(({ name, quantity }) => `${name} × ${quantity}`).join(', ')
  return String(data.count)
}
