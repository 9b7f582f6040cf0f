import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holds } from '../src/services/condition.ts'

test('equality, also with a member of a list and with what is not there', () => {
  assert.ok(holds({ type: 'late' }, { type: 'late' }))
  assert.ok(!holds({ type: 'late' }, { type: 'other' }))
  assert.ok(holds({ wants: 'refund' }, { wants: ['refund', 'sorry'] }))
  assert.ok(holds({ type: null }, {}))
  assert.ok(!holds({ type: 'late' }, {}))
})

test('$in, $nin, $ne and several words together', () => {
  assert.ok(holds({ type: { $in: ['a', 'b'] } }, { type: 'b' }))
  assert.ok(!holds({ type: { $in: ['a', 'b'] } }, { type: 'c' }))
  assert.ok(holds({ type: { $ne: 'a' } }, {}))
  assert.ok(!holds({ type: { $nin: ['a'] } }, { type: 'a' }))
  assert.ok(!holds({ type: { $in: ['a', 'b'], $ne: 'b' } }, { type: 'b' }))
})

test('all of the fields, $and and $or', () => {
  assert.ok(!holds({ a: 1, b: 2 }, { a: 1, b: 3 }))
  assert.ok(holds({ $or: [{ a: 1 }, { b: 2 }] }, { b: 2 }))
  assert.ok(!holds({ $and: [{ a: 1 }, { b: 2 }] }, { b: 2 }))
})

test('order, only between like and like; not, nor, all and size', () => {
  assert.ok(holds({ n: { $gte: 10, $lt: 20 } }, { n: 10 }))
  assert.ok(!holds({ n: { $gt: 10 } }, { n: 10 }))
  assert.ok(!holds({ n: { $lt: 18 } }, {}))
  assert.ok(!holds({ n: { $gt: 1 } }, { n: '5' }))
  assert.ok(holds({ day: { $lte: '2026-02-01' } }, { day: '2026-01-31' }))
  assert.ok(holds({ n: { $not: { $gt: 10 } } }, { n: 3 }))
  assert.ok(!holds({ $nor: [{ a: 1 }] }, { a: 1 }))
  assert.ok(holds({ a: { $all: ['x', 'y'], $size: 3 } }, { a: ['x', 'y', 'z'] }))
})
