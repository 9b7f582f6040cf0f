import { bookingPaid } from './domain/bookings/paid.ts'
import { useCashier } from './domain/bookings/pay.ts'
import { post } from './domain/ledger/ledger.ts'
import { askPayment, cancelPayment, paymentsOf, whenPaid } from './domain/payments/payments.ts'
import { askRefund } from './domain/payments/refunds.ts'

/** Lets bookings ask for money, and hear of what has come. */
export function openCashier(): void {
  useCashier({ askPayment, cancelPayment, paymentsOf, askRefund, post })
  whenPaid('booking', bookingPaid)
}
