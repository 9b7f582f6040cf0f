import { type Ast, astOf, type Condition, compile, TIME } from './condition.ts'
import type { TimeTest, When } from './time-words.ts'

/**
 * When time alone may next change what a condition says of this data; undefined: never. Nothing changes before that
 * moment. With words that return every year the moment may be one at which, after all, nothing changes.
 */
export function nextTurn(condition: Condition, data: Record<string, unknown>, when: When): number | undefined {
  const { turns, endless } = turnsOf(astOf(condition), data, when)
  if (turns.length === 0) return undefined
  const test = compile(condition)
  const present = test(data, when)
  const ahead = [...new Set(turns)].filter((at) => at > when.now).sort((a, b) => a - b)
  return ahead.find((at) => test(data, { ...when, now: at }) !== present) ?? (endless ? ahead.at(-1) : undefined)
}

function turnsOf(
  ast: Ast,
  data: Record<string, unknown>,
  when: When,
  found: { turns: number[]; endless: boolean } = { turns: [], endless: false },
): { turns: number[]; endless: boolean } {
  if (Array.isArray(ast.value) && !('field' in ast)) {
    for (const part of ast.value as Ast[]) turnsOf(part, data, when, found)
  } else if (ast.operator === TIME) {
    const test = ast.value as TimeTest
    for (const value of numbersAt(data, (ast as Ast & { field: string }).field)) {
      found.turns.push(...test.turns(Math.floor(value), when))
      found.endless ||= test.endless ?? false
    }
  }
  return found
}

/** The numbers at a path, through lists on the way as conditions go through them. */
function numbersAt(data: unknown, path: string): number[] {
  if (Array.isArray(data)) return data.flatMap((one) => numbersAt(one, path))
  if (path === '') return typeof data === 'number' && Number.isFinite(data) ? [data] : []
  if (typeof data !== 'object' || data === null) return []
  const [name = '', ...rest] = path.split('.')
  return Object.hasOwn(data, name) ? numbersAt((data as Record<string, unknown>)[name], rest.join('.')) : []
}
