import { type Expression, Parser } from 'expr-eval-fork'

export type Operand = number | string | boolean

const DAY_MS = 86_400_000
const DIGITS = 12
const SILENT =
  'array assignment fndef in random factorial length sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sqrt log ln lg log10 exp cbrt expm1 log1p sign log2'

// The same words as on the server; WeChat forbids to make code from text, the library walks a list of tokens.
const parser = new Parser({
  allowMemberAccess: false,
  operators: Object.fromEntries(SILENT.split(' ').map((name) => [name, false])),
})
parser.functions = Object.assign(Object.create(null), {
  min: Math.min,
  max: Math.max,
  roundTo: (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits,
  days: (from: unknown, to: unknown) => (dayOf(to) - dayOf(from)) / DAY_MS,
  hours: (from: unknown, to: unknown) => (momentOf(to) - momentOf(from)) / (DAY_MS / 24),
})
parser.consts = Object.assign(Object.create(null), { true: true, false: false })

const parsed = new Map<string, Expression>()

/** The names that a formula reads. */
export function namesIn(formula: string): string[] {
  return expressionOf(formula).variables()
}

/** What a formula says; undefined when that is nothing that can be shown. */
export function calculate(formula: string, operands: Record<string, Operand>): Operand | undefined {
  const found: unknown = expressionOf(formula).evaluate(Object.assign(Object.create(null), operands))
  if (typeof found === 'number') return Number.isFinite(found) ? Number(found.toPrecision(DIGITS)) : undefined
  return typeof found === 'string' || typeof found === 'boolean' ? found : undefined
}

function expressionOf(formula: string): Expression {
  let expression = parsed.get(formula)
  if (!expression) {
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
