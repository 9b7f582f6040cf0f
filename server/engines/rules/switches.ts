import type { Tx } from '../../lib/tx.ts'
import { type Actor, record } from '../events/events.ts'
import { RuleSwitch } from './heard.ts'

/** Whether a rule is in use. */
export async function stateOf(tx: Tx, rule: string): Promise<RuleSwitch['state']> {
  const set = await tx.memo(`rule:${rule}`, () => tx.get(RuleSwitch, rule))
  return set?.state ?? 'on'
}

/** How all rules are set that anybody has ever set. */
export async function switchesOf(tx: Tx): Promise<Map<string, RuleSwitch>> {
  const rows = await tx.find(RuleSwitch, 'ORDER BY id')
  return new Map(rows.map((row) => [row.id, row]))
}

/**
 * Sets a rule. Paused: nobody comes in; who is inside goes on, but leaves before the next action that reaches anybody.
 * Killed: everybody who is inside leaves at once.
 */
export async function setRule(tx: Tx, rule: string, state: RuleSwitch['state'], by: Actor): Promise<void> {
  const before = await stateOf(tx, rule)
  if (before === state) return
  const row = { id: rule, state, at: tx.now, setBy: by.id ?? null }
  if (!(await tx.insertOnce(RuleSwitch, row))) await tx.update(RuleSwitch, rule, row)
  tx.remember(`rule:${rule}`, Object.assign(new RuleSwitch(), row))
  if (state === 'killed') {
    await tx.run(`UPDATE rule_runs SET wakeAt = ?, version = version + 1 WHERE rule = ? AND state = 'running'`, [
      tx.now,
      rule,
    ])
  }
  // A rule has a name and no id; the log keeps both for subjects that have one.
  await record(tx, `rule.${state === 'on' ? 'resumed' : state}`, {
    by,
    subject: { type: 'rule', id: rule.slice(0, 26) },
    data: { rule },
  })
}
