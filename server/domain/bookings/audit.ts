import type { Found } from '../../engines/audit/findings.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { FOREVER } from './span.ts'

const MOST = 100
const GRACE_MS = 15 * MINUTE

/** Pieces of a time line that nothing follows, and beginnings beside the first. */
const GAPS = `SELECT a.id AS id, c.code AS name FROM asset_spans a LEFT JOIN assets c ON c.id = a.assetId
  LEFT JOIN asset_spans n ON n.assetId = a.assetId AND n.fromAt = a.untilAt
  WHERE (a.untilAt < ${FOREVER} AND n.id IS NULL) OR a.untilAt <= a.fromAt LIMIT ${MOST}`
const BEGINNINGS = `SELECT a.assetId AS id, MIN(c.code) AS name FROM asset_spans a
  LEFT JOIN assets c ON c.id = a.assetId
  LEFT JOIN asset_spans p ON p.assetId = a.assetId AND p.untilAt = a.fromAt
  WHERE p.id IS NULL GROUP BY a.assetId HAVING COUNT(*) > 1 LIMIT ${MOST}`

/** Two bookings of one car at one time, by what the bookings themselves say. */
const TWICE = `SELECT a.id AS id, a.number AS name FROM bookings a
  JOIN bookings b ON b.assetId = a.assetId AND b.id > a.id AND b.fromAt < a.untilAt AND a.fromAt < b.untilAt
  WHERE a.state IN ('held', 'confirmed', 'running') AND b.state IN ('held', 'confirmed', 'running') LIMIT ${MOST}`

/** Bookings that do not have the time of their car that they should have, and time that is taken for nobody. */
const WITHOUT_TIME = `SELECT b.id AS id, b.number AS name FROM bookings b
  LEFT JOIN asset_spans s ON s.id = b.spanId AND s.bookingId = b.id AND s.assetId = b.assetId AND s.state = 'taken'
    AND s.fromAt <= b.fromAt AND s.untilAt >= b.untilAt
  WHERE b.state IN ('held', 'confirmed', 'running') AND s.id IS NULL LIMIT ${MOST}`
const FOR_NOBODY = `SELECT s.id AS id, c.code AS name FROM asset_spans s LEFT JOIN bookings b ON b.id = s.bookingId
  LEFT JOIN assets c ON c.id = s.assetId
  WHERE s.state = 'taken' AND s.untilAt > ? AND (b.id IS NULL OR b.state IN ('cancelled', 'expired', 'no_show'))
  LIMIT ${MOST}`

/** Whoever should have looked after a booking by then has not: its hold is over, nobody has come, it is overdue. */
const LATE = `SELECT id, number AS name FROM bookings WHERE state = ? AND wakeAt < ? ORDER BY wakeAt LIMIT ${MOST}`
/** Only what is held has a place among its customer's. */
const HELD_ON = `SELECT id, number AS name FROM bookings WHERE holdSlot IS NOT NULL AND (holdUntil < ? OR wakeAt IS NULL)
  ORDER BY id LIMIT ${MOST}`

/** What is wrong with the time lines of cars and their bookings: the auditor reads them by statements of its own. */
export async function auditBookings(db: Database): Promise<Found[]> {
  return db.read(async (tx) => {
    const found: Found[] = []
    const look = async (kind: string, sql: string, values: unknown[] = []) => {
      for (const { id, name } of await tx.query<{ id: string; name: string | null }>(sql, values))
        found.push({ kind, subjectId: id, about: name ?? id })
    }
    await look('booking_gap', GAPS)
    await look('booking_gap', BEGINNINGS)
    await look('booking_twice', TWICE)
    await look('booking_timeless', WITHOUT_TIME)
    await look('booking_nobody', FOR_NOBODY, [tx.now])
    const late = tx.now - GRACE_MS
    await look('hold_late', HELD_ON, [late])
    for (const state of ['confirmed', 'running']) await look('booking_late', LATE, [state, late])
    return found
  })
}
