import { AppError } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { useCoupon } from '../loyalty/coupons.ts'
import type { Payment } from '../payments/payments.ts'
import { Booking } from './booking.ts'
import { confirmBooking, termsOf, wantOf } from './bookings.ts'
import { giveBack, takeSpan } from './spans.ts'
import type { Terms } from './terms.ts'
import { kindsOf } from './wish.ts'

type HearPaid = (tx: Tx, booking: Booking, payment: Payment) => Promise<'kept' | 'returned'>
const others = new Map<string, HearPaid>()

/** Lets a noun above hear of what is paid for a booking with another purpose: a deposit, a bill. */
export function whenPaidFor(purpose: string, hear: HearPaid): void {
  others.set(purpose, hear)
}

/**
 * Money for a booking has come. The hold may have ended while it was on its way: then the car is taken once more if it
 * is still to be had; else the money goes back.
 */
export async function bookingPaid(tx: Tx, payment: Payment): Promise<'kept' | 'returned'> {
  const booking = await tx.get(Booking, payment.subjectId)
  if (!booking) return 'returned'
  const other = others.get(payment.purpose)
  if (other) return other(tx, booking, payment)
  if (payment.purpose === 'extension')
    return ['confirmed', 'running', 'returned'].includes(booking.state) ? 'kept' : 'returned'
  if (booking.state !== 'held' && !(await takenAgain(tx, booking))) return 'returned'
  await confirmBooking(tx, booking)
  return 'kept'
}

/** Takes the car again, or another one of the model, for a booking whose hold has ended. */
async function takenAgain(tx: Tx, booking: Booking): Promise<boolean> {
  if (booking.state !== 'expired') return false
  const terms = await termsOf(tx, booking)
  const { fromAt: from, untilAt: until, assetId, id } = booking
  const want = wantOf(terms, { ...booking, from, until })
  const span = (await takeSpan(tx, { ...want, assetId }, id)) ?? (await takeSpan(tx, want, id))
  if (!span) return false
  if (!(await couponAgain(tx, terms, booking))) {
    await giveBack(tx, span, tx.now)
    return false
  }
  booking.assetId = span.assetId
  booking.spanId = span.id
  return true
}

/** The coupon was given back with the hold; without it the price would not be what was paid. */
async function couponAgain(
  tx: Tx,
  terms: Terms,
  { customerId, couponId, id, price, model }: Booking,
): Promise<boolean> {
  if (!couponId) return true
  try {
    await useCoupon(tx, customerId, couponId, { order: id, amount: price.reduced, kinds: kindsOf(terms, model) })
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}
