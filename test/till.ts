import { balanceOf } from '../server/domain/ledger/ledger.ts'
import { notePaid } from '../server/domain/payments/news.ts'
import { type Payment, paymentsOf } from '../server/domain/payments/payments.ts'
import type { Database } from '../server/lib/db.ts'

/** Customers who pay for bookings without taking out their phones: the platform's word comes when the story says so. */
export class Till {
  constructor(private readonly database: () => Database) {}

  /** The newest payment that was asked for a booking was made in time, and is heard of only now. */
  async pay(bookingId: string, purpose = 'rental'): Promise<'kept' | 'returned'> {
    const asked = (await this.payments(bookingId)).findLast((one) => one.purpose === purpose)
    if (!asked) throw new Error('nothing was asked')
    const { number, amount, payBy } = asked
    await this.database().write((tx) => {
      const paidAt = Math.min(tx.now, payBy)
      return notePaid(tx, { number, state: 'SUCCESS', transactionId: `T${number}`, amount, currency: 'CNY', paidAt })
    })
    const payment = (await this.payments(bookingId)).find(({ id }) => id === asked.id)
    return payment?.left() === amount ? 'kept' : 'returned'
  }

  /** What was asked for a booking, in order. */
  payments(bookingId: string): Promise<Payment[]> {
    return this.database().read((tx) => paymentsOf(tx, { type: 'booking', id: bookingId }))
  }

  /** What has come for a booking itself and not gone back. */
  async balance(bookingId: string): Promise<number> {
    const own = (await this.payments(bookingId)).filter(({ purpose }) => purpose !== 'deposit')
    return own.reduce((sum, payment) => sum + payment.left(), 0)
  }

  /** What was earned for cars that were kept in vain. */
  async kept(): Promise<number> {
    return -(await this.database().read((tx) => balanceOf(tx, 'revenue:fee')))
  }
}
