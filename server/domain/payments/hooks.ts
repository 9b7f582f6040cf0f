import type { Tx } from '../../lib/tx.ts'
import type { Deposit } from './deposit.ts'
import type { Payment } from './payment.ts'
import type { Refund } from './refund.ts'

/** What a noun does with money that has come; `returned`: it is no longer wanted and goes back at once. */
type HearPaid = (tx: Tx, payment: Payment) => Promise<'kept' | 'returned'>
type HearRefunded = (tx: Tx, refund: Refund, payment: Payment) => Promise<void>
type HearVouched = (tx: Tx, deposit: Deposit) => Promise<void>

const paid = new Map<string, HearPaid>()
const refunded = new Map<string, HearRefunded>()
const vouched = new Map<string, HearVouched>()

/** Lets a noun hear of payments for it, in the transaction that notes them. */
export function whenPaid(subjectType: string, hear: HearPaid): void {
  paid.set(subjectType, hear)
}

/** Lets a noun hear of refunds that have arrived. */
export function whenRefunded(subjectType: string, hear: HearRefunded): void {
  refunded.set(subjectType, hear)
}

/** Tells the noun for which it was asked that a payment has come; what nobody asks for is kept. */
export async function tellPaid(tx: Tx, payment: Payment): Promise<'kept' | 'returned'> {
  return (await paid.get(payment.subjectType)?.(tx, payment)) ?? 'kept'
}

/** Tells the noun that a refund has arrived. */
export async function tellRefunded(tx: Tx, refund: Refund, payment: Payment): Promise<void> {
  await refunded.get(payment.subjectType)?.(tx, refund, payment)
}

/** Lets a noun hear that WeChat vouches for the customer: its deposit is not waited for any more. */
export function whenVouched(subjectType: string, hear: HearVouched): void {
  vouched.set(subjectType, hear)
}

/** Tells the noun whose deposit it is that WeChat vouches for the customer. */
export async function tellVouched(tx: Tx, deposit: Deposit): Promise<void> {
  await vouched.get(deposit.subjectType)?.(tx, deposit)
}
