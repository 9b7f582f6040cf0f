import type { Found } from '../../engines/audit/findings.ts'
import { DAY, MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { firstIdAt } from '../../lib/ids.ts'

const MOST = 50
const GRACE_MS = 15 * MINUTE
/** What was older when it was first looked for was found then. */
const BACK_MS = 2 * DAY

/** Rides that are open and that nobody will end any more: every open ride has a time at which the server looks after it. */
const ENDLESS = `SELECT id, number AS about FROM rides WHERE openFor IS NOT NULL AND (wakeAt IS NULL OR wakeAt < ?)
  ORDER BY id LIMIT ${MOST}`
/** Commands whose time is over and of which no end is known: the lock may open yet. */
const UNANSWERED = `SELECT id, code AS about FROM lock_commands
  WHERE id >= ? AND state IN ('asked', 'sent') AND endBy < ? ORDER BY id LIMIT ${MOST}`

/** Rides without an end and locks that have not answered: the auditor reads them by statements of its own. */
export async function auditRides(db: Database): Promise<Found[]> {
  return db.read(async (tx) => {
    const look = async (kind: string, sql: string, values: unknown[]): Promise<Found[]> => {
      const rows = await tx.query<{ id: string; about: string }>(sql, values)
      return rows.map(({ id, about }) => ({ kind, subjectId: id, about }))
    }
    const late = tx.now - GRACE_MS
    return [
      ...(await look('ride_endless', ENDLESS, [late])),
      ...(await look('lock_unanswered', UNANSWERED, [firstIdAt(Math.max(0, tx.now - BACK_MS)), late])),
    ]
  })
}
