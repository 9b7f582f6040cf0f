import type { Tx } from '../../lib/tx.ts'
import { type Order, OrderMove } from './order.ts'
import type { OrderPaper } from './paper.ts'

/** An order as other systems read it. */
export async function orderLook(tx: Tx, order: Order) {
  const [look] = await orderLooks(tx, [order])
  return look
}

/** Orders as other systems read them, with their payments and refunds. */
export async function orderLooks(tx: Tx, orders: Order[]) {
  if (orders.length === 0) return []
  const places = orders.map(() => '?').join(',')
  const moves = await tx.find(
    OrderMove,
    `WHERE orderId IN (${places}) ORDER BY at, id`,
    orders.map(({ id }) => id),
  )
  return orders.map((order) => ({
    id: order.id,
    source: order.source,
    number: order.number,
    customer: order.customerId,
    status: order.status,
    total: order.total,
    paid: order.paid,
    refunded: order.refunded,
    title: order.title,
    channel: order.channel,
    items: order.items,
    data: order.data,
    placed_at: order.placedAt,
    paid_at: order.paidAt,
    updated_at: order.updatedAt,
    payments: moves.filter(({ orderId, kind }) => orderId === order.id && kind === 'payment').map(moveLook),
    refunds: moves.filter(({ orderId, kind }) => orderId === order.id && kind === 'refund').map(moveLook),
  }))
}

/** A quote, contract, invoice or return as other systems read it. */
export function paperLook(paper: OrderPaper) {
  return {
    id: paper.id,
    source: paper.source,
    number: paper.number,
    customer: paper.customerId,
    order: paper.orderNumber,
    status: paper.status,
    amount: paper.amount,
    title: paper.title,
    data: paper.data,
    issued_at: paper.issuedAt,
    ends_at: paper.endsAt,
    updated_at: paper.updatedAt,
  }
}

function moveLook({ number, amount, at, method, reason }: OrderMove) {
  return { id: number, amount, at, method, reason }
}
