import { idsBehind } from '../../engines/events/aliases.ts'
import { record } from '../../engines/events/events.ts'
import { removeStored } from '../../engines/files/store.ts'
import type { PrivacyRule } from '../../engines/packs/privacy.ts'
import { type Erased, type Holding, holdings, type Leaving } from '../../engines/privacy/holding.ts'
import { sum } from '../../engines/privacy/rows.ts'
import { HOUR, MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { newId } from '../../lib/ids.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { PrivacyJob, PrivacyPart, type ProofLine } from './job.ts'
import { blockers, changeJob } from './jobs.ts'

const JOBS = 5
/** How many steps one run of the duty takes for one job: each is a transaction of its own. */
const STEPS = 50
/** A pass that finds nothing ends an erasure; one that always finds something is somebody's to look at. */
const MOST_PASSES = 6
const AGAIN_MS = 10 * MINUTE
/** How often it is looked whether what stands in the way of an erasure is over. */
const BLOCKED_MS = HOUR
/** How long the proof can be looked at. */
const PROOF_MS = 30 * 24 * HOUR

/** When there is something to do of what customers asked for. */
export const privacyDue = earliest('privacy_jobs', 'wakeAt')

/** Goes on with what customers asked for, in bounded steps. Returns how many steps were taken. */
export async function workPrivacy(db: Database, rule: () => PrivacyRule): Promise<number> {
  const due = await db.read((tx) =>
    tx.find(PrivacyJob, `WHERE wakeAt IS NOT NULL AND wakeAt <= ? ORDER BY wakeAt, id LIMIT ${JOBS}`, [tx.now]),
  )
  let done = 0
  for (const { id } of due) {
    try {
      for (let step = 0; step < STEPS && (await take(db, id, rule())); step++) done++
    } catch (error) {
      log.error({ job: id, err: error }, 'what a customer asked for cannot go on')
      await db.write((tx) => putOff(tx, id))
    }
  }
  return done
}

/** One step of a job; false when there is nothing more to do now. */
async function take(db: Database, id: string, rule: PrivacyRule): Promise<boolean> {
  const job = await db.read((tx) => tx.get(PrivacyJob, id))
  if (!job || job.wakeAt === null) return false
  const now = await db.read(async (tx) => tx.now)
  if (job.wakeAt > now) return false
  if (job.state === 'ready' || job.state === 'done') return db.write((tx) => forget(tx, job))
  if (job.kind === 'export') return db.write((tx) => exportStep(tx, job, rule))
  if (job.state === 'waiting') return db.write((tx) => begin(tx, job))
  await removeFiles(db, job)
  return db.write((tx) => eraseStep(tx, job))
}

async function exportStep(tx: Tx, job: PrivacyJob, rule: PrivacyRule): Promise<boolean> {
  const told = holdings().filter(({ tell }) => tell)
  const holding = told[job.place]
  if (!holding?.tell) {
    const expiresAt = tx.now + rule.exportForMs
    await changeJob(tx, job, { state: 'ready', wakeAt: expiresAt, expiresAt, endedAt: tx.now })
    return true
  }
  const { rows, next } = await holding.tell(tx, job.customerId, job.afterId)
  if (rows.length > 0)
    await tx.insert(PrivacyPart, { id: newId(tx.now), jobId: job.id, part: holding.name, body: rows })
  await changeJob(tx, job, {
    state: 'working',
    ...(next === undefined ? { place: job.place + 1, afterId: '' } : { afterId: next }),
  })
  return true
}

/** The cooling time is over: once more it is asked whether anything is open, and then nobody can take it back. */
async function begin(tx: Tx, job: PrivacyJob): Promise<boolean> {
  const open = await blockers(tx, job.customerId)
  if (open.length > 0) {
    await changeJob(tx, job, { reasons: open, wakeAt: tx.now + BLOCKED_MS })
    return true
  }
  await changeJob(tx, job, { state: 'working', alias: newId(tx.now), reasons: null, proof: [] })
  return true
}

async function eraseStep(tx: Tx, job: PrivacyJob): Promise<boolean> {
  const holding = holdings()[job.place]
  const alias = job.alias as string
  if (!holding) {
    if (job.touched > 0 && job.pass < MOST_PASSES) {
      // Something may have come in behind us while we went through the others.
      await changeJob(tx, job, { place: 0, pass: job.pass + 1, touched: 0 })
      return true
    }
    await finish(tx, job, alias)
    return true
  }
  const { deleted = 0, kept = 0, more } = await eraseFrom(tx, holding, { customerId: job.customerId, alias })
  await changeJob(tx, job, {
    touched: job.touched + deleted + kept,
    proof: counted(job.proof ?? [], { part: holding.name, deleted, kept }),
    ...(!more && { place: job.place + 1 }),
  })
  return true
}

/** What one noun holds of a customer under any id that they ever had: events keep the one that they came with. */
export async function eraseFrom(tx: Tx, { erase }: Holding, { customerId, alias }: Leaving): Promise<Erased> {
  const all: Erased[] = []
  for (const id of await idsBehind(tx, customerId)) all.push(await erase(tx, { customerId: id, alias }))
  return sum(all)
}

async function finish(tx: Tx, job: PrivacyJob, alias: string): Promise<void> {
  const { customerId } = job
  await tx.run('DELETE FROM privacy_parts WHERE jobId IN (SELECT id FROM privacy_jobs WHERE customerId = ?)', [
    customerId,
  ])
  await tx.run('DELETE FROM privacy_jobs WHERE customerId = ? AND id <> ?', [customerId, job.id])
  await changeJob(tx, job, {
    customerId: alias,
    state: 'done',
    openKey: null,
    endedAt: tx.now,
    expiresAt: tx.now + PROOF_MS,
    wakeAt: tx.now + PROOF_MS,
  })
  await record(tx, 'customer.erased', { by: { type: 'system' }, subject: { type: 'erasure', id: job.id } })
}

/** What has had its time goes as well: the pages of an export, and the way to a proof. */
async function forget(tx: Tx, job: PrivacyJob): Promise<boolean> {
  await tx.run('DELETE FROM privacy_parts WHERE jobId = ?', [job.id])
  const over = job.state === 'ready' ? { state: 'expired' as const } : {}
  await changeJob(tx, job, { ...over, openKey: null, wakeAt: null, tokenHash: null })
  return true
}

/** Bytes go before the rows that know of them: after a crash in between they are looked for again. */
async function removeFiles(db: Database, { customerId, place }: PrivacyJob): Promise<void> {
  const holding = holdings()[place]
  if (!holding?.files) return
  const files = await db.read((tx) => holding.files?.(tx, customerId) ?? Promise.resolve([]))
  for (const { id, ending } of files) await removeStored(id, ending)
}

async function putOff(tx: Tx, id: string): Promise<void> {
  const job = await tx.get(PrivacyJob, id)
  if (job?.wakeAt) await changeJob(tx, job, { attempts: job.attempts + 1, wakeAt: tx.now + AGAIN_MS })
}

function counted(lines: ProofLine[], line: ProofLine): ProofLine[] {
  const before = lines.find(({ part }) => part === line.part)
  if (!before) return [...lines, line]
  const sum = { ...before, deleted: before.deleted + line.deleted, kept: before.kept + line.kept }
  return lines.map((one) => (one === before ? sum : one))
}
