import { type Actor, record, SYSTEM } from '../../engines/events/events.ts'
import { Conflict, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { post } from '../ledger/ledger.ts'
import { tellRefunded } from './hooks.ts'
import { accountOf, type Payment } from './payment.ts'
import { paymentById, subjectOf } from './payments.ts'
import { Refund } from './refund.ts'

export { Refund } from './refund.ts'

interface RefundWish {
  /** In fen. */
  amount: number
  /** What the customer reads at WeChat. */
  reason: string
  /** Names the asking: the same again is the same refund. */
  key: string
  by: Actor
}

/** The one statement that decides how much of a payment goes back, however many ask at once. */
const TAKE = `UPDATE payments SET refunded = refunded + ?, version = version + 1
  WHERE id = ? AND refunded + ? <= received`

/** Sends money of a payment back, never more than is left of it; throws Conflict. A duty carries it out. */
export async function askRefund(tx: Tx, payment: Payment, { amount, reason, key, by }: RefundWish): Promise<Refund> {
  const known = await tx.first(Refund, 'WHERE askKey = ?', [key])
  if (known) return known
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new Error(`${amount} fen cannot be paid back`)
  const id = newId(tx.now)
  const row = {
    ...{ id, number: `R${id}`, askKey: key, paymentId: payment.id, amount, reason: reason.slice(0, 60) },
    ...{ state: 'due' as const, refundId: null, error: null, createdAt: tx.now, sentAt: null, doneAt: null },
    ...{ byHand: false, wakeAt: tx.now, attempts: 0, version: 0 },
  }
  if ((await tx.run(TAKE, [amount, payment.id, amount])) !== 1)
    throw new Conflict('refund_too_much', { left: (await paymentById(tx, payment.id)).left() })
  if (!(await tx.insertOnce(Refund, row))) throw new LostRace()
  // Whoever holds the payment goes on with it as it stands now.
  Object.assign(payment, await paymentById(tx, payment.id))
  const { customerId, number } = payment
  const subject = subjectOf(payment)
  await post(tx, {
    ...{ key: `refund:${id}:asked`, kind: 'refund.asked', subject, customerId },
    lines: [
      { account: accountOf(payment), amount },
      { account: 'refunds:due', amount: -amount },
    ],
  })
  const data = { number, refund: row.number, amount, reason: row.reason }
  await record(tx, 'refund.asked', { by, subject, customerId, data })
  return Object.assign(new Refund(), row)
}

/** Everything that goes back of a payment, in order. */
export function refundsOf(tx: Tx, payment: Pick<Payment, 'id'>): Promise<Refund[]> {
  return tx.find(Refund, 'WHERE paymentId = ? ORDER BY id', [payment.id])
}

/** A refund by its id; throws NotFound. */
export async function refundById(tx: Tx, id: string): Promise<Refund> {
  const refund = await tx.get(Refund, id)
  if (!refund) throw new NotFound('refund')
  return refund
}

/** A refund has arrived: by the platform, or paid by hand. Once. */
export async function endRefund(tx: Tx, refund: Refund, { at, byHand = false }: { at: number; byHand?: boolean }) {
  const payment = await paymentById(tx, refund.paymentId)
  await changeRefund(tx, refund, { state: 'done', doneAt: at, byHand, error: null, wakeAt: null })
  const { customerId, number, purpose } = payment
  const { amount, reason } = refund
  const subject = subjectOf(payment)
  await post(tx, {
    ...{ key: `refund:${refund.id}:done`, kind: 'refund.done', subject, customerId, at },
    lines: [
      { account: 'refunds:due', amount },
      { account: byHand ? 'cash:bank' : 'cash:wechatpay', amount: -amount },
    ],
  })
  await record(tx, 'payment.returned', {
    ...{ by: SYSTEM, subject, customerId, at, dedupKey: `payment.returned:${refund.id}` },
    data: { number, refund: refund.number, amount, purpose, reason },
  })
  await tellRefunded(tx, refund, payment)
}

/** Writes a change of a refund if it is still as it was read; otherwise the transaction runs again. */
export async function changeRefund(tx: Tx, refund: Refund, changes: Partial<Refund>): Promise<void> {
  const next = { ...changes, version: refund.version + 1 }
  if (!(await tx.update(Refund, refund.id, next, { version: refund.version }))) throw new LostRace()
  Object.assign(refund, next)
}
