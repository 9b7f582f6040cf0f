import type { Answers, FormDefinition, FormField } from './api.ts'
import { holds } from './condition.ts'
import { calculate, namesIn, type Operand } from './formula.ts'

const FEN = 100

/** What has been filled in as the server will understand it: the fields in view, and the values that were given. */
export interface Plain {
  shown: FormField[]
  values: Answers
}

/** Reads the answers of a form from top to bottom: conditions and formulas see what stands before them. */
export function plainAnswers(form: FormDefinition, answers: Answers): Plain {
  const shown: FormField[] = []
  const values: Answers = {}
  for (const field of form.fields) {
    if (field.showWhen && !holds(field.showWhen, values)) continue
    shown.push({ ...field, required: field.required || (!!field.requiredWhen && holds(field.requiredWhen, values)) })
    const value = field.computed ? computedValue(form, field, values) : plainValue(field, answers[field.name])
    if (value !== undefined) values[field.name] = value
  }
  return { shown, values }
}

/** Whether a formula of a rule holds; never before everything that it reads is filled in. */
export function formulaHolds(form: FormDefinition, formula: string, values: Answers): boolean {
  try {
    const names = namesIn(formula)
    return names.every((name) => name in values) && calculate(formula, operandsOf(form, names, values)) === true
  } catch {
    // A word that this version of the app does not know: the server decides.
    return false
  }
}

/** Whether an answer says nothing. */
export function isBlank(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === ''
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

/** Typed yuan as whole fen; undefined for what is no amount. */
export function fenIn(text: string): number | undefined {
  const [, sign, yuan = '', part = ''] = /^(-?)(\d{1,11})(?:\.(\d{1,2}))?$/.exec(text.trim()) ?? []
  return yuan ? Number(`${sign}${Number(yuan) * FEN + Number(part.padEnd(2, '0'))}`) : undefined
}

function plainValue(field: FormField, value: unknown): unknown {
  if (isBlank(value)) return undefined
  if (field.kind === 'number') return Number.isFinite(Number(value)) ? Number(value) : undefined
  if (field.kind === 'money') return typeof value === 'number' ? value : fenIn(String(value))
  return typeof value === 'string' ? value.trim() : value
}

function computedValue(form: FormDefinition, field: FormField, values: Answers): number | undefined {
  try {
    const names = namesIn(field.computed ?? '')
    if (names.length > 0 && !names.some((name) => name in values)) return undefined
    const found = calculate(field.computed ?? '', operandsOf(form, names, values))
    if (typeof found !== 'number') return undefined
    if (field.kind === 'money') return Math.round(Number((found * FEN).toPrecision(12)))
    return Number(found.toFixed(field.decimals ?? 2))
  } catch {
    return undefined
  }
}

function operandsOf(form: FormDefinition, names: string[], values: Answers): Record<string, Operand> {
  return Object.fromEntries(
    names.map((name) => [
      name,
      operandOf(
        form.fields.find((field) => field.name === name),
        values[name],
      ),
    ]),
  )
}

function operandOf(field: FormField | undefined, value: unknown): Operand {
  if (field?.kind === 'money') return Number(value ?? 0) / FEN
  if (field?.kind === 'number' || field?.kind === 'rating') return Number(value ?? 0)
  if (field?.kind === 'yesno') return value === true
  return typeof value === 'string' ? value : ''
}
