import type { Actor } from '../../engines/events/events.ts'
import type { Tx } from '../../lib/tx.ts'
import { post } from '../ledger/ledger.ts'
import { askPayment, cancelPayment, type Payment, paymentsOf } from '../payments/payments.ts'
import { askRefund } from '../payments/refunds.ts'
import type { Booking } from './booking.ts'
import { modelOf } from './rental-file.ts'
import type { Terms } from './terms.ts'

/** What is paid for a booking itself, and not as a deposit or after its end. */
const PURPOSES: ReadonlySet<string> = new Set(['rental', 'extension'])

/** Asks for the price of a booking, or for what an extension adds to it. */
export function askFor(
  tx: Tx,
  terms: Terms,
  booking: Booking,
  { purpose, amount, payBy, key }: { purpose: 'rental' | 'extension'; amount: number; payBy: number; key: string },
): Promise<Payment> {
  const title = `${terms.title} ${modelOf(terms, booking.model).title}`
  return askPayment(tx, {
    customerId: booking.customerId,
    ...{ subject: subjectOf(booking), purpose, amount, title, payBy, key },
  })
}

/** Takes back what was asked and is not paid. */
export async function stopAsking(tx: Tx, booking: Booking, why: string): Promise<void> {
  for (const { id, state } of await paymentsFor(tx, booking)) if (state === 'open') await cancelPayment(tx, id, why)
}

/** What was paid for a booking and has not gone back. */
export async function paidFor(tx: Tx, booking: Booking): Promise<number> {
  const payments = await paymentsFor(tx, booking)
  return payments.reduce((sum, payment) => sum + payment.left(), 0)
}

/**
 * A booking is called off: so much of what was paid goes back, the last payment first, and what does not is earned for
 * the car that was kept.
 */
export async function sendBack(tx: Tx, terms: Terms, booking: Booking, amount: number, by: Actor): Promise<void> {
  const payments = await paymentsFor(tx, booking)
  const kept = payments.reduce((sum, payment) => sum + payment.left(), 0) - amount
  let left = amount
  for (const payment of payments.reverse()) {
    const part = Math.min(left, payment.left())
    if (part <= 0) continue
    const key = `booking:${booking.id}:${booking.state}:${payment.id}`
    await askRefund(tx, payment, { amount: part, reason: terms.refund_reason, key, by })
    left -= part
  }
  if (kept <= 0) return
  await post(tx, {
    ...{ key: `booking:${booking.id}:kept`, kind: `booking.${booking.state}`, subject: subjectOf(booking) },
    customerId: booking.customerId,
    lines: [
      { account: 'customers:owed', amount: kept },
      { account: 'revenue:fee', amount: -kept },
    ],
  })
}

/** What was asked for a booking itself. */
export async function paymentsFor(tx: Tx, booking: Booking): Promise<Payment[]> {
  return (await paymentsOf(tx, subjectOf(booking))).filter(({ purpose }) => PURPOSES.has(purpose))
}

function subjectOf({ id }: Booking) {
  return { type: 'booking', id }
}
