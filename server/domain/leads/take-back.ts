import type { Found } from '../../engines/audit/findings.ts'
import { sendOn } from '../../engines/dispatch/dispatch.ts'
import { record, SYSTEM } from '../../engines/events/events.ts'
import { turnOf } from '../../engines/flows/flows.ts'
import type { Turn } from '../../engines/flows/hooks.ts'
import { calendarOf, pausesOf } from '../../engines/flows/ladder.ts'
import { enqueue } from '../../engines/messages/outbox.ts'
import { staffById } from '../../engines/staff/roster.ts'
import { HOUR, MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest, whenever } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import { Lead, LeadHold } from './lead.ts'
import { about } from './leads.ts'

const BATCH = 100
/** One that cannot be judged is looked at again after so long. */
const PUT_OFF_MS = HOUR
/** The sweep comes every few seconds; what has been due for so long was passed over. */
const GRACE_MS = 15 * MINUTE

/** What counts as following up, beside the step itself: words to the customer, a talk that was written down. */
const FOLLOW_UPS = ['ticket.replied', 'customer.asked', 'interaction.recorded']

/** Leads whose ticket the customer took back, or that went on in another one. */
const GONE = `leads l JOIN tickets t ON t.id = l.id WHERE l.state = 'open' AND t.status IN ('withdrawn', 'merged')`

/**
 * Takes leads from those who have not followed them up in time and gives them to whoever is next; each once, however
 * long nobody looked. Rows are claimed by compare-and-set. Returns how much was done.
 */
export async function sweepLeads(db: Database): Promise<number> {
  const gone = await db.read((tx) => tx.query<{ id: string }>(`SELECT l.id FROM ${GONE} LIMIT ${BATCH}`))
  for (const { id } of gone)
    await db.write((tx) => tx.update(Lead, id, { state: 'gone', closedAt: tx.now }, { state: 'open' }))
  const due = await db.read((tx) =>
    tx.find(LeadHold, `WHERE state = 'waiting' AND takeAt <= ? ORDER BY takeAt LIMIT ${BATCH}`, [tx.now]),
  )
  let done = gone.length
  for (const hold of due) if (await db.write((tx) => takeBack(tx, hold))) done += 1
  return done
}

/** When the next lead is taken back, or undefined. */
export const nextTakeBack = earliest('lead_holds', 'takeAt', `state = 'waiting'`)

/** Leads that nobody has to follow up any more. */
export const leadsGone = whenever(GONE)

/** Leads that should have been taken back and were not: the auditor reads them by itself. */
export async function auditLeads(db: Database): Promise<Found[]> {
  const late = await db.read((tx) =>
    tx.query<{ stepId: string; name: string }>(
      `SELECT h.stepId, s.name FROM lead_holds h JOIN staff s ON s.id = h.staffId
       WHERE h.state = 'waiting' AND h.takeAt < ? ORDER BY h.takeAt LIMIT ${BATCH}`,
      [tx.now - GRACE_MS],
    ),
  )
  return late.map(({ stepId, name }) => ({ kind: 'lead_late', subjectId: stepId, about: name }))
}

async function takeBack(tx: Tx, hold: LeadHold): Promise<boolean> {
  const turn = await readable(tx, hold)
  if (!turn) return false
  const { step, flow } = turn
  if (!step.isLive() || step.assigneeId !== hold.staffId) return end(tx, hold, 'cancelled')
  const due = await dueAt(tx, hold, turn)
  // Nobody is given anything in the middle of the night.
  const takeAt = due > tx.now ? due : calendarOf(flow).nextWorking(tx.now)
  if (takeAt > tx.now) return move(tx, hold, Number.isFinite(takeAt) ? takeAt : tx.now + PUT_OFF_MS)
  if (!(await end(tx, hold, 'executed'))) return false
  await recycle(tx, hold, turn)
  return true
}

/** When the time is over that somebody has, from the last thing that they did; the waiting for the customer not counted. */
async function dueAt(tx: Tx, { leadId, staffId, at, allowedMs }: LeadHold, { run, step, flow }: Turn): Promise<number> {
  const places = FOLLOW_UPS.map(() => '?').join(',')
  const [last] = await tx.query<{ at: number | null }>(
    `SELECT MAX(at) AS at FROM events WHERE subjectId IN (?, ?) AND actorId = ? AND at > ? AND name IN (${places})`,
    [leadId, run.customerId ?? '', staffId, at, ...FOLLOW_UPS],
  )
  return calendarOf(flow).add(Number(last?.at ?? at), allowedMs ?? 0, await pausesOf(tx, step.id))
}

async function recycle(tx: Tx, { leadId, staffId, allowedMs }: LeadHold, turn: Turn): Promise<void> {
  const { run, step } = turn
  await tx.update(Lead, leadId, { ownerId: null })
  const from = await staffById(tx, staffId)
  await sendOn(tx, turn, from, 'recycled')
  await record(tx, 'lead.recycled', {
    ...about(run),
    by: SYSTEM,
    data: { step: step.name, from: staffId, fromName: from?.name ?? '', to: step.assigneeId, allowedMs },
  })
  await enqueue(tx, {
    key: `taken_back:${step.id}:${step.hands}:${staffId}`,
    channel: 'staff',
    to: staffId,
    kind: 'taken_back',
    subjectId: step.id,
    data: { allowedMs },
  })
}

async function readable(tx: Tx, hold: LeadHold): Promise<Turn | undefined> {
  try {
    return await turnOf(tx, hold.stepId)
  } catch (error) {
    // One broken step must not stop the others.
    log.error({ step: hold.stepId, err: error }, 'a lead that is due cannot be read')
    await move(tx, hold, tx.now + PUT_OFF_MS)
    return undefined
  }
}

function end(tx: Tx, { id }: LeadHold, state: 'executed' | 'cancelled'): Promise<boolean> {
  return tx.update(LeadHold, id, { state, endedAt: tx.now }, { state: 'waiting' })
}

async function move(tx: Tx, { id, takeAt }: LeadHold, to: number): Promise<boolean> {
  return tx.update(LeadHold, id, { takeAt: to }, { state: 'waiting', takeAt })
}
