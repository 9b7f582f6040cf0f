/** What happens in a rental stands on bookings and payments: all that it takes from them is named here. */
export type { Booking, State } from '../bookings/booking.ts'
export {
  bookingById,
  closeBooking,
  endBooking,
  settleBooking,
  startBooking,
  termsOf,
  whenBookingChanges,
} from '../bookings/bookings.ts'
export { extendBooking } from '../bookings/extend.ts'
export { moveBooking } from '../bookings/move.ts'
export { whenPaidFor } from '../bookings/paid.ts'
export { paidFor, stopAsking } from '../bookings/pay.ts'
export { modelOf, shotsOf, storeOf } from '../bookings/rental-file.ts'
export type { Shot, Terms } from '../bookings/terms.ts'
export { partLook } from '../bookings/view.ts'
export type { Account } from '../ledger/accounts.ts'
export { post } from '../ledger/ledger.ts'
export {
  type Deposit,
  deductDeposit,
  depositHeld,
  depositOf,
  openDeposit,
  releaseDeposit,
} from '../payments/deposits.ts'
export { askPayment, cancelPayment, type Payment, paymentById, paymentsOf } from '../payments/payments.ts'
export { askRefund } from '../payments/refunds.ts'
