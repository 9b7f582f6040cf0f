import { record } from '../../engines/events/events.ts'
import { claimPictures, PAPER_PICTURE } from '../../engines/files/files.ts'
import { changeRun, runOf, signalFlows } from '../../engines/flows/flows.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import { Conflict } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { bookingById } from '../bookings/bookings.ts'
import { shotsIn } from './inspection.ts'
import type { Inspection, Rental } from './rental.ts'
import { about, changeRental, subjectOf, tell } from './rentals.ts'

/** The customer signs how the car went, or how it came back. Throws Conflict when there is nothing to sign. */
export async function signInspection(
  tx: Tx,
  rental: Rental,
  side: 'pickup' | 'giveback',
  picture: string,
): Promise<void> {
  const by = { type: 'customer' as const, id: rental.customerId }
  await claimPictures(tx, rental.customerId, [picture], rental.id, PAPER_PICTURE)
  if (side === 'giveback') {
    if (!rental.giveback || rental.giveback.signatureId) throw new Conflict('inspection_none')
    await changeRental(tx, rental, { giveback: { ...rental.giveback, signatureId: picture } })
    return record(tx, 'giveback.signed', { ...about(rental), by, data: { number: rental.number } })
  }
  await record(tx, 'handover.signed', { ...about(rental), by, data: { number: rental.number } })
  const heard = await signalFlows(tx, subjectOf(rental), 'handover.signed', { signature: picture })
  if (heard === 0) throw new Conflict('inspection_none')
}

/** The customer says that the car is back: from then on no time counts against them if the store agrees. */
export async function askReturn(tx: Tx, rental: Rental): Promise<void> {
  const run = await runOf(tx, rental.id)
  const booking = await bookingById(tx, rental.id)
  if (booking.state !== 'running' || run?.state !== 'running') throw new Conflict('return_none')
  await changeRun(tx, run, { about: { ...run.about, returned_at: tx.now } })
  await tell(tx, rental, 'rental.return_asked')
}

/** How the car stands before the customer has signed for it: what the last inspection of the run has found. */
export function foundIn(run: FlowRun): Pick<Inspection, 'at' | 'odometer' | 'fuel' | 'shots' | 'note'> | undefined {
  const found = Object.values(run.answers)
    .filter(({ odometer, fuel, at }) => [odometer, fuel, at].every((one) => Number.isFinite(Number(one ?? 'none'))))
    .sort((a, b) => Number(b.at) - Number(a.at))[0]
  if (!found) return undefined
  const { at, odometer, fuel, note = '' } = found
  return {
    ...{ at: Number(at), odometer: Number(odometer), fuel: Number(fuel), note: String(note) },
    shots: shotsIn(run, found, 'shots'),
  }
}
