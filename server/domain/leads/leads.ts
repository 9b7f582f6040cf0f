import { DateTime } from 'luxon'
import type { Claimed } from '../../engines/dispatch/claims.ts'
import { type Actor, record, SYSTEM } from '../../engines/events/events.ts'
import type { Turn } from '../../engines/flows/hooks.ts'
import { calendarOf } from '../../engines/flows/ladder.ts'
import type { FlowRun } from '../../engines/flows/run.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { Lead, LeadHold } from './lead.ts'

const ZONE = 'Asia/Shanghai'

/** What a form tells of a lead, for reports. */
export type Origin = Partial<Pick<Lead, 'source' | 'region' | 'industry' | 'companyId'>>

/** A ticket is a lead from now on; one that was closed is open again. */
export async function openLead(tx: Tx, run: FlowRun, origin: Origin): Promise<void> {
  const { subjectId: id, customerId } = run
  const row = { id, customerId, state: 'open' as const, ...origin, openedAt: tx.now, contacts: 0 }
  if (await tx.insertOnce(Lead, row))
    return record(tx, 'lead.opened', { ...about(run), by: SYSTEM, data: { ...origin } })
  const lead = await leadOf(tx, run)
  if (lead.state === 'open') return
  await tx.update(Lead, id, { state: 'open', reason: null, amount: null, closedAt: null })
  await record(tx, 'lead.reopened', { ...about(run), by: SYSTEM })
}

/** Somebody has a lead in hand at a step, for so much working time if that is told. Said again it changes nothing. */
export async function holdLead(tx: Tx, turn: Turn, staffId: string, allowedMs: number | null): Promise<void> {
  const { run, step, flow } = turn
  const lead = await leadOf(tx, run)
  const waiting = await tx.first(LeadHold, `WHERE stepId = ? AND staffId = ? AND state = 'waiting'`, [step.id, staffId])
  if (waiting) return giveLead(tx, run, lead, staffId)
  const claim = lead.ownerId !== staffId
  await giveLead(tx, run, lead, staffId)
  await endHolds(tx, lead.id)
  await tx.insert(LeadHold, {
    id: newId(tx.now),
    leadId: lead.id,
    stepId: step.id,
    staffId,
    claim,
    state: 'waiting',
    at: tx.now,
    allowedMs,
    takeAt: allowedMs === null ? null : calendarOf(flow).add(tx.now, allowedMs),
  })
}

/** What somebody noted of a talk with the customer. */
export interface Contact {
  outcome: string
  /** Whether the customer was reached. */
  reached: boolean
  /** The day or minute of the next talk, as it was named. */
  next: string | null
}

/** A lead was followed up: it stays with whoever did it, and nobody takes it from them for this time. */
export async function noteContact(tx: Tx, turn: Turn, contact: Contact): Promise<void> {
  const { run, step } = turn
  const lead = await leadOf(tx, run)
  const by: Actor = step.finishedBy ? { type: 'staff', id: step.finishedBy } : SYSTEM
  await endHolds(tx, lead.id)
  if (step.finishedBy) await giveLead(tx, run, lead, step.finishedBy)
  const contacts = lead.contacts + 1
  const contactedAt = lead.contactedAt ?? (contact.reached ? tx.now : null)
  await tx.update(Lead, lead.id, { contacts, contactedAt })
  await record(tx, 'lead.contacted', { ...about(run), by, data: { step: step.name, ...contact, contacts } })
}

/** A lead is over. */
export async function closeLead(
  tx: Tx,
  turn: Turn,
  as: 'won' | 'lost',
  { reason = null, amount = null }: { reason?: string | null; amount?: number | null },
): Promise<void> {
  const { run, step } = turn
  const lead = await leadOf(tx, run)
  if (lead.state !== 'open') return
  await endHolds(tx, lead.id)
  await tx.update(Lead, lead.id, { state: as, reason, amount, closedAt: tx.now })
  const by: Actor = step.finishedBy ? { type: 'staff', id: step.finishedBy } : SYSTEM
  const data = { reason, amount, owner: step.finishedBy, openMs: tx.now - lead.openedAt, contacts: lead.contacts }
  await record(tx, `lead.${as}`, { ...about(run), by, data })
}

/** The lead behind a run; its flow opens it with its first step. */
export async function leadOf(tx: Tx, { subjectId }: FlowRun): Promise<Lead> {
  const lead = await tx.get(Lead, subjectId)
  if (!lead) throw new Error(`no lead ${subjectId}: its flow must say "open_lead" first`)
  return lead
}

/** How many leads everybody was given today, and has in stock. */
export async function countClaims(tx: Tx): Promise<Map<string, Claimed>> {
  const since = DateTime.fromMillis(tx.now, { zone: ZONE }).startOf('day').toMillis()
  const today = await tx.query<{ id: string; n: number }>(
    'SELECT staffId AS id, COUNT(DISTINCT leadId) AS n FROM lead_holds WHERE claim = 1 AND at >= ? GROUP BY staffId',
    [since],
  )
  const stock = await tx.query<{ id: string; n: number }>(
    `SELECT ownerId AS id, COUNT(*) AS n FROM leads WHERE state = 'open' AND ownerId IS NOT NULL GROUP BY ownerId`,
  )
  const counts = new Map<string, Claimed>()
  for (const { id, n } of stock) counts.set(id, { today: 0, stock: Number(n) })
  for (const { id, n } of today) counts.set(id, { today: Number(n), stock: counts.get(id)?.stock ?? 0 })
  return counts
}

/** What an event of a lead is about: its ticket. */
export function about({ subjectType, subjectId, customerId }: FlowRun) {
  return { subject: { type: subjectType, id: subjectId }, customerId }
}

async function giveLead(tx: Tx, run: FlowRun, lead: Lead, staffId: string): Promise<void> {
  if (lead.ownerId === staffId) return
  await tx.update(Lead, lead.id, { ownerId: staffId })
  const data = { from: lead.ownerId, to: staffId }
  await record(tx, 'lead.taken', { ...about(run), by: { type: 'staff', id: staffId }, data })
}

async function endHolds(tx: Tx, leadId: string): Promise<void> {
  await tx.run(`UPDATE lead_holds SET state = 'cancelled', endedAt = ? WHERE leadId = ? AND state = 'waiting'`, [
    tx.now,
    leadId,
  ])
}
