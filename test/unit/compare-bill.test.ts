import assert from 'node:assert/strict'
import { compareBill } from '../../server/domain/payments/compare.ts'
import { test } from '../suite.ts'

const row = (kind: 'payment' | 'refund', number: string, amount: number) => ({
  kind,
  number,
  amount,
  platformNumber: `w${number}`,
  fee: 0,
  at: 0,
})

test('both sides have the same: nothing', () => {
  const all = [row('payment', 'P1', 100), row('refund', 'R1', 50)]
  assert.deepEqual(compareBill(all, all), [])
  assert.deepEqual(compareBill([], []), [])
})

test('each side’s own, and amounts', () => {
  const bill = [row('payment', 'P1', 100), row('payment', 'P2', 200), row('refund', 'R1', 50)]
  const books = [row('payment', 'P1', 101), row('refund', 'R1', 50), row('refund', 'R2', 60)]
  assert.deepEqual(compareBill(bill, books), [
    { kind: 'amount', of: 'payment', number: 'P1', ours: 101, theirs: 100 },
    { kind: 'not_here', of: 'payment', number: 'P2', theirs: 200 },
    { kind: 'not_there', of: 'refund', number: 'R2', ours: 60 },
  ])
})

test('a payment and a refund of one number are two', () => {
  assert.deepEqual(
    compareBill([row('payment', 'X', 1)], [row('refund', 'X', 1)]).map(({ kind, of }) => `${kind} ${of}`),
    ['not_here payment', 'not_there refund'],
  )
})

test('what we count to another day is not missing, but its amount is compared', () => {
  const bill = [row('payment', 'P1', 100), row('payment', 'P2', 100)]
  const known = [row('payment', 'P1', 100), row('payment', 'P2', 99)]
  assert.deepEqual(compareBill(bill, [], known), [
    { kind: 'amount', of: 'payment', number: 'P2', ours: 99, theirs: 100 },
  ])
})
