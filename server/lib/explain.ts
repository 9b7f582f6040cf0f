import { type Condition, compile } from './condition.ts'

/** A part of a condition, and whether it holds. */
export interface Part {
  /** all, any, none of several; or a comparison. */
  kind: '$and' | '$or' | '$nor' | 'field'
  holds: boolean
  parts?: Part[]
  path?: string
  operator?: string
  wanted?: unknown
  /** What stood there. */
  found?: unknown
}

/** Takes a condition apart and says of each part whether it holds, and what was found. */
export function explain(condition: Condition, data: Record<string, unknown>): Part[] {
  return Object.entries(condition).flatMap(([key, value]): Part[] => {
    if (key === '$and' || key === '$or' || key === '$nor') {
      const parts = (value as Condition[]).map((part) => whole(explain(part, data)))
      return [{ kind: key, holds: compile({ [key]: value })(data), parts }]
    }
    const operators = isOperators(value) ? Object.entries(value) : [['$eq', value] as const]
    return operators.map(([operator, wanted]) => ({
      kind: 'field',
      holds: compile({ [key]: { [operator]: wanted } })(data),
      path: key,
      operator,
      wanted,
      found: at(data, key) ?? null,
    }))
  })
}

/** The parts that keep a condition from holding. */
export function failing(parts: Part[]): Part[] {
  return parts.filter(({ holds }) => !holds)
}

function whole(parts: Part[]): Part {
  const [only] = parts
  return parts.length === 1 && only ? only : { kind: '$and', holds: parts.every(({ holds }) => holds), parts }
}

function isOperators(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function at(data: Record<string, unknown>, path: string): unknown {
  return path.split('.').reduce<unknown>((here, name) => {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined
    return (here as Record<string, unknown>)[name]
  }, data)
}
