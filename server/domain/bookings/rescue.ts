import { SYSTEM } from '../../engines/events/events.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import type { Tx } from '../../lib/tx.ts'
import { Booking } from './booking.ts'
import { termsOf } from './bookings.ts'
import { changeBooking, tellEvent } from './change.ts'
import { moveBooking } from './move.ts'
import { hasRental, termsNow } from './rental-file.ts'
import { tellCustomer } from './tell.ts'

const BATCH = 50
/** Where there was no other car, it is tried again after so long. */
const AGAIN_MS = 10 * MINUTE

/**
 * Bookings that begin soon and whose car will not be there: it is out of service, stands at another store, or is still
 * with whoever had it before.
 */
const WITHOUT_CAR = `SELECT b.id AS id FROM bookings b
  JOIN booking_cars c ON c.id = b.assetId
  LEFT JOIN asset_spans p ON p.assetId = b.assetId AND p.untilAt = b.fromAt
  LEFT JOIN bookings o ON o.id = p.bookingId
  WHERE b.state IN ('held', 'confirmed') AND b.fromAt <= ? AND (b.strandedAt IS NULL OR b.strandedAt <= ?)
  AND (c.offered = 0 OR (p.state IN ('free', 'shut') AND p.store <> b.storeId)
    OR (p.state = 'taken' AND p.toStore <> b.storeId) OR (o.state = 'running' AND o.untilAt <= ?))
  ORDER BY b.fromAt, b.id LIMIT ${BATCH}`

/** Gives other cars to bookings whose car will not be there, or says that there is none. Returns how many it looked at. */
export async function rescueBookings(db: Database): Promise<number> {
  if (!hasRental()) return 0
  const before = termsNow().body.rescue_before
  const found = await db.read((tx) =>
    tx.query<{ id: string }>(WITHOUT_CAR, [tx.now + before, tx.now - AGAIN_MS, tx.now]),
  )
  for (const { id } of found) await db.write((tx) => rescue(tx, id))
  return found.length
}

async function rescue(tx: Tx, id: string): Promise<void> {
  const booking = await tx.get(Booking, id)
  if (!booking || (booking.state !== 'held' && booking.state !== 'confirmed')) return
  const terms = await termsOf(tx, booking)
  if (await moveBooking(tx, booking)) {
    if (booking.state === 'confirmed') await tellCustomer(tx, terms, booking, 'booking_moved', { key: booking.assetId })
    return
  }
  if (booking.strandedAt === null) await tellEvent(tx, terms, booking, 'stranded', SYSTEM, {})
  await changeBooking(tx, booking, { strandedAt: tx.now })
}
