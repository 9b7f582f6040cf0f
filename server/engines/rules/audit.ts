import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { log } from '../../lib/log.ts'
import type { Found } from '../audit/findings.ts'
import { titleOfRule } from './hooks.ts'
import { RuleRun } from './run.ts'

/** Rules work every other second, and spread what was missed over ten minutes: what is due for so long is stuck. */
const GRACE_MS = 30 * MINUTE
const MOST = 100
const UNHEARD = `SELECT h.id AS id, e.name AS name FROM rule_heard h LEFT JOIN events e ON e.id = h.id
  WHERE h.nextAt < ? ORDER BY h.id LIMIT ${MOST}`

/** Looks for runs at which nothing will ever look, which it wakes, and for what rules should have done long ago. */
export async function auditRules(db: Database): Promise<Found[]> {
  const found: Found[] = []
  const asleep = await db.read((tx) =>
    tx.find(RuleRun, `WHERE state = 'running' AND wakeAt IS NULL ORDER BY id LIMIT ${MOST}`),
  )
  for (const { id, rule, version } of asleep) {
    const woken = await db.write((tx) =>
      tx.update(RuleRun, id, { wakeAt: tx.now, version: version + 1 }, { version, wakeAt: null }),
    )
    if (!woken) continue
    log.warn({ run: id, rule }, 'a run of a rule had no turn; it has one now')
    found.push({ kind: 'rule_run_asleep', subjectId: id, about: titleOfRule(rule), repaired: true })
  }
  const late = await db.read((tx) =>
    tx.find(RuleRun, `WHERE wakeAt < ? ORDER BY wakeAt LIMIT ${MOST}`, [tx.now - GRACE_MS]),
  )
  found.push(...late.map(({ id, rule }) => ({ kind: 'rule_run_late', subjectId: id, about: titleOfRule(rule) })))
  const unheard = await db.read((tx) => tx.query<{ id: string; name: string | null }>(UNHEARD, [tx.now - GRACE_MS]))
  found.push(...unheard.map(({ id, name }) => ({ kind: 'rule_event_unheard', subjectId: id, about: name ?? '' })))
  return found
}
