import { type Condition, compile } from './condition.ts'
import type { When } from './time-words.ts'

/** A condition with what it found: which parts held, which did not, and by which values. */
export type Explained =
  | { holds: boolean; group: 'all' | 'any' | 'none'; parts: Explained[] }
  | { holds: boolean; path: string; word: string; wanted: unknown; found: unknown }

/** Tells part by part why a condition holds or does not. */
export function explain(condition: Condition, data: Record<string, unknown>, when?: When): Explained {
  const parts = Object.entries(condition).flatMap(([key, value]) => {
    const group = GROUPS[key]
    if (group) return [explainGroup(group, value as Condition[], data, when)]
    return testsOf(value).map(([word, wanted]) => explainTest(key, word, wanted, data, when))
  })
  const [only] = parts
  if (only && parts.length === 1) return only
  return { holds: parts.every(({ holds }) => holds), group: 'all', parts }
}

const GROUPS: Record<string, 'all' | 'any' | 'none'> = { $and: 'all', $or: 'any', $nor: 'none' }

function explainGroup(
  group: 'all' | 'any' | 'none',
  conditions: Condition[],
  data: Record<string, unknown>,
  when?: When,
): Explained {
  const parts = conditions.map((condition) => explain(condition, data, when))
  const count = parts.filter(({ holds }) => holds).length
  const holds = group === 'all' ? count === parts.length : group === 'any' ? count > 0 : count === 0
  return { holds, group, parts }
}

/** The tests of a field, one by one: `{ $gt: 1, $lt: 5 }` is two, and a plain value is equality. */
function testsOf(value: unknown): [word: string, wanted: unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [['$eq', value]]
}

function explainTest(
  path: string,
  word: string,
  wanted: unknown,
  data: Record<string, unknown>,
  when?: When,
): Explained {
  if (word === '$not') {
    const parts = testsOf(wanted).map(([inner, operand]) => explainTest(path, inner, operand, data, when))
    // It negates all of them taken together.
    const all: Explained = { holds: parts.every(({ holds }) => holds), group: 'all', parts }
    return { holds: !all.holds, group: 'none', parts: parts.length === 1 ? parts : [all] }
  }
  const holds = compile({ [path]: { [word]: wanted } })(data, when)
  return { holds, path, word, wanted, found: valueAt(data, path) }
}

function valueAt(data: unknown, path: string): unknown {
  let found: unknown = data
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return found
}
