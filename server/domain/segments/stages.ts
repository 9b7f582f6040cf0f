import { type Actor, record } from '../../engines/events/events.ts'
import { Invalid, NotFound } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { book } from './book.ts'
import { lookAgainAt } from './hear.ts'
import { CustomerFacts } from './known.ts'
import { CustomerStage } from './stage.ts'
import { turnStages } from './stage-turns.ts'
import { standAgain } from './stand.ts'

/** Who puts a customer into a stage, and why: of a loss the reason that they gave. */
export interface Staging {
  by: Actor
  reason?: string
  /** What stands as the one who said so: `staff:<id>`, `rule:<name>`. Without it, whoever did it. */
  key?: string
}

/**
 * Puts a customer into a stage, against what the facts say if need be: it holds until they speak for another stage than
 * they do now. Put into the stage where they are, only the reason is noted. Throws Invalid, NotFound.
 */
export async function setStage(tx: Tx, customerId: string, stage: string, staging: Staging): Promise<void> {
  const now = book()
  if (!now?.stages.some((one) => one.stage === stage)) throw new Invalid('stage', 'stage_unknown', { stage })
  await lookAgainAt(tx, customerId)
  await standAgain(tx, now, [customerId])
  const row = await tx.get(CustomerFacts, customerId)
  if (!row) throw new NotFound('customer')
  const { by, reason, key } = staging
  const about = { by, subject: { type: 'stage', id: stage }, customerId }
  if (row.stage === stage) {
    if (!reason) return
    await explainStage(tx, customerId, reason)
    return record(tx, 'stage.explained', { ...about, data: { stage, reason } })
  }
  const base = row.stageSet ? row.stageBase : row.stage
  const held = stage === base ? { stageSet: null, stageBase: null } : { stageSet: stage, stageBase: base }
  await tx.update(CustomerFacts, customerId, { stage, stageSince: tx.now, ...held })
  await turnStages(tx, [{ customerId, next: { stage, reason, by: key ?? `${by.type}:${by.id ?? ''}` } }])
  const spentMs = tx.now - (row.stageSince ?? tx.now)
  await record(tx, 'stage.changed', { ...about, data: { from: row.stage, to: stage, reason, spentMs, because: 'set' } })
  await lookAgainAt(tx, customerId)
}

/** The stages of a customer's life with us, the present one first. */
export function stagesOf(tx: Tx, customerId: string): Promise<CustomerStage[]> {
  return tx.find(CustomerStage, 'WHERE customerId = ? ORDER BY enteredAt DESC, id DESC', [customerId])
}

function explainStage(tx: Tx, customerId: string, reason: string): Promise<number> {
  const values = [reason.slice(0, 200), customerId]
  return tx.run('UPDATE customer_stages SET reason = ? WHERE customerId = ? AND leftAt IS NULL', values)
}
