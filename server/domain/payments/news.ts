import { record, SYSTEM } from '../../engines/events/events.ts'
import type { Tx } from '../../lib/tx.ts'
import type { RefundNews, Trade } from '../../platforms/wechatpay.ts'
import { post } from '../ledger/ledger.ts'
import { openDifference, settleRefund, tellStuck } from './differences.ts'
import { tellPaid } from './hooks.ts'
import { accountOf, Payment } from './payment.ts'
import { changePayment, subjectOf } from './payments.ts'
import { askRefund, changeRefund, endRefund, Refund } from './refunds.ts'
import { askAfter, LOST_FROM_SIGHT } from './turns.ts'

/**
 * The platform says that something was paid: by itself, once or twice or late, when it is asked, or in its bill. It counts
 * once. What nobody wants any more goes back in the same transaction; what fits nothing is kept apart for finance.
 */
export async function notePaid(tx: Tx, trade: Trade): Promise<void> {
  const { number, transactionId, amount, currency = 'CNY', paidAt = tx.now } = trade
  if (!isPaid(trade) || transactionId === undefined || amount === undefined) return
  const payment = await tx.first(Payment, 'WHERE number = ?', [number])
  if (!payment) {
    await openDifference(tx, { kind: 'unknown', number, theirs: amount, code: transactionId })
    return
  }
  if (payment.transactionId === transactionId) return
  if (payment.transactionId !== null) {
    await openDifference(tx, {
      kind: 'unknown',
      number,
      mark: transactionId,
      payment,
      theirs: amount,
      code: transactionId,
    })
    return
  }
  const odd = amount !== payment.amount || currency !== 'CNY'
  // Paid in time and heard of late is not late: whoever asked for it says whether it is still wanted.
  const late = payment.state === 'closed' && (payment.closedWhy !== 'lapsed' || paidAt > payment.payBy)
  const came = { received: amount, transactionId, paidAt, wakeAt: null, attempts: 0 }
  const then: Partial<Payment> = odd ? { state: 'closed', closedWhy: 'odd' } : { state: 'paid' }
  await changePayment(tx, payment, { ...came, ...then })
  const { id, customerId, purpose } = payment
  const subject = subjectOf(payment)
  await post(tx, {
    ...{ key: `payment:${id}`, kind: 'payment', subject, customerId, at: paidAt },
    lines: [
      { account: 'cash:wechatpay', amount },
      { account: accountOf(payment), amount: -amount },
    ],
  })
  if (odd) {
    await openDifference(tx, { kind: 'odd', number, payment, ours: payment.amount, theirs: amount, code: currency })
    return
  }
  await record(tx, 'payment.received', {
    by: { type: 'customer', id: customerId },
    ...{ subject, customerId, at: paidAt, dedupKey: `payment.received:${id}` },
    data: { number, source: 'wechatpay', method: 'wechatpay', amount, purpose, late },
  })
  if (!late && (await tellPaid(tx, payment)) === 'kept') return
  const left = payment.left()
  if (left > 0) await askRefund(tx, payment, { amount: left, reason: payment.title, key: `returned:${id}`, by: SYSTEM })
}

/** Whether somebody has paid, whatever became of it since. */
export function isPaid({ state }: Trade): boolean {
  return state === 'SUCCESS' || state === 'REFUND'
}

/** The platform says how a refund stands. It arrives once; one that it cannot carry out becomes work of finance. */
export async function noteRefund(tx: Tx, news: RefundNews): Promise<void> {
  const { number, refundId, state, amount, takenAt, doneAt = tx.now } = news
  const refund = await tx.first(Refund, 'WHERE number = ?', [number])
  if (!refund) {
    await openDifference(tx, { kind: 'unknown', number, theirs: amount, code: refundId })
    return
  }
  if (refund.state === 'done') {
    // Somebody has paid it by hand, and the platform has done so as well.
    if (refund.byHand && state === 'SUCCESS')
      await openDifference(tx, { kind: 'unknown', number, mark: 'by_hand', refund, theirs: amount, code: refundId })
    return
  }
  if (amount !== refund.amount)
    await openDifference(tx, { kind: 'amount', number, refund, ours: refund.amount, theirs: amount, code: refundId })
  // Notifications do not say when it was taken; without that it counts to no day of ours, only to the bill's.
  const known = { refundId, sentAt: refund.sentAt ?? takenAt ?? null }
  if (state === 'SUCCESS') {
    await changeRefund(tx, refund, known)
    await settleRefund(tx, refund)
    return endRefund(tx, refund, { at: doneAt })
  }
  if (state === 'PROCESSING') {
    // What was stuck and is worked on again at the platform's own pages is waited for as before.
    const attempts = refund.state === 'sent' ? refund.attempts : 0
    return changeRefund(tx, refund, {
      ...known,
      state: 'sent',
      wakeAt: askAfter(tx.now, attempts),
      attempts: attempts + 1,
    })
  }
  const fresh = refund.state !== 'stuck'
  await changeRefund(tx, refund, { ...known, state: 'stuck', error: state, wakeAt: tx.now + LOST_FROM_SIGHT })
  if (fresh) await tellStuck(tx, refund, state)
}
