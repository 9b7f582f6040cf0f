import type { Tx } from '../../lib/tx.ts'
import type { Payment } from './payment.ts'
import { refundsOf } from './refunds.ts'

/** A payment as its customer sees it. Amounts are in fen. */
export interface PaymentLook {
  id: string
  number: string
  title: string
  amount: number
  state: 'open' | 'paid' | 'closed'
  payBy: number
  paidAt: number | null
  refunded: number
  refunds: { amount: number; reason: string; state: 'on_its_way' | 'arrived'; at: number }[]
}

/** A payment with what goes back of it. */
export async function paymentLook(tx: Tx, payment: Payment): Promise<PaymentLook> {
  const { id, number, title, amount, state, payBy, paidAt, refunded } = payment
  const refunds = (await refundsOf(tx, payment)).map((refund) => ({
    amount: refund.amount,
    reason: refund.reason,
    state: refund.state === 'done' ? ('arrived' as const) : ('on_its_way' as const),
    at: refund.doneAt ?? refund.createdAt,
  }))
  return { id, number, title, amount, state, payBy, paidAt, refunded, refunds }
}
