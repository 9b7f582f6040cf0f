import type { Holding } from '../../engines/privacy/holding.ts'
import { blankRows, tellRows } from '../../engines/privacy/rows.ts'
import { Deposit } from './deposit.ts'
import { Payment } from './payment.ts'
import { refundsOf } from './refunds.ts'

/** Payments and what went back of them: the books need them, without the person. What is open is settled first. */
export const paymentHolding: Holding = {
  name: 'payments',
  async tell(tx, customerId, after) {
    const page = await tellRows(tx, Payment, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ id, number, title, amount, received, refunded, state, createdAt, paidAt }) => {
        return { id, number, title, amount, received, refunded, state, createdAt, paidAt }
      },
    })
    const rows: Record<string, unknown>[] = []
    for (const { id, ...row } of page.rows) {
      const refunds = await refundsOf(tx, { id: String(id) })
      rows.push({ ...row, refunds: refunds.map(({ amount, reason, doneAt }) => ({ amount, reason, doneAt })) })
    }
    return { ...page, rows }
  },
  async open(tx, customerId) {
    const waiting = await tx.find(
      Payment,
      `WHERE customerId = ? AND (state = 'open' OR EXISTS
       (SELECT 1 FROM refunds r WHERE r.paymentId = payments.id AND r.state <> 'done')) ORDER BY id LIMIT 5`,
      [customerId],
    )
    return waiting.map(({ state, title, number }) => {
      return { why: state === 'open' ? 'payment_open' : 'refund_open', data: { title, number } }
    })
  },
  erase: (tx, { customerId, alias }) =>
    blankRows(tx, Payment, 'customerId = ?', [customerId], ({ version }) => ({
      customerId: alias,
      openedFor: null,
      version: version + 1,
    })),
}

/** Deposits: the same. */
export const depositHolding: Holding = {
  name: 'deposits',
  tell: (tx, customerId, after) =>
    tellRows(tx, Deposit, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ amount, deducted, refunded, state, createdAt, heldAt, settledAt }) => {
        return { amount, deducted, refunded, state, createdAt, heldAt, settledAt }
      },
    }),
  async open(tx, customerId) {
    const held = await tx.find(Deposit, `WHERE customerId = ? AND state = 'held' ORDER BY id LIMIT 5`, [customerId])
    return held.map(({ amount }) => ({ why: 'deposit_held', data: { amount } }))
  },
  erase: (tx, { customerId, alias }) =>
    blankRows(tx, Deposit, 'customerId = ?', [customerId], ({ version }) => ({
      customerId: alias,
      version: version + 1,
    })),
}
