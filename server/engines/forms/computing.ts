import type { Field } from './field.ts'
import { fieldKind } from './fields.ts'
import { calculate, namesIn, type Operand } from './formula.ts'

type Values = Record<string, unknown>

/** What a formula comes to; undefined while nothing that it reads is filled in. An empty number counts as 0, as in a sheet. */
export function computedValue(fields: Field[], field: Field, values: Values): number | undefined {
  const names = namesIn(field.computed ?? '')
  if (names.length > 0 && !names.some((name) => Object.hasOwn(values, name))) return undefined
  const found = calculate(field.computed ?? '', operandsOf(fields, names, values))
  return typeof found === 'number' ? fieldKind(field.kind)?.fromFormula?.(found, field) : undefined
}

/** Whether a formula holds; never before everything that it reads is filled in. */
export function formulaHolds(fields: Field[], formula: string, values: Values): boolean {
  const names = namesIn(formula)
  if (!names.every((name) => Object.hasOwn(values, name))) return false
  return calculate(formula, operandsOf(fields, names, values)) === true
}

/** What is wrong with a formula over these fields, if anything is. */
export function formulaProblem(fields: Field[], formula: string, wants: 'number' | 'boolean'): string | undefined {
  try {
    const names = namesIn(formula)
    for (const name of names) {
      const field = fields.find((one) => one.name === name)
      if (!field) return `"${name}" is no field that stands before this one`
      if (!fieldKind(field.kind)?.operand)
        return `"${name}" is of the kind ${field.kind}, with which nothing can be computed`
    }
    const found = calculate(formula, operandsOf(fields, names, sample(fields, names)))
    return found === undefined || typeof found === wants ? undefined : `does not give a ${wants}`
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`
  }
}

function operandsOf(fields: Field[], names: string[], values: Values): Record<string, Operand> {
  const operands: Record<string, Operand> = Object.create(null)
  for (const name of names) {
    const kind = fieldKind(fields.find((field) => field.name === name)?.kind ?? '')
    operands[name] = kind?.operand?.(values[name]) ?? ''
  }
  return operands
}

/** One where a number stands, a day where a day stands: enough to see whether a formula can be worked out at all. */
function sample(fields: Field[], names: string[]): Values {
  return Object.fromEntries(
    names.map((name) => {
      const kind = fieldKind(fields.find((field) => field.name === name)?.kind ?? '')
      const empty = kind?.operand?.(undefined)
      return [name, typeof empty === 'number' ? 100 : typeof empty === 'boolean' ? true : '2026-01-31']
    }),
  )
}
