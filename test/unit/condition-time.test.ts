import assert from 'node:assert/strict'
import { DAY, HOUR } from '../../server/lib/clock.ts'
import { type Condition, compile, conditionSchema, timedConditionSchema } from '../../server/lib/condition.ts'
import { type Explained, explain } from '../../server/lib/condition-explain.ts'
import { nextTurn } from '../../server/lib/condition-turns.ts'
import { Dice } from '../dice.ts'
import { type Kind, NOW, number, randomCondition, scalar, TAGS, text, time } from '../random-conditions.ts'
import { test } from '../suite.ts'

const SEED = Number(process.env.SEED ?? 20261123)
const at = (text: string): number => Date.parse(`${text}+08:00`)

function holds(condition: Condition, value: unknown, now: string): boolean {
  return compile(timedConditionSchema.parse(condition))({ at: value }, { now: at(now) })
}

test('time words', () => {
  const table: [word: Condition, value: string | number, now: string, expected: boolean][] = [
    // A span of the clock, to the millisecond.
    [{ $before: '60 d' }, '2026-09-24T10:00', '2026-11-23T10:00', true],
    [{ $before: '60 d' }, '2026-09-24T10:01', '2026-11-23T10:00', false],
    [{ $within: '30 d' }, '2026-10-24T10:01', '2026-11-23T10:00', true],
    [{ $within: '30 d' }, '2026-10-24T10:00', '2026-11-23T10:00', false],
    [{ $within: '30 d' }, '2026-11-23T10:00', '2026-11-23T10:00', true],
    [{ $within: '30 d' }, '2026-11-23T10:01', '2026-11-23T10:00', false],
    [{ $coming: '30 d' }, '2026-12-23T10:00', '2026-11-23T10:00', true],
    [{ $coming: '30 d' }, '2026-12-23T10:01', '2026-11-23T10:00', false],
    [{ $coming: '30 d' }, '2026-11-23T10:00', '2026-11-23T10:00', false],
    // Days begin at midnight in Shanghai, whatever UTC says.
    [{ $since: '2026-11-23' }, '2026-11-23T00:00', '2027-01-01T00:00', true],
    [{ $since: '2026-11-23' }, '2026-11-22T23:59', '2027-01-01T00:00', false],
    [{ $until: '2026-11-23' }, '2026-11-23T23:59', '2027-01-01T00:00', true],
    [{ $until: '2026-11-23' }, '2026-11-24T00:00', '2027-01-01T00:00', false],
    [{ $on: 'today' }, '2026-11-23T00:00', '2026-11-23T23:59', true],
    [{ $on: 'today' }, '2026-11-22T23:59', '2026-11-23T00:00', false],
    [{ $on: 'in 30 d' }, '2026-12-23T08:00', '2026-11-23T20:00', true],
    [{ $on: '1 d ago' }, '2026-11-22T00:01', '2026-11-23T23:59', true],
    [{ $on: 'next 7 d' }, '2026-11-30T23:59', '2026-11-23T00:00', true],
    [{ $on: 'next 7 d' }, '2026-12-01T00:00', '2026-11-23T00:00', false],
    [{ $on: 'last 7 d' }, '2026-11-16T00:00', '2026-11-23T23:00', true],
    // Birthdays, written as month and day.
    [{ $yearly: 'today' }, 1123, '2026-11-23T00:00', true],
    [{ $yearly: 'today' }, 1123, '2026-11-24T00:00', false],
    [{ $yearly: 'in 7 d' }, 1130, '2026-11-23T09:00', true],
    [{ $yearly: 'next 7 d' }, 103, '2026-12-28T09:00', true],
    [{ $yearly: 'next 7 d' }, 105, '2026-12-28T09:00', false],
    // Whoever was born on 29 February celebrates every year, once.
    [{ $yearly: 'today' }, 229, '2027-02-28T09:00', true],
    [{ $yearly: 'today' }, 229, '2027-03-01T09:00', false],
    [{ $yearly: 'today' }, 229, '2028-02-28T09:00', false],
    [{ $yearly: 'today' }, 229, '2028-02-29T09:00', true],
    [{ $yearly: 'today' }, 228, '2028-02-29T09:00', false],
    // Anniversaries of an instant: not of the first day itself, and not before it.
    [{ $yearly: 'today' }, '2024-11-23T18:00', '2026-11-23T09:00', true],
    [{ $yearly: 'today' }, '2026-11-23T08:00', '2026-11-23T09:00', false],
    [{ $yearly: 'today' }, '2027-11-23T08:00', '2026-11-23T09:00', false],
    [{ $yearly: 'today' }, '2024-02-29T12:00', '2026-02-28T09:00', true],
    [{ $yearly: 'in 3 d' }, '2020-01-01T12:00', '2026-12-29T09:00', true],
  ]
  for (const [word, value, now, expected] of table) {
    const found = holds({ at: word }, typeof value === 'string' ? at(value) : value, now)
    assert.equal(found, expected, JSON.stringify({ word, value, now }))
  }
})

test('what is missing or no number meets no time word, and does not fail', () => {
  for (const value of [undefined, null, '2026-11-23', true, []]) {
    for (const word of [{ $before: '1 d' }, { $within: '1 d' }, { $since: '2020-01-01' }, { $yearly: 'today' }])
      assert.equal(holds({ at: word }, value, '2026-11-23T10:00'), false, JSON.stringify({ word, value }))
  }
  assert.equal(holds({ at: { $not: { $before: '1 d' } } }, undefined, '2026-11-23T10:00'), true)
})

