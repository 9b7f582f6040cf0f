import { type Happening, SYSTEM } from '../../engines/events/events.ts'
import type { Order, OrderMove } from './order.ts'

type Named = Happening & { name: string }

/**
 * All that happened to an order, as events that are told once each. What counts for a customer (`order.paid` with the
 * order's total, `refund.made`) comes to the same in whatever order payments, refunds and versions arrive.
 */
export function orderEvents(order: Order, moves: OrderMove[], version?: { status: string; at: number }): Named[] {
  return [...milestones(order, version), ...moves.flatMap((move) => moveEvents(order, move))]
}

function milestones(order: Order, version?: { status: string; at: number }): Named[] {
  const { id, customerId, number, source, total, paidAt, placedAt, title, channel, items } = order
  const about = { subject: { type: 'order', id }, customerId }
  const data = { number, source, amount: total, title, channel, skus: items.map(({ sku }) => sku) }
  const one = (name: string, at: number, by: Named['by']): Named => {
    return { name: `order.${name}`, by, ...about, data, dedupKey: `order:${id}:${name}`, at }
  }
  const customer = { type: 'customer' as const, id: customerId }
  const all = [one('placed', placedAt, customer)]
  if (paidAt !== null) all.push(one('paid', paidAt, customer))
  // Told also by a version that is older than the one we have: it happened.
  if (version?.status === 'cancelled' || version?.status === 'completed')
    all.push(one(version.status, version.at, SYSTEM))
  return all
}

function moveEvents({ id, customerId, number, source, paidAt }: Order, move: OrderMove): Named[] {
  const { kind, amount, method, reason, at } = move
  const one = (name: string, by: Named['by']): Named => ({
    name,
    by,
    subject: { type: 'order', id },
    customerId,
    data: { number, source, amount, method, reason, move: move.number },
    dedupKey: `${name}:${move.id}`,
    at,
  })
  if (kind === 'payment') return [one('payment.received', { type: 'customer', id: customerId })]
  // What goes back of an order that has not counted as paid takes nothing away from what was spent; if it comes to
  // count later, with all of its payments, it does.
  return [one(paidAt === null ? 'payment.returned' : 'refund.made', SYSTEM)]
}
