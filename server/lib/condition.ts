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
  type Condition as Ast,
  allInterpreters,
  createFactory,
  FieldCondition,
  type JsInterpreter,
} from '@ucast/mongo2js'
import { z } from 'zod'
import { compare } from './compare.ts'
import { opened } from './crypto.ts'
import { compilePattern } from './pattern.ts'
import { type Range, TIME_WORDS, type TimeTest, type When } from './time-words.ts'

/**
 * A condition of a pack, in MongoDB's query form: `{ 'customer.tier': { $in: ['gold'] }, amount: { $gte: 10000 } }`.
 * Values of different types are never equal, less or greater; what is missing is null.
 */
export type Condition = { [pathOrOperator: string]: unknown }

export type { Ast }

type Report = (path: PropertyKey[], message: string) => void
type Operators = Record<string, (value: unknown) => string | undefined>

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
const OPERATORS: Operators = {
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
  $begins: (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a text'),
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
export const conditionSchema = schemaOf(OPERATORS)
/** The same for a condition that is tested at a moment: it may also speak of time (`{ last_order_at: { $before: '60 d' } }`). */
export const timedConditionSchema = schemaOf({
  ...OPERATORS,
  ...Object.fromEntries(Object.entries(TIME_WORDS).map(([name, { check }]) => [name, check])),
})

function schemaOf(operators: Operators): z.ZodType<Condition, unknown> {
  return z.record(z.string(), z.unknown()).superRefine((condition, issues) => {
    const report: Report = (path, message) => issues.addIssue({ code: 'custom', path, message })
    checkDocument(condition, [], { operators, report })
  })
}

interface Check {
  operators: Operators
  report: Report
}

function checkDocument(condition: object, at: PropertyKey[], check: Check): void {
  const { operators, report } = check
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
          if (isObject(part)) checkDocument(part, [...path, i], check)
          else report([...path, i], 'must be a condition')
        }
      }
    } else if (key === '$not') report(path, 'stands behind a field; to negate a whole condition use $nor')
    else if (key.startsWith('$'))
      report(path, Object.hasOwn(operators, key) ? 'stands behind a field' : `unknown operator ${key}`)
    else if (!isPath(key)) report(path, 'is not a field path such as "customer.tier"')
    else checkField(value, path, check)
  }
}

function checkField(value: unknown, at: PropertyKey[], check: Check): void {
  const { operators, report } = check
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
      if (isObject(operand)) checkField(operand, path, check)
      else report(path, 'must be an object of operators')
    } else if (!key.startsWith('$')) report(path, 'a field within a field is written as a path with dots')
    else if (!Object.hasOwn(operators, key)) report(path, `unknown operator ${key}`)
    else {
      const why = operators[key]?.(operand)
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
  $begins: { type: 'field' as const },
  ...Object.fromEntries(Object.entries(TIME_WORDS).map(([name, { make }]) => [name, timeParser(make)])),
}

function timeParser(make: (operand: string) => TimeTest) {
  return {
    type: 'field' as const,
    parse: (_instruction: unknown, operand: unknown, { field }: { field: string }) =>
      new FieldCondition(TIME, field, make(String(operand))),
  }
}

/** What every time word is called once it is parsed. */
export const TIME = 'time'

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
  begins: (({ field, value }, data, { get }) =>
    listed(get(data, field)).some((one) => typeof one === 'string' && one.startsWith(String(value)))) as Interpreter,
  [TIME]: (({ field, value }, data, { get }) => {
    if (!present) throw new Error('a condition that speaks of time was tested without a moment')
    const ranges = (value as TimeTest).ranges(present)
    return listed(get(data, field)).some((one) => typeof one === 'number' && within(ranges, one))
  }) as Interpreter,
}

/** The moment of the test that is going on: the library has no place for it, and a test never waits. */
let present: When | undefined

function listed(found: unknown): unknown[] {
  return Array.isArray(found) ? found : [found]
}

function within(ranges: Range[], value: number): boolean {
  return ranges.some(([from, to]) => value >= from && value < to)
}

type Interpreter = JsInterpreter<FieldCondition<unknown>>

const build = createFactory(parsers, interpreters, {
  compare,
  get: (object: object, key: PropertyKey) =>
    Object.hasOwn(object, key) ? opened((object as Record<PropertyKey, unknown>)[key]) : undefined,
})

/** The test of a condition; `when` must be told if it speaks of time. */
export type Test = (data: Record<string, unknown>, when?: When) => boolean

const compiled = new WeakMap<Condition, Test & { ast: Ast }>()

/** The test of a condition that has passed its schema; compiled once per condition object. */
export function compile(condition: Condition): Test {
  return built(condition)
}

/** A condition as the library parses it: what other languages than ours are made of. */
export function astOf(condition: Condition): Ast {
  return built(condition).ast
}

function built(condition: Condition): Test & { ast: Ast } {
  let known = compiled.get(condition)
  if (!known) {
    const test = build<Record<string, unknown>>(condition)
    const testAt: Test = (data, when) => {
      present = when
      return test(data)
    }
    known = Object.assign(testAt, { ast: test.ast })
    compiled.set(condition, known)
  }
  return known
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
