import {
  $all,
  $and,
  $eq,
  $exists,
  $gt,
  $gte,
  $in,
  $lt,
  $lte,
  $ne,
  $nin,
  $nor,
  $not,
  $or,
  $regex,
  $size,
  allInterpreters,
  createFactory,
  FieldCondition,
  type JsInterpreter,
} from '@ucast/mongo2js'
import { z } from 'zod'
import { opened } from './crypto.ts'
import { compilePattern } from './pattern.ts'

/**
 * A condition of a pack, in MongoDB's query form: `{ 'customer.tier': { $in: ['gold'] }, amount: { $gte: 10000 } }`.
 * Values of different types are never equal, less or greater; what is missing is null.
 */
export type Condition = { [pathOrOperator: string]: unknown }

type Report = (path: PropertyKey[], message: string) => void

const MAX_DEPTH = 8
const PATH = /^[A-Za-z_][\w-]*(\.[\w-]+)*$/
const GROUPS = ['$and', '$or', '$nor']

const scalar = (value: unknown): string | undefined =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)
    ? undefined
    : 'must be a text, a number, true, false or null'
const ordered = (value: unknown): string | undefined =>
  typeof value === 'string' || Number.isFinite(value) ? undefined : 'must be a number or a text'
const scalars = (value: unknown): string | undefined =>
  Array.isArray(value) && value.every((one) => !scalar(one))
    ? undefined
    : 'must be a list of texts, numbers, true, false or null'

/** What each operator wants to be given: the reason if it does not get it. */
const OPERATORS: Record<string, (value: unknown) => string | undefined> = {
  $eq: scalar,
  $ne: scalar,
  $gt: ordered,
  $gte: ordered,
  $lt: ordered,
  $lte: ordered,
  $in: scalars,
  $nin: scalars,
  $all: scalars,
  $exists: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  $size: (value) => (Number.isInteger(value) && Number(value) >= 0 ? undefined : 'must be a whole number'),
  $regex: (value) => {
    if (typeof value !== 'string') return 'must be a regular expression written as a text'
    try {
      compilePattern(value)
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  },
}

/** Checks a condition; every message stands at the path of the operator or field it speaks of. */
export const conditionSchema: z.ZodType<Condition, unknown> = z
  .record(z.string(), z.unknown())
  .superRefine((condition, issues) => {
    checkDocument(condition, [], (path, message) => issues.addIssue({ code: 'custom', path, message }))
  })

function checkDocument(condition: object, at: PropertyKey[], report: Report): void {
  if (at.length > MAX_DEPTH * 2) {
    report(at, `is nested deeper than ${MAX_DEPTH} levels`)
    return
  }
  for (const [key, value] of Object.entries(condition)) {
    const path = [...at, key]
    if (GROUPS.includes(key)) {
      if (!Array.isArray(value) || value.length === 0) report(path, 'must be a list of conditions')
      else {
        for (const [i, part] of value.entries()) {
          if (isObject(part)) checkDocument(part, [...path, i], report)
          else report([...path, i], 'must be a condition')
        }
      }
    } else if (key === '$not') report(path, 'stands behind a field; to negate a whole condition use $nor')
    else if (key.startsWith('$')) report(path, known(key) ? 'stands behind a field' : `unknown operator ${key}`)
    else if (!isPath(key)) report(path, 'is not a field path such as "customer.tier"')
    else checkField(value, path, report)
  }
}

function checkField(value: unknown, at: PropertyKey[], report: Report): void {
  if (!isObject(value)) {
    const why = scalar(value)
    if (why) report(at, why)
    return
  }
  if (at.length > MAX_DEPTH * 2) {
    report(at, `is nested deeper than ${MAX_DEPTH} levels`)
    return
  }
  if (Object.keys(value).length === 0) report(at, 'has no operator')
  for (const [key, operand] of Object.entries(value)) {
    const path = [...at, key]
    if (key === '$not') {
      if (isObject(operand)) checkField(operand, path, report)
      else report(path, 'must be an object of operators')
    } else if (!key.startsWith('$')) report(path, 'a field within a field is written as a path with dots')
    else if (!known(key)) report(path, `unknown operator ${key}`)
    else {
      const why = OPERATORS[key]?.(operand)
      if (why) report(path, why)
    }
  }
}

const parsers = {
  $and,
  $or,
  $nor,
  $not,
  $eq,
  $ne,
  $gt,
  $gte,
  $lt,
  $lte,
  $in,
  $nin,
  $all,
  $exists,
  $size,
  $regex: {
    ...$regex,
    parse: (instruction: { name: string }, pattern: unknown, context: { field: string }) =>
      new FieldCondition(instruction.name, context.field, compilePattern(String(pattern))),
  },
}

// The library's own comparison calls anything that is not greater less, so that a missing number would be `$lt: 18`.
function compare(a: unknown, b: unknown): 1 | -1 | 0 {
  const [left, right] = [a ?? null, b ?? null]
  if (left === right) return 0
  if (typeof left === 'number' && typeof right === 'number') return left < right ? -1 : left > right ? 1 : INCOMPARABLE
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : 1
  return INCOMPARABLE
}
const INCOMPARABLE = Number.NaN as 1

// The library's own versions treat an absent parent, an absent field and undefined as three different things.
const equals: Interpreter = ({ field, value }, data, { get }) => {
  const found = get(data, field)
  return Array.isArray(found) ? found.some((one) => compare(one, value) === 0) : compare(found, value) === 0
}
const interpreters = {
  ...allInterpreters,
  eq: equals,
  ne: ((condition, data, context) => !equals(condition, data, context)) as Interpreter,
  exists: (({ field, value }, data, { get }) => (get(data, field) !== undefined) === value) as Interpreter,
}
type Interpreter = JsInterpreter<FieldCondition<unknown>>

const build = createFactory(parsers, interpreters, {
  compare,
  get: (object: object, key: PropertyKey) =>
    Object.hasOwn(object, key) ? opened((object as Record<PropertyKey, unknown>)[key]) : undefined,
})

const compiled = new WeakMap<Condition, (data: Record<string, unknown>) => boolean>()

/** The test of a condition that has passed `conditionSchema`; compiled once per condition object. */
export function compile(condition: Condition): (data: Record<string, unknown>) => boolean {
  let test = compiled.get(condition)
  if (!test) {
    test = build<Record<string, unknown>>(condition)
    compiled.set(condition, test)
  }
  return test
}

/** The dotted paths of the fields that a condition reads, each once. */
export function pathsOf(condition: Condition): string[] {
  const paths = new Set<string>()
  for (const [key, value] of Object.entries(condition)) {
    if (!GROUPS.includes(key)) paths.add(key)
    else for (const part of value as Condition[]) for (const path of pathsOf(part)) paths.add(path)
  }
  return [...paths]
}

// Names that every object inherits are no fields: the library looks them up in its own tables.
function isPath(text: string): boolean {
  return PATH.test(text) && !text.split('.').some((name) => name in Object.prototype)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function known(operator: string): boolean {
  return Object.hasOwn(OPERATORS, operator)
}
