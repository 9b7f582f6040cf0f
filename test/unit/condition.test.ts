import assert from 'node:assert/strict'
import { type Condition, compile, conditionSchema, pathsOf } from '../../server/lib/condition.ts'
import { compilePattern } from '../../server/lib/pattern.ts'
import { test } from '../suite.ts'

function holds(condition: unknown, data: Record<string, unknown>): boolean {
  return compile(conditionSchema.parse(condition))(data)
}

function problems(condition: unknown): string[] {
  const { error } = conditionSchema.safeParse(condition)
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

const TICKET = {
  kind: 'fault',
  urgent: true,
  amount: 500,
  tags: ['wet', 'old'],
  note: null,
  customer: { tier: 'gold', phone: '13812345678' },
  items: [
    { sku: 'a', price: 3 },
    { sku: 'b', price: 9 },
  ],
}

test('conditions that hold and that do not', () => {
  const table: [Condition, boolean][] = [
    [{}, true],
    [{ kind: 'fault' }, true],
    [{ kind: 'complaint' }, false],
    [{ kind: 'fault', urgent: false }, false],
    [{ 'customer.tier': 'gold' }, true],
    [{ amount: { $eq: 500 } }, true],
    [{ amount: { $ne: 500 } }, false],
    [{ amount: { $gt: 499, $lte: 500 } }, true],
    [{ amount: { $gt: 500 } }, false],
    [{ amount: { $gte: 500, $lt: 500 } }, false],
    [{ kind: { $in: ['fault', 'refund'] } }, true],
    [{ kind: { $nin: ['fault', 'refund'] } }, false],
    [{ tags: 'wet' }, true],
    [{ tags: { $ne: 'wet' } }, false],
    [{ tags: { $in: ['new', 'old'] } }, true],
    [{ tags: { $all: ['old', 'wet'] } }, true],
    [{ tags: { $all: ['old', 'new'] } }, false],
    [{ tags: { $size: 2 } }, true],
    [{ tags: { $size: 1 } }, false],
    [{ 'items.sku': 'b' }, true],
    [{ 'items.price': { $gt: 9 } }, false],
    [{ 'customer.phone': { $regex: '^13[0-9]' } }, true],
    [{ 'customer.phone': { $regex: '^18' } }, false],
    [{ amount: { $regex: '5' } }, false],
    [{ amount: { $not: { $gt: 500 } } }, true],
    [{ amount: { $not: { $gt: 1, $lt: 501 } } }, false],
    [{ $or: [{ kind: 'refund' }, { $and: [{ urgent: true }, { amount: { $gte: 500 } }] }] }, true],
    [{ $nor: [{ kind: 'refund' }, { urgent: false }] }, true],
    [{ $nor: [{ kind: 'refund' }, { urgent: true }] }, false],
    [{ $and: [{ kind: 'fault' }, { urgent: false }] }, false],
  ]
  for (const [condition, expected] of table) assert.equal(holds(condition, TICKET), expected, JSON.stringify(condition))
})

test('what is missing is null, and null is neither less nor greater', () => {
  for (const data of [{}, { age: undefined }, { age: null }, { age: '7' }]) {
    assert.equal(holds({ age: { $lt: 18 } }, data), false)
    assert.equal(holds({ age: { $lte: 18 } }, data), false)
    assert.equal(holds({ age: { $gt: 0 } }, data), false)
    assert.equal(holds({ age: { $gte: 0 } }, data), false)
    assert.equal(holds({ age: { $ne: 18 } }, data), true)
    assert.equal(holds({ age: { $nin: [18] } }, data), true)
  }
  for (const data of [{}, { note: undefined }, { note: null }]) {
    assert.equal(holds({ note: null }, data), true)
    assert.equal(holds({ note: { $in: ['x', null] } }, data), true)
    assert.equal(holds({ 'deep.note': null }, data), true)
    assert.equal(holds({ 'deep.note': { $ne: null } }, data), false)
  }
  assert.equal(holds({ note: { $exists: true } }, { note: null }), true)
  assert.equal(holds({ note: { $exists: false } }, { note: undefined }), true)
  assert.equal(holds({ 'deep.note': { $exists: false } }, {}), true)
  assert.equal(holds({ note: null }, { note: '' }), false)
})

test('types are not mixed', () => {
  assert.equal(holds({ n: 1 }, { n: '1' }), false)
  assert.equal(holds({ n: { $gt: 9 } }, { n: '10' }), false)
  assert.equal(holds({ n: { $gt: '9' } }, { n: 10 }), false)
  assert.equal(holds({ n: { $in: [0] } }, { n: false }), false)
  assert.equal(holds({ day: { $lt: '2026-12-01' } }, { day: '2026-11-30' }), true)
})

test('only what the data itself holds is seen', () => {
  const inherited = Object.create({ secret: 1 }) as Record<string, unknown>
  assert.equal(holds({ secret: { $exists: true } }, inherited), false)
  assert.deepEqual(problems({ 'a.constructor': 1 }), ['a.constructor: is not a field path such as "customer.tier"'])
  assert.deepEqual(problems({ toString: { $exists: true } }).length, 1)
})

test('what is wrong is told with its path', () => {
  const table: [unknown, string][] = [
    [{ a: { $where: 'x' } }, 'a.$where: unknown operator $where'],
    [{ $where: 'x' }, '$where: unknown operator $where'],
    [{ $gt: 1 }, '$gt: stands behind a field'],
    [{ $or: [{ a: 1 }, { b: { $foo: 1 } }] }, '$or.1.b.$foo: unknown operator $foo'],
    [{ $and: [] }, '$and: must be a list of conditions'],
    [{ $and: [1] }, '$and.0: must be a condition'],
    [{ $not: { a: 1 } }, '$not: stands behind a field; to negate a whole condition use $nor'],
    [{ a: { $not: 1 } }, 'a.$not: must be an object of operators'],
    [{ a: { $not: { $bad: 1 } } }, 'a.$not.$bad: unknown operator $bad'],
    [{ a: { b: 1 } }, 'a.b: a field within a field is written as a path with dots'],
    [{ a: {} }, 'a: has no operator'],
    [{ a: [1] }, 'a: must be a text, a number, true, false or null'],
    [{ a: { $in: 'x' } }, 'a.$in: must be a list of texts, numbers, true, false or null'],
    [{ a: { $gt: null } }, 'a.$gt: must be a number or a text'],
    [{ a: { $lt: Number.NaN } }, 'a.$lt: must be a number or a text'],
    [{ a: { $exists: 1 } }, 'a.$exists: must be true or false'],
    [{ a: { $size: -1 } }, 'a.$size: must be a whole number'],
    [{ a: { $regex: 7 } }, 'a.$regex: must be a regular expression written as a text'],
    [{ a: { $regex: 'x'.repeat(201) } }, 'a.$regex: is longer than 200 characters'],
    [{ a: { $regex: '(a+)+$' } }, 'a.$regex: repeats a group that itself varies'],
    [{ 'a b': 1 }, 'a b: is not a field path such as "customer.tier"'],
  ]
  for (const [condition, problem] of table) assert.deepEqual(problems(condition), [problem])
  assert.equal(problems({ a: { $regex: '(' } }).length, 1)
  const deep = Array.from({ length: 20 }).reduce<unknown>((inner) => ({ $and: [inner] }), { a: 1 })
  assert.match(problems(deep).join(), /nested deeper than 8 levels/)
  assert.notDeepEqual(problems([]), [])
})

test('a condition is compiled once', () => {
  const condition = { a: 1 }
  assert.equal(compile(condition), compile(condition))
})

test('the paths that a condition reads are known', () => {
  const condition = { $or: [{ kind: 'a' }, { $nor: [{ 'customer.tier': { $not: { $in: ['x'] } } }] }], kind: 'b' }
  assert.deepEqual(pathsOf(condition).sort(), ['customer.tier', 'kind'])
  assert.deepEqual(pathsOf({}), [])
})

test('patterns that can explode are refused, ordinary ones are not', () => {
  for (const bad of [
    '(a+)+',
    '(a*)*b',
    '(a|a)*',
    '(?:a{1,9})+',
    '((a+))+',
    '(a+){20}',
    '(a?)*',
    '((a{1,3})b)+',
    '((a+)b){20}',
    '((a|b)c)*',
    '(a+[(])+',
    String.raw`(a)\1`,
    'a+b+c+d+',
  ]) {
    assert.throws(() => compilePattern(bad), Error, bad)
  }
  for (const good of [
    '^[A-Z]{2}\\d{6}$',
    '^(?:\\d{3}-)?\\d{8}$',
    '(\\d{1,3}\\.){3}\\d{1,3}',
    '(foo|bar)?',
    '^[(+*)]+$',
    '\\(a+\\)+',
    '(?:a[|]b)+',
    '(?<year>\\d{4})-(?=x)',
    '.*漏水.*',
    'a+?b',
  ]) {
    assert.doesNotThrow(() => compilePattern(good), good)
  }
})
