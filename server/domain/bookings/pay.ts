import type { Actor } from '../../engines/events/events.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Booking } from './booking.ts'
import { modelOf } from './rental-file.ts'
import type { Terms } from './terms.ts'

/** A payment, as far as bookings look at it. */
export interface Paid {
  id: string
  subjectId: string
  purpose: string
  amount: number
  received: number
  refunded: number
  state: 'open' | 'paid' | 'closed'
  payBy: number
}

interface PaymentWish {
  customerId: string
  subject: { type: string; id: string }
  purpose: string
  amount: number
  title: string
  payBy: number
  key: string
}

interface Movement {
  key: string
  kind: string
  subject: { type: string; id: string }
  customerId: string
  lines: { account: 'customers:owed' | 'revenue:fee'; amount: number }[]
}

/** What bookings need of the payments and the ledger. */
export interface Cashier<P extends Paid = Paid> {
  askPayment(tx: Tx, wish: PaymentWish): Promise<P>
  cancelPayment(tx: Tx, paymentId: string, why: string): Promise<void>
  paymentsOf(tx: Tx, subject: { type: string; id: string }): Promise<P[]>
  askRefund(tx: Tx, payment: P, refund: { amount: number; reason: string; key: string; by: Actor }): Promise<unknown>
  post(tx: Tx, movement: Movement): Promise<unknown>
}

/** What is paid for a booking itself, and not as a deposit or after its end. */
const PURPOSES: ReadonlySet<string> = new Set(['rental', 'extension'])

let cashier: Cashier | undefined

/** Hands over the payments. */
export function useCashier<P extends Paid>(given: Cashier<P> | undefined): void {
  cashier = given as unknown as Cashier | undefined
}

/** Asks for the price of a booking, or for what an extension adds to it. Undefined: nobody takes payments here. */
export function askFor(
  tx: Tx,
  terms: Terms,
  booking: Booking,
  { purpose, amount, payBy, key }: { purpose: 'rental' | 'extension'; amount: number; payBy: number; key: string },
): Promise<Paid> | undefined {
  const title = `${terms.title} ${modelOf(terms, booking.model).title}`
  return cashier?.askPayment(tx, {
    customerId: booking.customerId,
    ...{ subject: subjectOf(booking), purpose, amount, title, payBy, key },
  })
}

/** Takes back what was asked and is not paid. */
export async function stopAsking(tx: Tx, booking: Booking, why: string): Promise<void> {
  for (const { id, state } of await paymentsFor(tx, booking))
    if (state === 'open') await cashier?.cancelPayment(tx, id, why)
}

/** What was paid for a booking and has not gone back. */
export async function paidFor(tx: Tx, booking: Booking): Promise<number> {
  const payments = await paymentsFor(tx, booking)
  return payments.reduce((sum, { received, refunded }) => sum + received - refunded, 0)
}

/**
 * A booking is called off: so much of what was paid goes back, the last payment first, and what does not is earned for
 * the car that was kept.
 */
export async function sendBack(tx: Tx, terms: Terms, booking: Booking, amount: number, by: Actor): Promise<void> {
  const payments = await paymentsFor(tx, booking)
  const kept = payments.reduce((sum, { received, refunded }) => sum + received - refunded, 0) - amount
  let left = amount
  for (const payment of payments.reverse()) {
    const part = Math.min(left, payment.received - payment.refunded)
    if (part <= 0) continue
    const key = `booking:${booking.id}:${booking.state}:${payment.id}`
    await cashier?.askRefund(tx, payment, { amount: part, reason: terms.refund_reason, key, by })
    left -= part
  }
  if (kept <= 0) return
  await cashier?.post(tx, {
    ...{ key: `booking:${booking.id}:kept`, kind: `booking.${booking.state}`, subject: subjectOf(booking) },
    customerId: booking.customerId,
    lines: [
      { account: 'customers:owed', amount: kept },
      { account: 'revenue:fee', amount: -kept },
    ],
  })
}

/** What was asked for a booking itself. */
export async function paymentsFor(tx: Tx, booking: Booking): Promise<Paid[]> {
  const all = (await cashier?.paymentsOf(tx, subjectOf(booking))) ?? []
  return all.filter(({ purpose }) => PURPOSES.has(purpose))
}

function subjectOf({ id }: Booking) {
  return { type: 'booking', id }
}
