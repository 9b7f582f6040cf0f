import type { z } from 'zod'
import { AppError, Invalid } from '../../lib/errors.ts'
import { errorText } from '../../lib/http.ts'
import type { Words } from '../../lib/render.ts'

/** What is wrong with something that came from outside: where, why, and the values that the sentence names. */
export interface Objection {
  field: string
  why: string
  data?: Record<string, unknown>
}

type Issue = z.core.$ZodIssue

/** What people call the kinds of value that JSON has. */
const TYPES: Record<string, string> = {
  string: 'text',
  number: 'number',
  int: 'number',
  array: 'list',
  object: 'group',
  record: 'group',
  boolean: 'yesno',
}

/** Reads something through a schema: what it says, or the first thing that is wrong, by its field and a reason. */
export function readBy<T>(schema: z.ZodType<T>, value: unknown): { data: T } | { objection: Objection } {
  // What is missing and what is of another kind are told apart by what was given.
  const parsed = schema.safeParse(value, { reportInput: true })
  return parsed.success ? { data: parsed.data } : { objection: objectionOf(parsed.error) }
}

function objectionOf(error: z.ZodError): Objection {
  const [first] = error.issues
  const issue = first && deepest(first)
  if (!issue) return { field: 'body', why: 'wrong_value' }
  const keys = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1).map(shortened) : []
  const field = [...issue.path.map(String), ...keys].join('.').slice(0, 120) || 'body'
  return { field, ...reasonOf(issue) }
}

/** What a verb refused, as an objection; anything but a refusal is thrown on. */
export function objectionIn(error: unknown): Objection {
  if (!(error instanceof AppError) || error.status >= 500) throw error
  return { field: error instanceof Invalid ? error.field : 'customer', why: error.why, data: error.data }
}

/** An objection as it stands in an answer: the field, the reason as a word and as a sentence. */
export function objectionLook({ field, why, data }: Objection, words: Words) {
  return { field, reason: why, message: errorText(words, new Invalid(field, why, data)) }
}

function reasonOf(issue: Issue): Omit<Objection, 'field'> {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? { why: 'value_missing' }
        : { why: 'value_type', data: { type: TYPES[issue.expected] ?? 'other' } }
    case 'unrecognized_keys':
      return { why: 'value_unknown' }
    case 'too_big':
      return { why: 'value_too_big', data: { limit: Number(issue.maximum), of: sizeOf(issue.origin) } }
    case 'too_small':
      return { why: 'value_too_small', data: { limit: Number(issue.minimum), of: sizeOf(issue.origin) } }
    case 'invalid_format':
      return { why: 'value_format' }
    case 'invalid_value':
      return { why: 'value_choice', data: { known: issue.values.map(String) } }
    case 'custom':
      return { why: typeof issue.params?.why === 'string' ? issue.params.why : 'wrong_value', data: issue.params }
    default:
      return { why: 'wrong_value' }
  }
}

/** Of a choice that does not fit in any way, what keeps the way from fitting that came furthest. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue
  const inner = issue.errors.flatMap(([first]) => (first ? [deepest(first)] : []))
  const best = inner.reduce<Issue | undefined>(
    (found, one) => (found && found.path.length >= one.path.length ? found : one),
    undefined,
  )
  return best ? { ...best, path: [...issue.path, ...best.path] } : issue
}

/** Texts are counted in characters, lists in entries, numbers are what they are. */
function sizeOf(origin: string): 'text' | 'list' | 'number' {
  if (origin === 'string') return 'text'
  return origin === 'array' || origin === 'set' ? 'list' : 'number'
}

function shortened(key: string): string {
  return key.length > 40 ? `${key.slice(0, 40)}…` : key
}
