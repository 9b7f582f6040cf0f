import type { Tx } from '../../lib/tx.ts'
import { FollowUp } from './follow-up.ts'
import { callOff } from './follow-ups.ts'
import { house } from './hooks.ts'
import { marketsByBehaviour } from './profiled.ts'
import { endRun, ruleOf } from './rows.ts'
import { RuleRun } from './run.ts'

/**
 * A customer refuses to be profiled: whoever was asked to call them because of what they did need not do it any more, and
 * their cards say so. What the rule would have done after the answer is not done either.
 */
export async function callOffProfiled(tx: Tx, customerId: string): Promise<void> {
  const calls = await tx.find(FollowUp, `WHERE customerId = ? AND state IN ('open', 'put_off')`, [customerId])
  for (const runId of new Set(calls.map((call) => call.runId))) {
    const run = await tx.get(RuleRun, runId)
    // Without a rule somebody has put the customer on their own list.
    if (!run || !marketsByBehaviour(await ruleOf(tx, run), house)) continue
    await callOff(tx, run.id, 'refused')
    // The run of a rule that only asks has come to its end long before the answer.
    if (run.state === 'running') await endRun(tx, run, 'stopped', { why: 'consent' })
  }
}
