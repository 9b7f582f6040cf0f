import assert from 'node:assert/strict'
import { parse } from 'yaml'
import { instantOf, nextFiring } from '../../server/engines/rules/dates.ts'
import { keyOf } from '../../server/engines/rules/known.ts'
import { listOf, programOf } from '../../server/engines/rules/program.ts'
import { freezeRule, type Rule, ruleSchema } from '../../server/engines/rules/rule.ts'
import { lastOccurrence, nextOccurrence } from '../../server/engines/rules/schedule.ts'
import type { ScheduleTrigger } from '../../server/engines/rules/trigger.ts'
import { partFor } from '../../server/engines/rules/walk.ts'
import { explain, failing } from '../../server/lib/explain.ts'
import { describe, test } from '../suite.ts'

const ZONE = 'Asia/Shanghai'
const at = (text: string) => Date.parse(`${text}+08:00`)
const local = (instant: number | undefined) =>
  instant === undefined ? undefined : new Date(instant + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ')

const ruleOf = (more: object): Rule =>
  freezeRule(ruleSchema.parse({ rule: 'r', title: 'r', on: { event: 'a.b' }, steps: ['end'], ...more }), {})

describe('dates', () => {
  test('every way in which facts tell a date, before and after it', () => {
    for (const value of [20270301, '20270301', '2027-03-01', at('2027-03-01T17:30:00')]) {
      assert.equal(
        local(instantOf(value, { offset: '-30 d', at: '09:00', zone: ZONE })),
        '2027-01-30 09:00',
        String(value),
      )
    }
    assert.equal(local(instantOf(at('2027-03-01T17:30:00'), { offset: '-24 h', zone: ZONE })), '2027-02-28 17:30')
    assert.equal(local(instantOf(at('2027-03-01T17:30:00'), { offset: '+2 h', zone: ZONE })), '2027-03-01 19:30')
    for (const value of [null, undefined, '', 'soon', 20271345, {}, true]) {
      assert.equal(instantOf(value, { offset: '0 d', zone: ZONE }), undefined, String(value))
    }
  })

  test('whole days are days of the calendar: the clock of New York changes, nine o’clock stays nine', () => {
    const before = instantOf('2027-03-15', { offset: '-1 d', at: '09:00', zone: 'America/New_York' })
    const after = instantOf('2027-03-15', { offset: '0 d', at: '09:00', zone: 'America/New_York' })
    assert.equal((after as number) - (before as number), 24 * 3_600_000)
    const over = instantOf('2027-03-14', { offset: '-1 d', at: '09:00', zone: 'America/New_York' })
    assert.equal((before as number) - (over as number), 23 * 3_600_000)
  })

  test('every year: the 29th of February is kept on the 28th, an anniversary never on the day itself', () => {
    const yearly = { offset: '0 d', at: '08:00', yearly: true }
    const next = (value: unknown, from: string, more = {}) => nextFiring(value, { ...yearly, ...more }, ZONE, at(from))
    assert.equal(local(next(229, '2027-01-01T00:00:00')?.firesAt), '2027-02-28 08:00')
    assert.equal(local(next('02-29', '2027-02-28T08:00:01')?.firesAt), '2028-02-29 08:00')
    assert.equal(local(next('2024-02-29', '2024-02-29T00:00:00')?.firesAt), '2025-02-28 08:00')
    assert.equal(next('2024-02-29', '2026-06-01T00:00:00')?.years, 3)
    assert.equal(local(next(1231, '2027-12-25T00:00:00', { offset: '7 d' })?.firesAt), '2028-01-07 08:00')
    assert.equal(local(next(101, '2027-12-20T00:00:00', { offset: '-7 d' })?.firesAt), '2027-12-25 08:00')
    for (const value of [0, 1301, 230, '13-01', 'x'])
      assert.equal(next(value, '2027-01-01T00:00:00'), undefined, String(value))
  })
})

describe('schedules', () => {
  const rule = ruleOf({})
  const trigger = (more: object) => ({ at: '09:00', grace: '2 h', ...more }) as ScheduleTrigger

  test('the next firing lies behind, the last not behind; they meet', () => {
    const monthly = trigger({ every: 'month', on: 31 })
    assert.equal(local(nextOccurrence(rule, monthly, at('2027-02-01T00:00:00'))), '2027-02-28 09:00')
    assert.equal(local(nextOccurrence(rule, monthly, at('2027-02-28T09:00:00'))), '2027-03-31 09:00')
    assert.equal(local(lastOccurrence(rule, monthly, at('2027-02-28T09:00:00'))), '2027-02-28 09:00')
    assert.equal(local(lastOccurrence(rule, monthly, at('2027-02-28T08:59:59'))), '2027-01-31 09:00')
    const weekly = trigger({ every: 'week', on: ['sun', 'wed'] })
    assert.equal(local(nextOccurrence(rule, weekly, at('2027-01-01T00:00:00'))), '2027-01-03 09:00')
    const leap = trigger({ every: 'year', on: '02-29' })
    assert.equal(local(nextOccurrence(rule, leap, at('2027-01-01T00:00:00'))), '2027-02-28 09:00')
    assert.equal(local(nextOccurrence(rule, leap, at('2028-01-01T00:00:00'))), '2028-02-29 09:00')
  })

  test('without a calendar working days are Monday to Friday', () => {
    assert.equal(
      local(nextOccurrence(rule, trigger({ every: 'workday' }), at('2027-01-01T10:00:00'))),
      '2027-01-04 09:00',
    )
  })
})

describe('the steps as nodes', () => {
  test('every list leads on behind the step in which it stands; an empty one too', () => {
    const steps = parse(`
- branch:
    - { if: { event.a: 1 }, then: [{ wait: 1 h }, { branch: [{ then: [{ wait: 2 h }] }] }] }
    - { then: [] }
- wait_for: { first_of: [a.b, { event: c.d, then: [end] }], timeout: 1 d }
- wait: 3 h
`)
    const rule = ruleOf({ steps })
    const program = programOf(rule)
    const next = (id: string) => program.nodes.get(id)?.next
    assert.deepEqual([...program.nodes.keys()], ['0', '0/0.0', '0/0.1', '0/0.1/0.0', '1', '1/1.0', '2'])
    assert.deepEqual(
      [next('0/0.0'), next('0/0.1'), next('0/0.1/0.0'), next('0'), next('1/1.0'), next('2')],
      ['0/0.1', '1', '1', '1', '2', null],
    )
    const node = (id: string) => program.nodes.get(id) as NonNullable<ReturnType<typeof program.nodes.get>>
    assert.deepEqual(
      [
        listOf(program, node('0'), 1),
        listOf(program, node('1'), 0),
        listOf(program, node('1'), 1),
        listOf(program, node('1'), 2),
      ],
      ['1', '2', '1/1.0', '2'],
    )
    assert.equal(program.stopped, null)
  })
})

test('shares hold over many keys and never move', () => {
  const parts = Array.from({ length: 20_000 }, (_, i) => partFor(`r:0:${i}`, [10, 33.3, 56.7]))
  const share = (part: number) => parts.filter((one) => one === part).length / parts.length
  for (const [part, wanted] of [0.1, 0.333, 0.567].entries())
    assert.ok(Math.abs(share(part) - wanted) < 0.01, `${share(part)}`)
  assert.deepEqual([partFor('r:0:7', [10, 90]), partFor('r:0:7', [0, 100])], [partFor('r:0:7', [10, 90]), 1])
})

test('a key is a customer, a subject, or what an event names; a long one is hashed', () => {
  const event = {
    id: 'E',
    customerId: 'C',
    subjectType: 'ticket',
    subjectId: 'T',
    data: { orderId: 7, vehicle: 'x'.repeat(200) },
  }
  assert.deepEqual(
    ['customer', 'event', 'ticket', 'order'].map((key) => keyOf(key, event)),
    ['C', 'E', 'T', '7'],
  )
  assert.equal(keyOf('vehicle', event)?.length, 43)
  assert.equal(keyOf('booking', event), undefined)
})

test('a condition is taken apart: what holds, what does not, and what was found', () => {
  const parts = explain(
    {
      'customer.tier': { $in: ['gold'] },
      'customer.orders': { $gte: 1, $lt: 9 },
      $or: [{ 'event.a': 1 }, { 'event.b': 2, 'event.c': 3 }],
    },
    { customer: { tier: 'silver', orders: 12 }, event: { b: 2 } },
  )
  assert.deepEqual(
    failing(parts).map(({ kind, path, operator, found }) => [kind, path, operator, found]),
    [
      ['field', 'customer.tier', '$in', 'silver'],
      ['field', 'customer.orders', '$lt', 12],
      ['$or', undefined, undefined, undefined],
    ],
  )
  assert.equal(parts.at(-1)?.parts?.[1]?.kind, '$and')
})
