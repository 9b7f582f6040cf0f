import type { Tx } from '../../lib/tx.ts'
import type { Asset } from '../assets/asset.ts'
import { assetByCode } from '../assets/assets.ts'
import type { State } from '../assets/states.ts'
import { BookingCar } from './span.ts'
import { beginLine, offerCar } from './spans.ts'

/** In these states a car is in service, whether somebody drives it or not. */
const IN_SERVICE: ReadonlySet<State> = new Set(['available', 'reserved', 'on_trip'])

export interface Enrolment {
  code: string
  model: string
  store: string
}

/**
 * Lets vehicles of the books be booked, from now on, as cars of a model that stand at a store; those that can be booked
 * already are left as they are. Returns how many are new, and the codes that nobody knows.
 */
export async function enrolCars(tx: Tx, list: Enrolment[]): Promise<{ enrolled: number; unknown: string[] }> {
  let enrolled = 0
  const unknown: string[] = []
  for (const { code, model, store } of list) {
    const asset = await assetByCode(tx, code)
    if (!asset) {
      unknown.push(code)
      continue
    }
    const row = { id: asset.id, model, offered: IN_SERVICE.has(asset.state), version: 0 }
    if (!(await tx.insertOnce(BookingCar, row))) continue
    await beginLine(tx, Object.assign(new BookingCar(), row), store)
    enrolled += 1
  }
  return { enrolled, unknown }
}

/** A car that leaves service is not offered until it is back. Its bookings are looked after by `rescueBookings`. */
export async function hearOfAsset(tx: Tx, { id, state }: Asset): Promise<void> {
  if (await tx.get(BookingCar, id)) await offerCar(tx, id, IN_SERVICE.has(state))
}
