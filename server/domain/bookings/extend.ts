import { Conflict, Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Booking } from './booking.ts'
import { priceUntil, spanOf, termsOf } from './bookings.ts'
import { changeBooking, tellEvent } from './change.ts'
import { makeRoom, moveBooking } from './move.ts'
import { askFor } from './pay.ts'
import type { Price } from './prices.ts'
import { storeOf } from './rental-file.ts'
import { stretchable } from './spans.ts'
import { tellCustomer } from './tell.ts'
import type { Terms } from './terms.ts'
import { wakeOf } from './wake.ts'
import { checkHours, checkLength } from './wish.ts'

export interface Extension {
  price: Price
  /** What it adds to the price. */
  more: number
}

/** What a later end would cost; throws Invalid or Conflict where it cannot be had whatever is free. */
export async function priceExtension(tx: Tx, booking: Booking, until: number): Promise<Extension> {
  const terms = await termsOf(tx, booking)
  checkExtension(terms, booking, until, tx.now)
  const price = priceUntil(terms, booking, until)
  return { price, more: Math.max(0, price.total - booking.price.total) }
}

/**
 * Lets a booking end later. Whoever has the car keeps it, and those who come next get other cars of the model; whoever
 * does not have it yet may get another one themselves. Throws Conflict, which tells until when it could be had. What it
 * costs more is asked for; unpaid, it stands on the bill.
 */
export async function extendBooking(tx: Tx, booking: Booking, until: number): Promise<Extension> {
  const terms = await termsOf(tx, booking)
  const extension = await priceExtension(tx, booking, until)
  await makeLonger(tx, terms, booking, until)
  const { price, more } = extension
  const wakeAt = wakeOf(terms, { ...booking, untilAt: until }, tx.now)
  const from = booking.untilAt
  await changeBooking(tx, booking, { untilAt: until, price, wakeAt })
  if (more > 0) {
    const asked = { purpose: 'extension' as const, amount: more, payBy: until }
    await askFor(tx, terms, booking, { ...asked, key: `booking:${booking.id}:until:${until}` })
  }
  const by = { type: 'customer' as const, id: booking.customerId }
  await tellEvent(tx, terms, booking, 'extended', by, { was_until: from, more })
  await tellCustomer(tx, terms, booking, 'booking_extended', { key: String(until), more })
  return extension
}

async function makeLonger(tx: Tx, terms: Terms, booking: Booking, until: number): Promise<void> {
  const span = await spanOf(tx, booking)
  if (!span) throw new Conflict('booking_state', { state: booking.state })
  const end = until + terms.turnaround
  // Looked up first: what is moved in vain is undone, but what was seen of it is not.
  const room = await stretchable(tx, span)
  const possible = Math.floor((room - terms.turnaround) / terms.step) * terms.step
  const stays = booking.state === 'running' || end <= room
  const done = stays ? await makeRoom(tx, span, end) : await moveBooking(tx, booking, until)
  if (done) return
  if (possible > booking.untilAt) throw new Conflict('extend_until', { until: possible })
  throw new Conflict('extend_none')
}

function checkExtension(
  terms: Terms,
  { state, fromAt, untilAt, returnStoreId }: Booking,
  until: number,
  now: number,
): void {
  if (state !== 'confirmed' && state !== 'running') throw new Conflict('booking_state', { state })
  if (until % terms.step !== 0) throw new Invalid('until', 'rental_step', { minutes: terms.step / 60_000 })
  if (until <= untilAt || until <= now) throw new Invalid('until', 'extend_later')
  checkLength(terms, fromAt, until)
  checkHours('until', storeOf(terms, returnStoreId), until)
}
