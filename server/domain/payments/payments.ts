import { record, SYSTEM } from '../../engines/events/events.ts'
import { NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { type ClosedWhy, Payment } from './payment.ts'

export { whenPaid, whenRefunded, whenVouched } from './hooks.ts'
export { Payment } from './payment.ts'

export interface PaymentWish {
  customerId: string
  subject: { type: string; id: string }
  /** What it is for: `deposit` is held for the customer, all else counts for what they owe. */
  purpose: string
  /** In fen. */
  amount: number
  /** What the customer reads when they pay. */
  title: string
  payBy: number
  /** Names the asking: the same again is the same payment. */
  key: string
}

/** Asks a customer for money. They pay it on their phone, until its time is over or it is taken back. */
export async function askPayment(tx: Tx, wish: PaymentWish): Promise<Payment> {
  const { customerId, subject, purpose, amount, title, payBy, key } = wish
  const known = await tx.first(Payment, 'WHERE askKey = ?', [key])
  if (known) return known
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new Error(`a payment of ${amount} fen cannot be asked for`)
  const id = newId(tx.now)
  const row = {
    ...{ id, number: `P${id}`, askKey: key, customerId, subjectType: subject.type, subjectId: subject.id },
    ...{ purpose, title: title.slice(0, 60), amount, received: 0, refunded: 0, payBy, createdAt: tx.now },
    ...{ state: 'open' as const, closedWhy: null, openedAt: null, openedFor: null, prepayId: null, prepayUntil: null },
    ...{ transactionId: null, paidAt: null, wakeAt: payBy, attempts: 0, version: 0 },
  }
  // Asked twice at once: one of them is made, the other runs again and finds it.
  if (!(await tx.insertOnce(Payment, row))) throw new LostRace()
  await record(tx, 'payment.asked', { by: SYSTEM, subject, customerId, data: { number: row.number, amount, purpose } })
  return Object.assign(new Payment(), row)
}

/** Takes back what was asked; nothing happens to what is paid already. Paid all the same, the money returns by itself. */
export async function cancelPayment(tx: Tx, paymentId: string, why: string): Promise<void> {
  const payment = await paymentById(tx, paymentId)
  if (payment.state === 'open') await closePayment(tx, payment, 'given_up', why)
}

/** Closes a payment that is open; the platform is told if it has heard of it. */
export async function closePayment(tx: Tx, payment: Payment, closedWhy: ClosedWhy, why: string): Promise<void> {
  const told = payment.openedAt === null || closedWhy !== 'given_up'
  await changePayment(tx, payment, { state: 'closed', closedWhy, wakeAt: told ? null : tx.now, attempts: 0 })
  const { customerId, number, amount, purpose } = payment
  const data = { number, amount, purpose, why }
  await record(tx, 'payment.closed', { by: SYSTEM, subject: subjectOf(payment), customerId, data })
}

/** A payment by its id; throws NotFound. */
export async function paymentById(tx: Tx, id: string): Promise<Payment> {
  const payment = await tx.get(Payment, id)
  if (!payment) throw new NotFound('payment')
  return payment
}

/** Everything that was asked for a subject, in order. */
export function paymentsOf(tx: Tx, subject: { type: string; id: string }): Promise<Payment[]> {
  return tx.find(Payment, 'WHERE subjectId = ? AND subjectType = ? ORDER BY id', [subject.id, subject.type])
}

/** Writes a change of a payment if it is still as it was read; otherwise the transaction runs again. */
export async function changePayment(tx: Tx, payment: Payment, changes: Partial<Payment>): Promise<void> {
  const next = { ...changes, version: payment.version + 1 }
  if (!(await tx.update(Payment, payment.id, next, { version: payment.version }))) throw new LostRace()
  Object.assign(payment, next)
}

/** What a payment is for. */
export function subjectOf({ subjectType, subjectId }: Payment): { type: string; id: string } {
  return { type: subjectType, id: subjectId }
}
