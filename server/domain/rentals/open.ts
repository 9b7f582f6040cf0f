import { type Heard, onEvents } from '../../engines/events/events.ts'
import { whenStopped } from '../../engines/flows/hooks.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import type { Shelf } from '../../engines/packs/shelf.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Booking } from '../bookings/booking.ts'
import { whenBookingChanges } from '../bookings/bookings.ts'
import { whenPaidFor } from '../bookings/paid.ts'
import { type Payment, paymentById, whenVouched } from '../payments/payments.ts'
import { answerAppeal } from './appeals.ts'
import { billPaid } from './collect.ts'
import { BILL, DEPOSIT, takeDeposit } from './deposit.ts'
import { showMissingAgain } from './missing.ts'
import { Rental } from './rental.ts'
import { hearOfBooking, hearOfExtension, RENTAL_FLOW, tellReady, useRentalFlow } from './rentals.ts'
import { hearOfVouching } from './score.ts'

/** Lets rentals hear of bookings and of what is paid for them. */
export function openRentals(shelf: Shelf): void {
  useRentalFlow(() => shelf.flows.get(RENTAL_FLOW))
  whenBookingChanges(hearOfBooking)
  whenPaidFor(DEPOSIT, (tx, booking, { id }) => hearOfDeposit(tx, booking, id))
  whenPaidFor(BILL, (tx, booking, { id }) => hearOfBill(tx, booking, id))
  whenVouched('booking', hearOfVouching)
  onEvents(hearOfExtensions, ({ name }) => name === 'booking.extended')
  onEvents(hearOfPapers, ({ name }) => name === 'document.added' || name === 'document.removed')
  whenStopped(hearOfStopped)
}

/** An appeal that its customer takes back was granted nothing. */
async function hearOfStopped(tx: Tx, { subjectId }: FlowRun): Promise<void> {
  const rental = await tx.first(Rental, 'WHERE appealId = ?', [subjectId])
  if (rental?.billState === 'disputed') await answerAppeal(tx, rental, 0, 'withdrawn')
}

async function hearOfExtensions(tx: Tx, events: Heard[]): Promise<void> {
  for (const { subjectId } of events) await hearOfExtension(tx, subjectId)
}

async function hearOfPapers(tx: Tx, events: Heard[]): Promise<void> {
  for (const customerId of new Set(events.map(({ subjectId }) => subjectId)))
    for (const rental of await tx.find(Rental, 'WHERE customerId = ? AND endedAt IS NULL', [customerId]))
      await showMissingAgain(tx, rental)
}

async function hearOfDeposit(tx: Tx, booking: Booking, paymentId: string): Promise<'kept' | 'returned'> {
  const taken = await takeDeposit(tx, booking, await paymentById(tx, paymentId))
  const rental = await tx.get(Rental, booking.id)
  if (taken === 'kept' && rental) await tellReady(tx, rental)
  return taken
}

async function hearOfBill(tx: Tx, { id }: Booking, paymentId: string): Promise<'kept' | 'returned'> {
  const payment: Payment = await paymentById(tx, paymentId)
  const rental = await tx.get(Rental, id)
  return rental ? billPaid(tx, rental, payment) : 'returned'
}
