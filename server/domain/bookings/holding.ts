import type { Holding } from '../../engines/privacy/holding.ts'
import { blankRows, tellRows } from '../../engines/privacy/rows.ts'
import { Booking } from './booking.ts'

/** Bookings: what was rented and for how much is kept for the books; whose it was, and where they live, goes. */
export const bookingHolding: Holding = {
  name: 'bookings',
  tell: (tx, customerId, after) =>
    tellRows(tx, Booking, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ number, model, storeId, returnStoreId, fromAt, untilAt, state, extras, doors, price, createdAt }) => {
        const { total } = price
        return { number, model, storeId, returnStoreId, fromAt, untilAt, state, ...extras, doors, total, createdAt }
      },
    }),
  async open(tx, customerId) {
    const rows = await tx.find(
      Booking,
      `WHERE customerId = ? AND state IN ('held', 'confirmed', 'running', 'returned', 'settled') ORDER BY id`,
      [customerId],
    )
    return rows.map(({ number }) => ({ why: 'booking', data: { number } }))
  },
  erase: (tx, { customerId, alias }) =>
    blankRows(tx, Booking, 'customerId = ?', [customerId], ({ id, version }) => {
      return { customerId: alias, claimKey: id, doors: null, tier: null, version: version + 1 }
    }),
}
