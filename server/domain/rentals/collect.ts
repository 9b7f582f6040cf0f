import { MINUTE } from '../../lib/clock.ts'
import type { Tx } from '../../lib/tx.ts'
import { post } from '../ledger/ledger.ts'
import { askPayment, cancelPayment, type Payment, paymentById } from '../payments/payments.ts'
import { BILL } from './deposit.ts'
import type { Rental } from './rental.ts'
import { changeRental, subjectOf, tell } from './rentals.ts'
import { rulesOf } from './rules.ts'

/** Asks the customer for what the deposit does not give; with nothing left the bill is paid. */
export async function askForRest(tx: Tx, rental: Rental, amount: number, key: string): Promise<void> {
  if (amount === 0) return paidInFull(tx, rental)
  const { titles, bill } = await rulesOf(tx, rental.rulesId)
  const payment = await askPayment(tx, {
    ...{ customerId: rental.customerId, subject: subjectOf(rental), purpose: BILL, amount, title: titles.bill },
    ...{ payBy: tx.now + bill.pay_within, key },
  })
  await changeRental(tx, rental, { billState: 'paying', paymentId: payment.id })
}

/** What the customer is asked for at present, or undefined. */
export async function askedFor(tx: Tx, rental: Rental): Promise<Payment | undefined> {
  return rental.billState === 'paying' && rental.paymentId ? paymentById(tx, rental.paymentId) : undefined
}

/**
 * The time after which what is asked for cannot be paid any more: a minute later, so that the platform has been asked
 * whether it was paid in the last moment.
 */
export async function askedUntil(tx: Tx, rental: Rental): Promise<number> {
  return ((await askedFor(tx, rental))?.payBy ?? tx.now) + MINUTE
}

/** Asks anew for what was not paid in time, once for its key: it can be paid again for as long as at first. */
export async function askAgain(tx: Tx, rental: Rental, key: string): Promise<void> {
  const asked = await askedFor(tx, rental)
  if (asked) await askInstead(tx, rental, asked, asked.amount, key)
}

/** Asks for another amount in place of what is asked for now; with nothing left the bill is paid. */
export async function askInstead(tx: Tx, rental: Rental, asked: Payment, amount: number, key: string): Promise<void> {
  await cancelPayment(tx, asked.id, 'bill_asked_anew')
  await askForRest(tx, rental, amount, `${kindOf(asked)}:${rental.id}:${key}`)
}

/** A bill has been paid on the phone; what was asked for once more since then is taken back. */
export async function billPaid(tx: Tx, rental: Rental, payment: Payment): Promise<'kept' | 'returned'> {
  const asked = await askedFor(tx, rental)
  if (!asked || !isSame(payment, asked)) return 'returned'
  if (payment.id !== asked.id) {
    await cancelPayment(tx, asked.id, 'bill_paid')
    await changeRental(tx, rental, { paymentId: payment.id })
  }
  await paidInFull(tx, rental)
  return 'kept'
}

/** What nobody has paid in time is written off; the money may have come another way, or not at all. */
export async function closeBill(tx: Tx, rental: Rental, how: 'paid' | 'lost', key: string): Promise<void> {
  const asked = await askedFor(tx, rental)
  if (!asked) return
  await cancelPayment(tx, asked.id, 'bill_closed')
  await post(tx, {
    ...{ key: `bill:${rental.id}:${key}`, kind: `bill.${how}` },
    ...{ subject: subjectOf(rental), customerId: rental.customerId },
    lines: [
      { account: how === 'paid' ? 'cash:bank' : 'cost:lost', amount: asked.amount },
      { account: 'customers:owed', amount: -asked.amount },
    ],
  })
  await changeRental(tx, rental, { billState: 'paid' })
  await tell(tx, rental, 'bill.closed', { how, amount: asked.amount })
}

async function paidInFull(tx: Tx, rental: Rental): Promise<void> {
  await changeRental(tx, rental, { billState: 'paid' })
  await tell(tx, rental, 'bill.paid', { total: rental.bill?.total ?? 0 })
}

/** Whether two payments are asked for the same: the bill, or violations that became known after it. */
function isSame(one: Payment, other: Payment): boolean {
  return one.id === other.id || (one.amount === other.amount && kindOf(one) === kindOf(other))
}

function kindOf({ askKey }: Payment): string {
  return askKey.split(':')[0] ?? ''
}
