import { type Ast, astOf, type Condition, compile, TIME } from './condition.ts'
import type { TimeTest, When } from './time-words.ts'

interface Told {
  path: string[]
  test: TimeTest
}

/** When time alone may next change what a condition says of this data; undefined: never. */
export type Turner = (data: Record<string, unknown>, when: When) => number | undefined

const known = new WeakMap<Condition, Turner>()

/**
 * When time alone may next change what a condition says of this data; undefined: never. Nothing changes before that
 * moment. With words that return every year the moment may be one at which, after all, nothing changes.
 */
export function nextTurn(condition: Condition, data: Record<string, unknown>, when: When): number | undefined {
  let turner = known.get(condition)
  if (!turner) {
    turner = turnerOf(condition)
    known.set(condition, turner)
  }
  return turner(data, when)
}

/** The same for whoever asks again and again: what a condition says of time is looked up once. */
export function turnerOf(condition: Condition): Turner {
  const times = timesOf(astOf(condition))
  const test = compile(condition)
  if (times.length === 0) return () => undefined
  return (data, when) => {
    const ahead: number[] = []
    let endless = false
    for (const { path, test } of times) {
      for (const value of numbersAt(data, path)) {
        for (const at of test.turns(Math.floor(value), when)) if (at > when.now && !ahead.includes(at)) ahead.push(at)
        endless ||= test.endless ?? false
      }
    }
    if (ahead.length === 0) return undefined
    const present = test(data, when)
    ahead.sort((a, b) => a - b)
    return ahead.find((at) => test(data, { ...when, now: at }) !== present) ?? (endless ? ahead.at(-1) : undefined)
  }
}

function timesOf(ast: Ast): Told[] {
  if (Array.isArray(ast.value) && !('field' in ast)) return (ast.value as Ast[]).flatMap(timesOf)
  if (ast.operator !== TIME) return []
  return [{ path: (ast as Ast & { field: string }).field.split('.'), test: ast.value as TimeTest }]
}

/** The numbers at a path, through lists on the way as conditions go through them. */
function numbersAt(data: unknown, path: string[], from = 0): number[] {
  if (Array.isArray(data)) return data.flatMap((one) => numbersAt(one, path, from))
  const name = path[from]
  if (name === undefined) return typeof data === 'number' && Number.isFinite(data) ? [data] : []
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, name)) return []
  return numbersAt((data as Record<string, unknown>)[name], path, from + 1)
}
