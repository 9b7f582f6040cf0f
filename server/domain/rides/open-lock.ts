import type { Flow } from '../../engines/flows/flow.ts'
import type { Form } from '../../engines/forms/form.ts'
import type { Version } from '../../engines/packs/shelf.ts'
import { Conflict, Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { customerById } from '../customers/customers.ts'
import { keepsPosition } from '../customers/position.ts'
import { openTicket } from '../tickets/tickets.ts'
import { assetOf, changeRide, ownRide } from './change.ts'
import { finishRide } from './finish.ts'
import type { Ride } from './ride.ts'
import { type RideTerms, termsById } from './terms.ts'

export interface OpenLock {
  photo: string
  place?: { lat: number; lng: number }
}

/** The form and the flow by which a case is opened. */
export type FormOf = (form: string) => { form: Version<Form>; flow: Version<Flow> }

/**
 * A lock that does not shut: its rider says so with a picture, the ride is over for them, and whoever looks after the
 * vehicle gets a case. Throws Conflict, Invalid.
 */
export async function endOpenLock(
  tx: Tx,
  formOf: FormOf,
  { customerId, id, photo, place: told }: OpenLock & { customerId: string; id: string },
): Promise<Ride> {
  const ride = await ownRide(tx, customerId, id)
  if (ride.state !== 'riding') throw new Conflict('ride_over')
  const { lock_open: report } = await termsById(tx, ride.termsId)
  if (!report) throw new Invalid('photo', 'wrong_value')
  const place = told && (await keepsPosition(tx, customerId, report.needs)) ? told : undefined
  const asset = await assetOf(tx, ride)
  const known = asset.lat === null || asset.lng === null ? undefined : { lat: asset.lat, lng: asset.lng }
  await finishRide(tx, ride, { at: tx.now, by: 'rider', ...(place && { place }) })
  const customer = await customerById(tx, customerId)
  const ticket = await openTicket(tx, customer, {
    ...formOf(report.form),
    answers: answersOf(report, { code: ride.code, place: place ?? known, photo }),
    requestKey: `ride:${ride.id}`,
    safety: 'pass',
  })
  await changeRide(tx, ride, { ticketId: ticket.id })
  return ride
}

function answersOf(
  { bike, place: where, photos, answers }: NonNullable<RideTerms['lock_open']>,
  { code, place, photo }: { code: string; place?: { lat: number; lng: number }; photo: string },
): Record<string, unknown> {
  return {
    ...answers,
    [bike]: code,
    ...(where && { [where]: place ?? { address: code } }),
    ...(photos && { [photos]: [photo] }),
  }
}
