import type { Holding } from '../../engines/privacy/holding.ts'
import { blankRows, tellRows } from '../../engines/privacy/rows.ts'
import { DAY } from '../../lib/clock.ts'
import { Order } from './order.ts'
import { OrderPaper } from './paper.ts'

/** What was ordered and not paid within this time holds nobody back: not every shop tells that it was given up. */
const UNPAID_MS = 30 * DAY

/** Orders: numbers, goods and amounts are kept for the books; whose they were, and what else was told of them, go. */
export const orderHolding: Holding = {
  name: 'orders',
  tell: (tx, customerId, after) =>
    tellRows(tx, Order, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ source, number, status, total, paid, refunded, title, items, data, placedAt, paidAt }) => {
        return { source, number, status, total, paid, refunded, title, items, data, placedAt, paidAt }
      },
    }),
  async open(tx, customerId) {
    const unpaid = await tx.find(
      Order,
      `WHERE customerId = ? AND status = 'placed' AND total > paid AND placedAt > ? ORDER BY placedAt, id LIMIT 5`,
      [customerId, tx.now - UNPAID_MS],
    )
    return unpaid.map(({ number }) => ({ why: 'order_unpaid', data: { number } }))
  },
  erase: (tx, { customerId, alias }) =>
    blankRows(tx, Order, 'customerId = ?', [customerId], ({ version }) => {
      return { customerId: alias, title: null, data: {}, version: version + 1 }
    }),
}

/** Quotes, contracts, invoices and returns of other systems: the same. */
export const paperHolding: Holding = {
  name: 'papers',
  tell: (tx, customerId, after) =>
    tellRows(tx, OrderPaper, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ kind, source, number, status, amount, title, data, issuedAt, endsAt }) => {
        return { kind, source, number, status, amount, title, data, issuedAt, endsAt }
      },
    }),
  erase: (tx, { customerId, alias }) =>
    blankRows(tx, OrderPaper, 'customerId = ?', [customerId], () => ({ customerId: alias, title: null, data: {} })),
}
