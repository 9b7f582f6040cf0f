import type { RuleFacts } from '../../engines/rules/hooks.ts'
import { Booking } from './booking.ts'

/** What conditions of rules may ask of the booking that an event is about. */
export const bookingRuleFacts: RuleFacts = {
  changedBy: ['booking.'],
  async at(tx, id) {
    const booking = await tx.get(Booking, id)
    if (!booking) return undefined
    const { number, state, model, storeId, returnStoreId, fromAt, untilAt, price, tier, paidAt } = booking
    const times = { from: fromAt, until: untilAt, paid_at: paidAt }
    return { id, number, state, model, store: storeId, return_store: returnStoreId, ...times, total: price.total, tier }
  },
}
