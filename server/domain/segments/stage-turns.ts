import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { CustomerStage } from './stage.ts'

/** A customer's way out of the stage they are in, and into the next if there is one. */
export interface Turn {
  customerId: string
  next?: { stage: string; reason?: string; by: string }
}

/** Ends the stages that customers are in and begins the next ones. */
export async function turnStages(tx: Tx, turns: Turn[]): Promise<void> {
  if (turns.length === 0) return
  const ids = turns.map(({ customerId }) => customerId)
  await tx.runSoon(
    'customer_stages',
    `UPDATE customer_stages SET leftAt = ? WHERE customerId IN (${ids.map(() => '?').join(',')}) AND leftAt IS NULL`,
    [tx.now, ...ids],
  )
  const begun = turns.flatMap(({ customerId, next }) => {
    if (!next) return []
    const { stage, reason, by } = next
    return [{ id: newId(tx.now), customerId, stage, enteredAt: tx.now, reason: reason ?? null, putBy: by }]
  })
  if (begun.length > 0) await tx.insert(CustomerStage, begun)
}
