import { type Expression, Parser } from 'expr-eval-fork'

/** What a formula can read of an answer; `undefined` is what was left empty. */
export type Operand = number | string | boolean

/** How long a formula may be. */
export const MAX_FORMULA = 200
const DAY_MS = 86_400_000
const DIGITS = 12
/** Operators of the library that a pack has no use for, each of which would take a name from the fields. */
const SILENT =
  'array assignment fndef in random factorial length sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sqrt log ln lg log10 exp cbrt expm1 log1p sign log2'

const parser = new Parser({
  allowMemberAccess: false,
  operators: Object.fromEntries(SILENT.split(' ').map((name) => [name, false])),
})
// Without a prototype: a formula must not find what every object inherits.
parser.functions = Object.assign(Object.create(null), {
  min: Math.min,
  max: Math.max,
  roundTo: (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits,
  days: (from: unknown, to: unknown) => (dayOf(to) - dayOf(from)) / DAY_MS,
  hours: (from: unknown, to: unknown) => (momentOf(to) - momentOf(from)) / (DAY_MS / 24),
})
parser.consts = Object.assign(Object.create(null), { true: true, false: false })

const parsed = new Map<string, Expression>()

/** The names that a formula reads; throws an Error that says what is wrong with it. */
export function namesIn(formula: string): string[] {
  return expressionOf(formula).variables()
}

/** What a formula says about some answers; undefined when that is no finite number, text or truth. */
export function calculate(formula: string, operands: Record<string, Operand>): Operand | undefined {
  const found: unknown = expressionOf(formula).evaluate(Object.assign(Object.create(null), operands))
  if (typeof found === 'number') return Number.isFinite(found) ? Number(found.toPrecision(DIGITS)) : undefined
  return typeof found === 'string' || typeof found === 'boolean' ? found : undefined
}

/** Parsed once: the formulas of the packs are few. Evaluated as a list of tokens, never compiled into code. */
function expressionOf(formula: string): Expression {
  let expression = parsed.get(formula)
  if (!expression) {
    if (formula.length > MAX_FORMULA) throw new Error(`is longer than ${MAX_FORMULA} characters`)
    expression = parser.parse(formula)
    parsed.set(formula, expression)
  }
  return expression
}

function dayOf(value: unknown): number {
  return Date.parse(String(value).slice(0, 10))
}

function momentOf(value: unknown): number {
  return Date.parse(`${String(value).replace(' ', 'T')}Z`)
}
