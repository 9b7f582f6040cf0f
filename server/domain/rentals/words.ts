import { z } from 'zod'
import { changeRun } from '../../engines/flows/flows.ts'
import type { FlowWord } from '../../engines/flows/hooks.ts'
import { opened } from '../../lib/crypto.ts'
import { Conflict } from '../../lib/errors.ts'
import { bookingById, closeBooking, endBooking, startBooking, termsOf } from '../bookings/bookings.ts'
import { moveBooking } from '../bookings/move.ts'
import { billWords } from './bill-words.ts'
import { isDepositSettled } from './deposit.ts'
import { type InspectionFields, inspectionAt } from './inspection.ts'
import { showMissing } from './missing.ts'
import { changeRental, factsOf } from './rentals.ts'
import { byOf, rentalOf } from './subject.ts'

const field = z.string().regex(/^[a-z][A-Za-z0-9_]*$/, 'name a field of the form')
const inspection = {
  shots: field.default('shots'),
  odometer: field.default('odometer'),
  fuel: field.default('fuel'),
  note: field.default('note'),
}

/** The booking gets another car of its model; throws Conflict when there is none. */
const changeCar: FlowWord<object> = {
  name: 'change_car',
  args: z.strictObject({}),
  async run(tx, { run }) {
    const booking = await bookingById(tx, run.subjectId)
    if (!(await moveBooking(tx, booking))) throw new Conflict('rental_no_other_car')
    await changeRun(tx, run, { facts: await factsOf(tx, booking, await termsOf(tx, booking), run.facts) })
  },
}

/** The car goes with its renter, as the step of that name has found it. */
const startRental: FlowWord<InspectionFields & { as: string }> = {
  name: 'start_rental',
  args: z.strictObject({ ...inspection, as: field, signature: field.optional() }),
  async run(tx, turn, { as, ...fields }) {
    const rental = await rentalOf(tx, turn)
    const booking = await bookingById(tx, rental.id)
    if (booking.state === 'running') return
    if (!(await isDepositSettled(tx, rental.id))) throw new Conflict('rental_no_deposit')
    const at = { booking, terms: await termsOf(tx, booking), store: booking.storeId }
    const pickup = await inspectionAt(tx, turn, as, fields, at)
    const signed = fields.signature ? opened(turn.step.answers?.[fields.signature]) : undefined
    pickup.signatureId = typeof signed === 'string' ? signed : (rental.pickup?.signatureId ?? null)
    await changeRental(tx, rental, { pickup })
    await startBooking(tx, booking, { at: tx.now, by: byOf(turn) })
  },
}

/** The car is back: from when the customer said so, if that was a moment ago, else from now. */
const endRental: FlowWord<InspectionFields & { as?: string; within_min: number }> = {
  name: 'end_rental',
  args: z.strictObject({ ...inspection, as: field.optional(), within_min: z.int().min(0).max(600).default(60) }),
  async run(tx, turn, { as, within_min, ...fields }) {
    const rental = await rentalOf(tx, turn)
    const booking = await bookingById(tx, rental.id)
    const at = { booking, terms: await termsOf(tx, booking), store: booking.returnStoreId }
    const giveback = await inspectionAt(tx, turn, as ?? turn.step.name, fields, at)
    giveback.signatureId = rental.giveback?.signatureId ?? null
    await changeRental(tx, rental, { giveback })
    if (booking.state !== 'running') return
    const said = Number(turn.run.about?.returned_at ?? 0)
    const back = said > tx.now - within_min * 60_000 ? said : tx.now
    // Its maintenance goes by what it has driven.
    const meters = giveback.odometer * 1000
    await endBooking(tx, booking, { at: Math.max(back, booking.startedAt ?? 0), by: byOf(turn), meters })
  },
}

/** Nothing is open any more. */
const close: FlowWord<object> = {
  name: 'close_rental',
  args: z.strictObject({}),
  async run(tx, turn) {
    const rental = await rentalOf(tx, turn)
    const booking = await bookingById(tx, rental.id)
    if (booking.state === 'returned' || booking.state === 'settled') await closeBooking(tx, booking)
    await changeRental(tx, rental, { endedAt: tx.now })
  },
}

/** Whoever has the step reads which of papers, contract and deposit its customer still owes. */
const missing: FlowWord<object> = {
  name: 'show_missing',
  args: z.strictObject({}),
  async run(tx, turn) {
    await showMissing(tx, turn.run, await rentalOf(tx, turn))
  },
}

/** The words that rentals lend to the flows. */
export const rentalWords = [missing, changeCar, startRental, endRental, close, ...billWords] as FlowWord[]
