import type { Database } from '../../lib/db.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { type AuditCheck, endPass, type Found, noteFindings, takeUnreported } from '../audit/findings.ts'
import { auditMessages } from '../messages/audit.ts'
import { Message } from '../messages/message.ts'
import { enqueueAll } from '../messages/outbox.ts'
import { peopleFor } from './assign.ts'
import { auditRuns, auditSteps } from './audit-steps.ts'

export interface Audit {
  /** The roles that are told; none: it stays with metrics and log. */
  reportTo: string[]
  /** Also the checks that cost with everything that is open, rather than with what is wrong. */
  thorough?: boolean
  /** Checks of other rooms. */
  more?: AuditCheck[]
}

/** Worth telling, though nothing in the house is out of order. */
const TOLD_ONLY = ['customer_failed', 'message_unconfirmed']

/** Found by one pass only: a message that is given up stays given up. */
export const HAPPENED_ONCE = ['message_failed', 'customer_failed']

/**
 * Reads again what the other duties should have done, by other statements than theirs (SEMANTICS B10): puts right what
 * it safely can, reports the rest once a day. Returns whether all is well now.
 */
export async function audit(db: Database, { reportTo, thorough = false, more = [] }: Audit): Promise<boolean> {
  const checks: AuditCheck[] = [() => auditSteps(db), () => auditRuns(db, thorough), () => auditMessages(db), ...more]
  const found: Found[] = []
  for (const check of checks) found.push(...(await check()))
  const left = found.filter(({ repaired }) => !repaired)
  const well = left.every(({ kind }) => TOLD_ONLY.includes(kind))
  if (found.length > 0) log.warn({ found: found.length, left: left.length }, 'the auditor found something')
  await db.write(async (tx) => {
    await noteFindings(tx, found)
    await report(tx, reportTo)
    await endPass(tx, found, well)
  })
  return well
}

/** One message to each who is told, in place of one that still waits: nothing is told twice, and nothing gets lost. */
async function report(tx: Tx, roles: string[]): Promise<void> {
  const people = new Set<string>()
  for (const role of roles) for (const { id } of await peopleFor(tx, [role])) people.add(id)
  if (people.size === 0) return
  const [first] = await takeUnreported(tx)
  if (!first) return
  const messages = []
  for (const to of people) {
    const collapseKey = `audit:${to}`
    const waiting = await tx.first(Message, `WHERE collapseKey = ? AND state = 'pending' AND attempts = 0`, [
      collapseKey,
    ])
    messages.push({
      key: `audit:${tx.now}:${first.id}:${to}`,
      channel: 'staff' as const,
      to,
      kind: 'audit',
      subjectId: to,
      collapseKey,
      data: { since: Number(waiting?.data.since ?? tx.now), at: tx.now },
    })
  }
  await enqueueAll(tx, messages)
}
