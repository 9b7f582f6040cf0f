import { SYSTEM } from '../../engines/events/events.ts'
import type { Tx } from '../../lib/tx.ts'
import { Booking } from './booking.ts'
import { spanOf, termsOf, wantOf } from './bookings.ts'
import { changeBooking, tellEvent } from './change.ts'
import type { AssetSpan } from './span.ts'
import { giveBack, stretchSpan, takenAfter, takeSpan } from './spans.ts'

/** Gives a booking another car of its model, if wanted until another end; false: there is none. */
export async function moveBooking(tx: Tx, booking: Booking, until = booking.untilAt): Promise<boolean> {
  const terms = await termsOf(tx, booking)
  const before = await spanOf(tx, booking)
  const span = await takeSpan(tx, wantOf(terms, { ...booking, from: booking.fromAt, until }), booking.id)
  if (!span) return false
  if (before) await giveBack(tx, before, before.fromAt)
  const from = booking.assetId
  await changeBooking(tx, booking, { assetId: span.assetId, spanId: span.id, strandedAt: null })
  await tellEvent(tx, terms, booking, 'moved', SYSTEM, { car: span.assetId, from_car: from })
  return true
}

/** Lets a piece of time end later, those in whose way it is get other cars; false: one of them cannot. */
export async function makeRoom(tx: Tx, span: AssetSpan, until: number): Promise<boolean> {
  for (;;) {
    if (await stretchSpan(tx, span, until)) return true
    const next = await takenAfter(tx, span)
    const other = next?.bookingId ? await tx.get(Booking, next.bookingId) : undefined
    if (!next || next.fromAt >= until || !other || other.state === 'running') return false
    if (!other.isLive() || !(await moveBooking(tx, other))) return false
  }
}