test('what is wrong with a time word is told', () => {
  const says = (condition: unknown, schema = timedConditionSchema) =>
    (schema.safeParse(condition).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
  const span = 'must be a span of the clock such as "30 d" or "12 h"'
  assert.deepEqual(says({ a: { $before: '60' } }), [`a.$before: ${span}`])
  assert.deepEqual(says({ a: { $within: '3 workday' } }), [`a.$within: ${span}`])
  assert.deepEqual(says({ a: { $since: '2026-02-30' } }), ['a.$since: must be a day such as "2026-01-31"'])
  assert.deepEqual(says({ a: { $on: 'tomorrow' } }).length, 1)
  assert.deepEqual(says({ a: { $yearly: 'in 400 d' } }), ['a.$yearly: must not be more than 366 d'])
  // Where no moment is known there are no time words.
  assert.deepEqual(says({ a: { $before: '60 d' } }, conditionSchema), ['a.$before: unknown operator $before'])
  assert.throws(() => compile({ a: { $before: '60 d' } })({ a: 1 }), /without a moment/)
})

test('another zone has other days', () => {
  const test = compile(timedConditionSchema.parse({ at: { $on: 'today' } }))
  const now = Date.parse('2026-11-23T20:00:00Z')
  assert.equal(test({ at: Date.parse('2026-11-23T01:00:00Z') }, { now, zone: 'Europe/Berlin' }), true)
  assert.equal(test({ at: Date.parse('2026-11-23T01:00:00Z') }, { now, zone: 'Asia/Shanghai' }), false)
  // The day on which Berlin's clocks go back has 25 hours.
  const long = { now: Date.parse('2026-10-25T12:00:00+01:00'), zone: 'Europe/Berlin' }
  assert.equal(test({ at: Date.parse('2026-10-25T00:00:00+02:00') }, long), true)
  assert.equal(test({ at: Date.parse('2026-10-25T23:59:00+01:00') }, long), true)
})

const KINDS: Record<string, Kind> = { n: 'time', m: 'number', t: 'text', tags: 'text', 'deep.at': 'time' }
const TIMES: Record<string, Kind> = { n: 'time', 'deep.at': 'time', m: 'time', tags: 'text' }

function randomData(dice: Dice): Record<string, unknown> {
  return {
    tags: TAGS.filter(() => dice.chance(0.3)),
    ...(dice.chance(0.9) && { n: number(dice) }),
    ...(dice.chance(0.9) && { m: number(dice) }),
    ...(dice.chance(0.8) && { t: text(dice) }),
    ...(dice.chance(0.8) && { deep: { at: dice.chance(0.8) ? number(dice) : scalar(dice) } }),
  }
}

test('nothing changes before the next turn, and at it something does', () => {
  const dice = new Dice(SEED)
  let turned = 0
  for (let i = 0; i < 600; i++) {
    const condition = timedConditionSchema.parse(randomCondition(dice, TIMES, true, 1))
    const data = { tags: ['a'], n: time(dice), m: time(dice), deep: { at: time(dice) } }
    const now = NOW + dice.below(3) * 11 * HOUR
    const say = (at: number) => compile(condition)(data, { now: at })
    const next = nextTurn(condition, data, { now })
    const about = `SEED=${SEED}, condition ${i}: ${JSON.stringify({ condition, data, next })}`
    if (next !== undefined) assert.ok(next > now, about)
    const end = next ?? now + 900 * DAY
    const moments = [end - 1, ...Array.from({ length: 30 }, () => now + Math.floor(dice.next() * (end - now)))]
    for (let day = 1; day <= 40; day++) moments.push(now + day * DAY - (now % DAY) + 16 * HOUR)
    for (const moment of moments) if (moment > now && moment < end) assert.equal(say(moment), say(now), about)
    if (next === undefined) continue
    const changes = say(next) !== say(now)
    if (changes) turned += 1
    else assert.match(JSON.stringify(condition), /\$yearly/, about)
  }
  assert.ok(turned > 90, `only ${turned} conditions changed`)
})

test('an explanation agrees with the test, in every part', () => {
  const dice = new Dice(SEED)
  const agrees = (part: Explained): boolean => {
    if (!('parts' in part)) return true
    const held = part.parts.filter(({ holds }) => holds).length
    const expected = part.group === 'all' ? held === part.parts.length : part.group === 'any' ? held > 0 : held === 0
    return part.holds === expected && part.parts.every(agrees)
  }
  for (let i = 0; i < 1500; i++) {
    const condition = timedConditionSchema.parse(randomCondition(dice, KINDS))
    const data = randomData(dice)
    const explained = explain(condition, data, { now: NOW })
    const about = `SEED=${SEED}, condition ${i}: ${JSON.stringify({ condition, data, explained })}`
    assert.equal(explained.holds, compile(condition)(data, { now: NOW }), about)
    assert.ok(agrees(explained), about)
  }
})

test('an explanation names the field, what was wanted and what was found', () => {
  const condition = { orders: { $gte: 5 }, $or: [{ tier: 'gold' }, { at: { $before: '60 d' } }] }
  const data = { orders: 3, at: NOW - 61 * DAY }
  assert.deepEqual(explain(condition, data, { now: NOW }), {
    holds: false,
    group: 'all',
    parts: [
      { holds: false, path: 'orders', word: '$gte', wanted: 5, found: 3 },
      {
        holds: true,
        group: 'any',
        parts: [
          { holds: false, path: 'tier', word: '$eq', wanted: 'gold', found: undefined },
          { holds: true, path: 'at', word: '$before', wanted: '60 d', found: NOW - 61 * DAY },
        ],
      },
    ],
  })
})
