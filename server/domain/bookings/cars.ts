import { Conflict, NotFound } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Asset } from '../assets/asset.ts'
import { assetByCode } from '../assets/assets.ts'
import type { State } from '../assets/states.ts'
import { AssetSpan, BookingCar } from './span.ts'
import { beginLine, blockSpan, giveBack, offerCar } from './spans.ts'

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

/** Keeps a car for work on it; throws NotFound, or Conflict where it is booked at that time. Returns what it is kept by. */
export async function blockCar(
  tx: Tx,
  { code, from, until, reason }: { code: string; from: number; until: number; reason: string },
): Promise<string> {
  const asset = await assetByCode(tx, code)
  if (!asset || !(await tx.get(BookingCar, asset.id))) throw new NotFound('asset')
  const span = await blockSpan(tx, { assetId: asset.id, fromAt: from, untilAt: until, reason })
  if (!span) throw new Conflict('booking_car_taken')
  return span.id
}

/** Work on a car is over, or is not done at all: what is left of its time is free. */
export async function unblockCar(tx: Tx, id: string): Promise<void> {
  const span = await tx.get(AssetSpan, id)
  if (span?.state !== 'blocked') throw new NotFound('booking_block')
  await giveBack(tx, span, tx.now)
}

/** A car that leaves service is not offered until it is back. Its bookings are looked after by `rescueBookings`. */
export async function hearOfAsset(tx: Tx, { id, state }: Asset): Promise<void> {
  if (await tx.get(BookingCar, id)) await offerCar(tx, id, IN_SERVICE.has(state))
}
