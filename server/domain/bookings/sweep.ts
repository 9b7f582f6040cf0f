import { SYSTEM } from '../../engines/events/events.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { Booking } from './booking.ts'
import { termsOf } from './bookings.ts'
import { expireBooking, missBooking } from './call-off.ts'
import { changeBooking, tellEvent } from './change.ts'
import { tellCustomer } from './tell.ts'
import { wakeOf } from './wake.ts'

const BATCH = 100
/** One that cannot be looked at is put off for so long. */
const PUT_OFF_MS = 10 * MINUTE

/** Ends holds that nobody has paid, reminds of what is near, and notes who has not come. Returns how many it looked at. */
export async function sweepBookings(db: Database): Promise<number> {
  const due = await db.read((tx) =>
    tx.query<{ id: string }>(`SELECT id FROM bookings WHERE wakeAt <= ? ORDER BY wakeAt, id LIMIT ${BATCH}`, [tx.now]),
  )
  for (const { id } of due) {
    try {
      await db.write((tx) => wake(tx, id))
    } catch (error) {
      log.error({ booking: id, err: error }, 'a booking cannot be looked at')
      await db.write((tx) => tx.run('UPDATE bookings SET wakeAt = ? WHERE id = ?', [tx.now + PUT_OFF_MS, id]))
    }
  }
  return due.length
}

/** When a booking has to be looked at next, or undefined. */
export const nextBooking = earliest('bookings', 'wakeAt')

/** Free time that is over is not looked through any more when a car is wanted. */
export async function forgetPast(db: Database): Promise<number> {
  return db.write((tx) =>
    tx.run(
      `UPDATE asset_spans SET state = 'past', version = version + 1 WHERE state IN ('free', 'shut') AND untilAt <= ?`,
      [tx.now],
    ),
  )
}

async function wake(tx: Tx, id: string): Promise<void> {
  const booking = await tx.get(Booking, id)
  if (!booking || booking.wakeAt === null || booking.wakeAt > tx.now) return
  const terms = await termsOf(tx, booking)
  const { state, fromAt, untilAt } = booking
  if (state === 'held') return expireBooking(tx, booking)
  if (state === 'confirmed') {
    if (tx.now >= fromAt + terms.no_show_after) return missBooking(tx, booking)
    if (tx.now < fromAt) await tellCustomer(tx, terms, booking, 'pickup_soon', { key: String(fromAt) })
  }
  if (state === 'running') {
    if (tx.now < untilAt) await tellCustomer(tx, terms, booking, 'return_soon', { key: String(untilAt) })
    else if (tx.now >= untilAt + terms.overtime.grace) await tellEvent(tx, terms, booking, 'overdue', SYSTEM, {})
  }
  await changeBooking(tx, booking, { wakeAt: wakeOf(terms, booking, tx.now) })
}
