import { z } from 'zod'

const MOST_BYTES = 8_000
const DEEPEST = 5
const MOST_VALUES = 500
const KEY = /^[A-Za-z_][\w.-]{0,59}$/
/** Names by which programs reach what is not theirs. */
const DANGEROUS = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * What another system tells beside what we know the fields of: a small group of plain values. Looked through without
 * recursion, since what comes from outside may be nested a million times.
 */
export const plainData = z
  .unknown()
  .superRefine((value, context) => {
    const problem = problemIn(value)
    if (problem) context.addIssue({ code: 'custom', path: problem.path, params: problem, message: problem.why })
  })
  .meta({
    type: 'object',
    additionalProperties: true,
    description: `at most ${MOST_BYTES} characters as JSON, ${DEEPEST} levels, ${MOST_VALUES} values`,
  }) as unknown as z.ZodType<Record<string, unknown>>

interface Problem {
  why: string
  path: string[]
  most?: number
}

function problemIn(value: unknown): Problem | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { why: 'data_group', path: [] }
  const ahead: { value: unknown; path: string[] }[] = [{ value, path: [] }]
  let size = 0
  let count = 0
  for (let one = ahead.pop(); one; one = ahead.pop()) {
    const { value: here, path } = one
    if (++count > MOST_VALUES) return { why: 'data_many', path: [], most: MOST_VALUES }
    if (typeof here === 'string') {
      size += here.length + 3
      // Half of a letter beyond 16 bits is none: no database keeps it.
      if (/[\p{Cs}\ufffd]/u.test(here)) return { why: 'value_format', path }
    } else if (typeof here === 'number') {
      size += 12
      if (!Number.isFinite(here)) return { why: 'value_format', path }
    } else if (typeof here === 'object' && here !== null) {
      if (path.length >= DEEPEST) return { why: 'data_deep', path: path.slice(0, 1), most: DEEPEST }
      for (const key of Object.keys(here)) {
        if (!Array.isArray(here) && (!KEY.test(key) || DANGEROUS.has(key)))
          return { why: 'data_key', path: [...path, key.slice(0, 40)] }
        size += key.length + 3
        ahead.push({ value: (here as Record<string, unknown>)[key], path: [...path, key] })
        if (ahead.length > MOST_VALUES) return { why: 'data_many', path: [], most: MOST_VALUES }
      }
    } else size += 6
    if (size > MOST_BYTES) return { why: 'data_long', path: [], most: MOST_BYTES }
  }
  return undefined
}
