import type { Tx } from '../../lib/tx.ts'
import { openKeyOf } from './enter.ts'
import { changeRun, endRun } from './rows.ts'
import { RuleRun } from './run.ts'

/**
 * Two customers turned out to be one: what rules had under way for one goes on for the other. Where both are in the same
 * rule, the one that began later leaves. Traces stay as they were written.
 */
export async function moveRuns(tx: Tx, fromId: string, toId: string): Promise<void> {
  const runs = await tx.find(RuleRun, `WHERE customerId = ? AND state = 'running' ORDER BY id`, [fromId])
  for (const run of runs) {
    const runKey = run.runKey === fromId ? toId : run.runKey
    const openKey = openKeyOf(run.rule, runKey)
    const other = openKey === run.openKey ? undefined : await tx.first(RuleRun, 'WHERE openKey = ?', [openKey])
    if (other && other.id < run.id) {
      await endRun(tx, run, 'left', { why: 'merged' })
      continue
    }
    if (other) await endRun(tx, other, 'left', { why: 'merged' })
    await changeRun(tx, run, { customerId: toId, runKey, openKey })
  }
  await tx.run('UPDATE follow_ups SET customerId = ?, version = version + 1 WHERE customerId = ?', [toId, fromId])
  // What one was told counts for the cap of both; the dates of the one that is no more are looked at as the other's.
  await tx.run('UPDATE rule_contacts SET customerId = ? WHERE customerId = ?', [toId, fromId])
  await tx.run('DELETE FROM rule_dates WHERE subjectId = ?', [fromId])
  await tx.run('UPDATE rule_dates SET customerId = ? WHERE customerId = ?', [toId, fromId])
}
