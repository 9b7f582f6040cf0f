import { type Actor, SYSTEM } from '../../engines/events/events.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Booking } from '../bookings/booking.ts'
import { modelOf } from '../bookings/rental-file.ts'
import type { Terms } from '../bookings/terms.ts'
import { depositHeld, depositOf, openDeposit, releaseDeposit } from '../payments/deposits.ts'
import { askPayment, cancelPayment, type Payment, paymentsOf } from '../payments/payments.ts'
import type { Rental } from './rental.ts'
import type { RentalRules } from './rules.ts'

/** What payments for deposits, and for bills, are called. */
export const DEPOSIT = 'deposit'
export const BILL = 'bill'

/** Asks for the deposit of a booking: for the car and for violations, unless the customer's tier makes it needless. */
export async function openRentalDeposit(tx: Tx, booking: Booking, terms: Terms, rules: RentalRules): Promise<void> {
  const { car, violation } = modelOf(terms, booking.model).deposit
  const amount = car + violation
  if (amount === 0) return
  const { id, customerId, tier, fromAt } = booking
  const subject = { type: 'booking', id }
  const waived = tier !== null && terms.waiver.tiers.includes(tier)
  const deposit = await openDeposit(tx, { customerId, subject, amount, ...(waived && { waived: `tier:${tier}` }) })
  if (deposit.state !== 'due') return
  await askPayment(tx, {
    ...{ customerId, subject, purpose: DEPOSIT, amount, key: `deposit:${id}` },
    title: rules.titles.deposit,
    // Nobody drives off without it, and whoever comes late still may.
    payBy: Math.max(fromAt, tx.now) + terms.no_show_after,
  })
}

/** The payment of a deposit has come; what is no longer wanted goes back. */
export async function takeDeposit(tx: Tx, booking: Booking, payment: Payment): Promise<'kept' | 'returned'> {
  if (booking.state !== 'confirmed') return 'returned'
  const deposit = await depositOf(tx, { type: 'booking', id: booking.id })
  return deposit && (await depositHeld(tx, deposit.id, payment)) ? 'kept' : 'returned'
}

/** Whether nothing is wanted for the deposit any more: it is there, or none is asked for. */
export async function isDepositSettled(tx: Tx, bookingId: string): Promise<boolean> {
  const deposit = await depositOf(tx, { type: 'booking', id: bookingId })
  return deposit === undefined || deposit.state !== 'due'
}

/** What can still be taken from the deposit of a rental. */
export async function depositLeft(tx: Tx, bookingId: string): Promise<number> {
  return (await depositOf(tx, { type: 'booking', id: bookingId }))?.left() ?? 0
}

/** What was asked for a deposit, and is not paid, is taken back. */
export async function stopAskingForDeposit(tx: Tx, { id }: Pick<Rental, 'id'>, why: string): Promise<void> {
  for (const { id: paymentId, purpose, state } of await paymentsOf(tx, { type: 'booking', id }))
    if (purpose === DEPOSIT && state === 'open') await cancelPayment(tx, paymentId, why)
}

/** The deposit is needed no more: what is left of it goes back now, and what was asked for it is taken back. */
export async function dropDeposit(tx: Tx, { id }: Pick<Rental, 'id'>, by: Actor = SYSTEM): Promise<void> {
  const subject = { type: 'booking', id }
  await stopAskingForDeposit(tx, { id }, 'rental_over')
  const deposit = await depositOf(tx, subject)
  if (deposit && deposit.state !== 'settled') await releaseDeposit(tx, deposit.id, { at: tx.now, by })
}
