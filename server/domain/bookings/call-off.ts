import { type Actor, SYSTEM } from '../../engines/events/events.ts'
import type { Tx } from '../../lib/tx.ts'
import { returnCoupon } from '../loyalty/coupons.ts'
import type { Booking } from './booking.ts'
import { spanOf, termsOf } from './bookings.ts'
import { passTo } from './change.ts'
import { paidFor, sendBack, stopAsking } from './pay.ts'
import { refundShare } from './rates.ts'
import { giveBack } from './spans.ts'
import { tellCustomer } from './tell.ts'
import type { Terms } from './terms.ts'

/**
 * A booking is called off before the car is handed over. What comes back of the money is what the terms say for that
 * time; all of it if we call it off ourselves.
 */
export async function cancelBooking(tx: Tx, booking: Booking, by: Actor): Promise<number> {
  const terms = await termsOf(tx, booking)
  const back = await refundOf(tx, terms, booking, by)
  await letGo(tx, terms, booking, 'cancelled', by, { refund: back })
  await sendBack(tx, terms, booking, back, by)
  await tellCustomer(tx, terms, booking, 'booking_cancelled', { refund: back })
  return back
}

/** What a customer who calls it off now gets back. */
export async function refundOf(tx: Tx, terms: Terms, booking: Booking, by: Actor): Promise<number> {
  const share = by.type === 'customer' ? refundShare(terms, booking.fromAt, tx.now) : 1000
  return booking.state === 'confirmed' ? Math.floor(((await paidFor(tx, booking)) * share) / 1000) : 0
}

/** Nobody has paid in time: the car is free for others. */
export async function expireBooking(tx: Tx, booking: Booking): Promise<void> {
  const terms = await termsOf(tx, booking)
  await letGo(tx, terms, booking, 'expired', SYSTEM)
  await tellCustomer(tx, terms, booking, 'booking_lapsed')
}

/** Nobody has come for the car. */
export async function missBooking(tx: Tx, booking: Booking): Promise<void> {
  const terms = await termsOf(tx, booking)
  const back = Math.floor(((await paidFor(tx, booking)) * terms.no_show_refund) / 1000)
  await letGo(tx, terms, booking, 'no_show', SYSTEM, { refund: back })
  await sendBack(tx, terms, booking, back, SYSTEM)
  await tellCustomer(tx, terms, booking, 'booking_no_show', { refund: back })
}

async function letGo(
  tx: Tx,
  terms: Terms,
  booking: Booking,
  state: 'cancelled' | 'expired' | 'no_show',
  by: Actor,
  data: Record<string, unknown> = {},
): Promise<void> {
  await passTo(tx, terms, booking, state, { holdUntil: null, wakeAt: null, endedAt: tx.now, by, data })
  const span = await spanOf(tx, booking)
  if (span) await giveBack(tx, span, tx.now)
  if (booking.couponId && state !== 'no_show') await returnCoupon(tx, booking.couponId, booking.id)
  // What was paid in time may be heard of late: a payment whose time is over ends by itself.
  if (state !== 'expired') await stopAsking(tx, booking, state)
}
