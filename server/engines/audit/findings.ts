import { DAY, MINUTE } from '../../lib/clock.ts'
import type { Tx } from '../../lib/tx.ts'
import { AuditPass, Finding } from './finding.ts'

/** What a check has found, and whether it has put it right already. */
export interface Found {
  kind: string
  subjectId: string
  about: string
  repaired?: boolean
}

/** A check that the auditor makes beside its own: main.ts and jobs.ts may hand in more. */
export type AuditCheck = () => Promise<Found[]>

const LAST = 'last'
const KEPT_MS = 30 * DAY
/** What a duty has noted by itself since the last pass is still news to the pass that comes after it. */
const FRESH_MS = 15 * MINUTE
const MOST_REPORTED = 500

/** Keeps what was found: a new one gets a row, a known one is marked as seen again; one that was gone begins anew. */
export async function noteFindings(tx: Tx, found: Found[]): Promise<void> {
  const passedAt = (await lastPass(tx))?.at ?? 0
  for (const { kind, subjectId, about, repaired } of found) {
    const id = `${kind}:${subjectId}`.slice(0, 80)
    const repairedAt = repaired ? tx.now : null
    const row = { id, kind, subjectId: subjectId.slice(0, 40), about: about.slice(0, 120), repairedAt }
    if (await tx.insertOnce(Finding, { ...row, foundAt: tx.now, seenAt: tx.now })) continue
    const known = await tx.get(Finding, id)
    const back = known && (known.seenAt < passedAt || known.repairedAt !== null)
    await tx.update(Finding, id, {
      ...(about && { about: row.about }),
      ...(back && { foundAt: tx.now }),
      repairedAt,
      seenAt: tx.now,
    })
  }
}

/** Takes what has to be reported now: what is not repaired and was not reported within a day. */
export async function takeUnreported(tx: Tx): Promise<Finding[]> {
  const fresh = await tx.find(
    Finding,
    `WHERE seenAt > ? AND repairedAt IS NULL AND (reportedAt IS NULL OR reportedAt <= ?)
     ORDER BY seenAt, id LIMIT ${MOST_REPORTED}`,
    [tx.now - FRESH_MS, tx.now - DAY],
  )
  const taken: Finding[] = []
  for (const finding of fresh) {
    const { reportedAt } = finding
    if (await tx.update(Finding, finding.id, { reportedAt: tx.now }, { reportedAt })) taken.push(finding)
  }
  return taken
}

/** What was reported since an instant and is not repaired. */
export function reportedSince(tx: Tx, since: number): Promise<Finding[]> {
  return tx.find(Finding, 'WHERE reportedAt >= ? AND repairedAt IS NULL ORDER BY kind, foundAt, id', [since])
}

/** What was put right by itself within the day before an instant. */
export function repairedBefore(tx: Tx, at: number): Promise<Finding[]> {
  return tx.find(Finding, 'WHERE seenAt > ? AND repairedAt <= ? ORDER BY kind, foundAt, id', [at - DAY, at])
}

/**
 * What stands now: what the last pass saw, what happened once (a message that got lost) within a day, and what was put
 * right by itself within a day. The newest first.
 */
export async function presentFindings(tx: Tx, happenedOnce: string[]): Promise<Finding[]> {
  const passedAt = (await lastPass(tx))?.at ?? 0
  const recent = await tx.find(Finding, `WHERE seenAt > ? ORDER BY foundAt DESC, id LIMIT ${MOST_REPORTED}`, [
    Math.min(passedAt - 1, tx.now - DAY),
  ])
  return recent.filter(({ kind, seenAt, repairedAt }) => {
    if (repairedAt !== null) return repairedAt > tx.now - DAY
    return seenAt >= passedAt || (happenedOnce.includes(kind) && seenAt > tx.now - DAY)
  })
}

/** Remembers a pass and forgets what has long been over. */
export async function endPass(tx: Tx, found: Found[], well: boolean): Promise<void> {
  const counts: Record<string, number> = {}
  for (const { kind, repaired } of found) if (!repaired) counts[kind] = (counts[kind] ?? 0) + 1
  const changes = { at: tx.now, counts, ...(well && { wellAt: tx.now }) }
  if (!(await tx.update(AuditPass, LAST, changes))) await tx.insertOnce(AuditPass, { id: LAST, ...changes })
  await tx.run('DELETE FROM audit_findings WHERE seenAt < ?', [tx.now - KEPT_MS])
}

/** The last pass, or undefined before the first. */
export function lastPass(tx: Tx): Promise<AuditPass | undefined> {
  return tx.get(AuditPass, LAST)
}
