import type { Answers } from './api.ts'

/** The words of MongoDB's query language that a form may use to show a field. */
const TESTS: Record<string, (answer: unknown, wanted: unknown) => boolean> = {
  $eq: matches,
  $ne: (answer, wanted) => !matches(answer, wanted),
  $in: (answer, wanted) => (wanted as unknown[]).some((one) => matches(answer, one)),
  $nin: (answer, wanted) => !(wanted as unknown[]).some((one) => matches(answer, one)),
  $gt: (answer, wanted) => compare(answer, wanted) === 1,
  $gte: (answer, wanted) => [0, 1].includes(compare(answer, wanted)),
  $lt: (answer, wanted) => compare(answer, wanted) === -1,
  $lte: (answer, wanted) => [0, -1].includes(compare(answer, wanted)),
  $all: (answer, wanted) => (wanted as unknown[]).every((one) => matches(answer, one)),
  $begins: (answer, wanted) => typeof answer === 'string' && answer.startsWith(String(wanted)),
  $size: (answer, wanted) => Array.isArray(answer) && answer.length === wanted,
  $exists: (answer, wanted) => (answer !== undefined) === wanted,
}

/** Whether a field is to be shown, given the answers so far. A word that is unknown here shows it: the server decides. */
export function holds(condition: Record<string, unknown>, answers: Answers): boolean {
  return Object.entries(condition).every(([name, wanted]) => {
    if (name === '$and') return (wanted as Record<string, unknown>[]).every((one) => holds(one, answers))
    if (name === '$or') return (wanted as Record<string, unknown>[]).some((one) => holds(one, answers))
    if (name === '$nor') return !(wanted as Record<string, unknown>[]).some((one) => holds(one, answers))
    if (!isOperators(wanted)) return matches(answers[name], wanted)
    return passes(wanted, answers[name])
  })
}

function passes(tests: Record<string, unknown>, answer: unknown): boolean {
  return Object.entries(tests).every(([word, value]) => {
    if (word === '$not') return !passes(value as Record<string, unknown>, answer)
    return TESTS[word]?.(answer, value) ?? true
  })
}

/** Only numbers with numbers and texts with texts stand in an order, as on the server. */
function compare(answer: unknown, wanted: unknown): number {
  if (typeof answer === 'number' && typeof wanted === 'number') return Math.sign(answer - wanted)
  if (typeof answer !== 'string' || typeof wanted !== 'string') return Number.NaN
  return answer === wanted ? 0 : answer < wanted ? -1 : 1
}

/** MongoDB's equality: a list matches when it holds the value, and null matches what is not there. */
function matches(answer: unknown, wanted: unknown): boolean {
  if (wanted === null) return answer === undefined || answer === null
  return Array.isArray(answer) ? answer.includes(wanted) : answer === wanted
}

function isOperators(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.keys(value).some((key) => key.startsWith('$'))
}
