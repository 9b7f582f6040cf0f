import type { RuleFacts } from '../../engines/rules/hooks.ts'
import { Order } from './order.ts'

/** What conditions of rules may ask of the order that an event is about. */
export const orderRuleFacts: RuleFacts = {
  changedBy: ['order.', 'refund.', 'payment.'],
  async at(tx, id) {
    const order = await tx.get(Order, id)
    if (!order) return undefined
    const { number, source, status, total, paid, refunded, channel, items, placedAt, paidAt } = order
    return {
      id,
      number,
      source,
      status,
      total,
      paid,
      refunded,
      channel,
      skus: items.map(({ sku }) => sku),
      placed_at: placedAt,
      paid_at: paidAt,
    }
  },
}
