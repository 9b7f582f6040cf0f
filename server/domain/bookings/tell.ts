import { enqueue } from '../../engines/messages/outbox.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Booking } from './booking.ts'
import { factsOf } from './change.ts'
import type { Terms } from './terms.ts'

/** What customers are told of their bookings; their words stand under these names in templates/messages/customer.yaml. */
export type Telling =
  | 'booking_confirmed'
  | 'booking_cancelled'
  | 'booking_lapsed'
  | 'booking_moved'
  | 'booking_extended'
  | 'booking_no_show'
  | 'pickup_soon'
  | 'return_soon'

/** Tells a customer something about their booking, once for its key. */
export function tellCustomer(
  tx: Tx,
  terms: Terms,
  booking: Booking,
  kind: Telling,
  { key = '', ...data }: Record<string, unknown> & { key?: string } = {},
): Promise<void> {
  return enqueue(tx, {
    key: `${kind}:${booking.id}:${key}`,
    channel: 'customer',
    to: booking.customerId,
    kind,
    subjectId: booking.id,
    data: { ...factsOf(terms, booking), at: tx.now, ...data },
  })
}
