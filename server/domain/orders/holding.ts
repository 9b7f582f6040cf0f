import type { Holding } from '../../engines/privacy/holding.ts'
import { blankRows, tellRows } from '../../engines/privacy/rows.ts'
import { Order } from './order.ts'
import { OrderPaper } from './paper.ts'

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
