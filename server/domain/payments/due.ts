import type { Tx } from '../../lib/tx.ts'
import { nextBill } from './reconcile.ts'

/** When there is something to do about money next: to ask, to send, to release, to compare. */
export async function nextMoney(tx: Tx): Promise<number | undefined> {
  const [row] = await tx.query<{ at: number | null }>(
    `SELECT MIN(at) AS at FROM (SELECT MIN(wakeAt) AS at FROM payments WHERE wakeAt IS NOT NULL
     UNION ALL SELECT MIN(wakeAt) AS at FROM refunds WHERE wakeAt IS NOT NULL
     UNION ALL SELECT MIN(releaseAt) AS at FROM deposits WHERE releaseAt IS NOT NULL
     UNION ALL SELECT MIN(scoreWakeAt) AS at FROM deposits WHERE scoreWakeAt IS NOT NULL) due`,
  )
  const due = [row?.at == null ? undefined : Number(row.at), await nextBill(tx)].filter((at) => at !== undefined)
  return due.length > 0 ? Math.min(...due) : undefined
}
