import { bookingPaid } from '../server/domain/bookings/paid.ts'
import { type Paid, useCashier } from '../server/domain/bookings/pay.ts'
import type { Database } from '../server/lib/db.ts'

interface TillPayment extends Paid {
  key: string
}

/** Payments without a platform: whoever is asked pays when the story says so. */
export class Till {
  readonly payments: TillPayment[] = []
  /** What was earned for cars that were kept in vain. */
  kept = 0
  readonly refunds: { payment: string; amount: number; key: string }[] = []

  constructor() {
    useCashier({
      askPayment: async (_tx, { subject, purpose, amount, payBy, key }) => {
        const known = this.payments.find((one) => one.key === key)
        if (known) return known
        const id = `PAY${String(this.payments.length + 1).padStart(23, '0')}`
        const payment: TillPayment = {
          id,
          subjectId: subject.id,
          purpose,
          amount,
          payBy,
          key,
          received: 0,
          refunded: 0,
          state: 'open',
        }
        this.payments.push(payment)
        return payment
      },
      cancelPayment: async (_tx, id) => {
        const payment = this.payments.find((one) => one.id === id)
        if (payment?.state === 'open') payment.state = 'closed'
      },
      paymentsOf: async (_tx, { id }) => this.payments.filter(({ subjectId }) => subjectId === id),
      askRefund: async (_tx, payment, { amount, key }) => {
        if (this.refunds.some((one) => one.key === key)) return
        if (payment.refunded + amount > payment.received) throw new Error('more goes back than came')
        payment.refunded += amount
        this.refunds.push({ payment: payment.id, amount, key })
      },
      post: async (_tx, { lines: [line] }) => {
        this.kept += line?.amount ?? 0
      },
    })
  }

  /** The newest payment that was asked for a booking comes, whether it still may or not. */
  async pay(db: Database, bookingId: string, purpose = 'rental'): Promise<'kept' | 'returned'> {
    const payment = this.payments.findLast((one) => one.subjectId === bookingId && one.purpose === purpose)
    if (!payment) throw new Error('nothing was asked')
    payment.state = 'paid'
    payment.received = payment.amount
    const outcome = await db.write((tx) => bookingPaid(tx, payment))
    if (outcome === 'returned') payment.refunded = payment.amount
    return outcome
  }

  /** What has come for a booking and not gone back. */
  balance(bookingId: string): number {
    const own = this.payments.filter(({ subjectId }) => subjectId === bookingId)
    return own.reduce((sum, { received, refunded }) => sum + received - refunded, 0)
  }
}
