import type { Found } from '../../engines/audit/findings.ts'
import { DAY } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { firstIdAt } from '../../lib/ids.ts'

const MOST = 50

/** Movements whose lines do not come to nothing, and, when it is thorough, those without lines. */
export async function auditLedger(db: Database, thorough: boolean): Promise<Found[]> {
  return db.read(async (tx) => {
    const since = thorough ? '' : firstIdAt(Math.max(0, tx.now - 2 * DAY))
    const torn = await tx.query<{ id: string }>(
      `SELECT moveId AS id FROM ledger_lines WHERE id >= ? GROUP BY moveId HAVING SUM(amount) <> 0 LIMIT ${MOST}`,
      [since],
    )
    const empty = thorough
      ? await tx.query<{ id: string }>(
          `SELECT m.id FROM ledger_moves m LEFT JOIN ledger_lines l ON l.moveId = m.id WHERE l.id IS NULL LIMIT ${MOST}`,
        )
      : []
    return [...torn, ...empty].map(({ id }) => ({ kind: 'ledger_torn', subjectId: id, about: id }))
  })
}
