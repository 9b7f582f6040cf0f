/**
 * How the values of conditions stand to each other: only numbers with numbers and texts with texts are in an order, and
 * what is missing is null. (The conditions' library calls anything that is not greater less, so that a missing number
 * would be `$lt: 18`.)
 */
export function compare(a: unknown, b: unknown): 1 | -1 | 0 {
  const [left, right] = [a ?? null, b ?? null]
  if (left === right) return 0
  if (typeof left === 'number' && typeof right === 'number') return left < right ? -1 : left > right ? 1 : INCOMPARABLE
  if (typeof left === 'string' && typeof right === 'string') return isBefore(left, right) ? -1 : 1
  return INCOMPARABLE
}

const INCOMPARABLE = Number.NaN as 1

/** By code point, as databases put texts in order: the language itself goes by halves of what is beyond 16 bits. */
function isBefore(left: string, right: string): boolean {
  let i = 0
  while (i < left.length && left[i] === right[i]) i++
  const [a = '', b = ''] = [left[i], right[i]]
  return SURROGATE.test(a) === SURROGATE.test(b) ? a < b : !SURROGATE.test(a)
}

const SURROGATE = /[\ud800-\udfff]/
