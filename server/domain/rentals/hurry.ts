import { type Actor, record } from '../../engines/events/events.ts'
import { liveSteps, runOf, turnOf } from '../../engines/flows/flows.ts'
import { person } from '../../engines/flows/guards.ts'
import { urgeRun } from '../../engines/flows/urge.ts'
import { waitsFor } from '../../engines/flows/wait.ts'
import type { Staff } from '../../engines/staff/staff.ts'
import { Conflict } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { bookingById } from '../bookings/bookings.ts'
import type { Rental } from './rental.ts'
import { about } from './rentals.ts'
import { rulesOf } from './rules.ts'

/** What a flow waits for so that it can be hurried: the car is prepared at once, because its renter comes earlier. */
const HURRY = 'rental.hurry'

/**
 * Whether the customer can hurry their rental: the store has something in hand, or waits for being hurried and the
 * pick-up is no further away than the rules say.
 */
export async function mayUrge(tx: Tx, rental: Rental): Promise<boolean> {
  const found = await hurriable(tx, rental)
  if (found !== 'early') return found === 'in_hand'
  const { hurry_within: within } = await rulesOf(tx, rental.rulesId)
  return tx.now >= (await bookingById(tx, rental.id)).fromAt - within
}

/** The customer asks to hurry, at most once in the flow's span. Throws Conflict, TooMany. */
export async function urgeRental(tx: Tx, rental: Rental): Promise<void> {
  if (!(await mayUrge(tx, rental))) throw new Conflict('rental_no_hurry')
  await urge(tx, rental, { type: 'customer', id: rental.customerId })
}

/** Whether the store can be hurried by its own people: they may have a car prepared as early as they like. */
export async function mayHurry(tx: Tx, rental: Rental): Promise<boolean> {
  return (await hurriable(tx, rental)) !== undefined
}

/** Somebody of the store, or who leads it, asks to hurry. Throws Conflict, TooMany. */
export async function hurryByStaff(tx: Tx, rental: Rental, staff: Staff): Promise<void> {
  await urge(tx, rental, person(staff), staff)
}

/** What could be hurried: something in hand, or a preparation that is to come; undefined: nothing. */
async function hurriable(tx: Tx, rental: Rental): Promise<'in_hand' | 'early' | undefined> {
  const run = await runOf(tx, rental.id)
  const [step] = run?.state === 'running' ? await liveSteps(tx, run.id) : []
  if (!step) return undefined
  const { wait } = (await turnOf(tx, step.id)).definition
  if (!wait) return 'in_hand'
  return waitsFor(wait, HURRY) ? 'early' : undefined
}

async function urge(tx: Tx, rental: Rental, by: Actor, staff?: Staff): Promise<void> {
  const run = await runOf(tx, rental.id)
  if (!run) throw new Conflict('rental_no_hurry')
  await record(tx, HURRY, { ...about(rental), by, data: { number: rental.number } })
  await urgeRun(tx, run, HURRY, staff)
}
