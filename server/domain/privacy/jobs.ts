import { createHash } from 'node:crypto'
import { record } from '../../engines/events/events.ts'
import type { PrivacyRule } from '../../engines/packs/privacy.ts'
import { type Blocker, holdings } from '../../engines/privacy/holding.ts'
import { MINUTE } from '../../lib/clock.ts'
import { Conflict, NotFound } from '../../lib/errors.ts'
import { newId, newToken } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { PrivacyJob } from './job.ts'

/** How long a link to an export can be opened. */
const LINK_MS = 15 * MINUTE

/** A customer wants to see all that is held about them; asked again while it is under way, it is the same. */
export async function askForExport(tx: Tx, customerId: string): Promise<PrivacyJob> {
  const known = await openJob(tx, customerId, 'export')
  if (known) return known
  const job = await insertJob(tx, customerId, 'export', tx.now)
  await record(tx, 'customer.export_asked', about(customerId))
  return job
}

/** A link to an export that is ready, good once and soon; the one before is worth nothing any more. Throws Conflict. */
export async function exportToken(tx: Tx, customerId: string): Promise<{ token: string; until: number }> {
  const job = await openJob(tx, customerId, 'export')
  if (job?.state !== 'ready') throw new Conflict('export_not_ready')
  const token = newToken()
  const until = Math.min(tx.now + LINK_MS, job.expiresAt ?? 0)
  await changeJob(tx, job, { tokenHash: hashOf(token), openedAt: null, alias: null, afterId: String(until) })
  return { token, until }
}

/** Takes the link: it opens once. Throws NotFound. */
export async function openExport(tx: Tx, token: string): Promise<PrivacyJob> {
  const job = await tx.first(PrivacyJob, `WHERE tokenHash = ? AND kind = 'export'`, [hashOf(token)])
  const lasts = job?.state === 'ready' && Number(job.afterId) > tx.now
  if (!job || !lasts || job.openedAt !== null) throw new NotFound('page')
  await changeJob(tx, job, { openedAt: tx.now })
  return job
}

/** What must come to its end before a customer can be erased. */
export async function blockers(tx: Tx, customerId: string): Promise<Blocker[]> {
  const all: Blocker[] = []
  for (const { open } of holdings()) all.push(...((await open?.(tx, customerId)) ?? []))
  return all
}

/**
 * A customer wants to be erased. It begins after the cooling time, within which they can take it back; the token lets
 * them look at what became of it when nobody knows them any more. Throws Conflict while something is open.
 */
export async function askForErasure(
  tx: Tx,
  customerId: string,
  rule: PrivacyRule,
): Promise<{ job: PrivacyJob; token: string }> {
  const open = await blockers(tx, customerId)
  if (open.length > 0) throw new Conflict('erase_blocked', { count: open.length })
  const token = newToken()
  const known = await openJob(tx, customerId, 'erase')
  const job = known ?? (await insertJob(tx, customerId, 'erase', tx.now + rule.eraseAfterMs))
  await changeJob(tx, job, { tokenHash: hashOf(token), reasons: null })
  if (!known) await record(tx, 'customer.erasure_asked', about(customerId))
  return { job, token }
}

/** Takes the wish back, as long as nothing has been erased. Throws Conflict. */
export async function cancelErasure(tx: Tx, customerId: string): Promise<void> {
  const job = await openJob(tx, customerId, 'erase')
  if (job?.state !== 'waiting') throw new Conflict('erase_begun')
  await changeJob(tx, job, { state: 'cancelled', openKey: null, wakeAt: null, endedAt: tx.now, tokenHash: null })
  await record(tx, 'customer.erasure_cancelled', about(customerId))
}

/** What of a kind a customer has under way, or the last of it. */
export function latestJob(tx: Tx, customerId: string, kind: PrivacyJob['kind']): Promise<PrivacyJob | undefined> {
  return tx.first(PrivacyJob, 'WHERE customerId = ? AND kind = ? ORDER BY id DESC', [customerId, kind])
}

/** The erasure that a token stands for. Throws NotFound. */
export async function erasureBehind(tx: Tx, token: string): Promise<PrivacyJob> {
  const job = await tx.first(PrivacyJob, `WHERE tokenHash = ? AND kind = 'erase'`, [hashOf(token)])
  if (!job) throw new NotFound('page')
  return job
}

/** Writes a change of a job if it is still as it was read. */
export async function changeJob(tx: Tx, job: PrivacyJob, changes: Partial<PrivacyJob>): Promise<void> {
  const next = { ...changes, version: job.version + 1 }
  if (!(await tx.update(PrivacyJob, job.id, next, { version: job.version }))) throw new LostRace()
  Object.assign(job, next)
}

function openJob(tx: Tx, customerId: string, kind: PrivacyJob['kind']): Promise<PrivacyJob | undefined> {
  return tx.first(PrivacyJob, 'WHERE openKey = ?', [`${kind}:${customerId}`])
}

async function insertJob(tx: Tx, customerId: string, kind: PrivacyJob['kind'], wakeAt: number): Promise<PrivacyJob> {
  const id = newId(tx.now)
  const empty = { place: 0, afterId: '', pass: 0, touched: 0, attempts: 0, version: 0 }
  const row = { ...empty, id, customerId, kind, state: 'waiting' as const, openKey: `${kind}:${customerId}` }
  if (!(await tx.insertOnce(PrivacyJob, { ...row, wakeAt, createdAt: tx.now }))) throw new LostRace()
  return (await tx.get(PrivacyJob, id)) as PrivacyJob
}

function about(customerId: string) {
  const subject = { type: 'customer', id: customerId }
  return { by: { type: 'customer' as const, id: customerId }, subject, customerId }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
