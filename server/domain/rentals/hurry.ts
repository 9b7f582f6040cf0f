import { record } from '../../engines/events/events.ts'
import { liveSteps, runOf, turnOf } from '../../engines/flows/flows.ts'
import { urgeRun } from '../../engines/flows/urge.ts'
import { waitsFor } from '../../engines/flows/wait.ts'
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
  const run = await runOf(tx, rental.id)
  const [step] = run?.state === 'running' ? await liveSteps(tx, run.id) : []
  if (!step) return false
  const { definition } = await turnOf(tx, step.id)
  if (!definition.wait) return true
  if (!waitsFor(definition.wait, HURRY)) return false
  const { hurry_within: within } = await rulesOf(tx, rental.rulesId)
  return tx.now >= (await bookingById(tx, rental.id)).fromAt - within
}

/** The customer asks to hurry, at most once in the flow's span. Throws Conflict, TooMany. */
export async function urgeRental(tx: Tx, rental: Rental): Promise<void> {
  const run = await runOf(tx, rental.id)
  if (!run || !(await mayUrge(tx, rental))) throw new Conflict('rental_no_hurry')
  const by = { type: 'customer' as const, id: rental.customerId }
  await record(tx, HURRY, { ...about(rental), by, data: { number: rental.number } })
  await urgeRun(tx, run, HURRY)
}
