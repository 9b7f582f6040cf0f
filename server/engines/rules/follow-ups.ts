import { DAY } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest, whenever } from '../../lib/due.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { record } from '../events/events.ts'
import { peopleFor } from '../flows/assign.ts'
import { enqueue, touchCards } from '../messages/outbox.ts'
import { staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import { FollowUp, type FollowUpOutcome } from './follow-up.ts'
import { RULE_RUN } from './hooks.ts'
import type { RuleRun } from './run.ts'
import { talkAbout } from './talk.ts'

const BATCH = 100
/** What a card has room for. */
const MOST_POINTS = 5

/** Who is asked to call whom, and what they may talk about. */
export type Call = Pick<
  FollowUp,
  'effectKey' | 'runId' | 'rule' | 'customerId' | 'staffId' | 'role' | 'title' | 'points' | 'reasons'
>

/** What came of it. */
export interface Answered {
  outcome: FollowUpOutcome
  /** Why a customer is lost. */
  reason?: string
  note?: string
  /** When to try again. */
  nextAt?: number
}

/** Asks somebody to call a customer; their card comes with the commit. The same effect asks once. */
export async function openFollowUp(tx: Tx, call: Call): Promise<string> {
  const before = await tx.first(FollowUp, 'WHERE effectKey = ?', [call.effectKey])
  if (before) return before.id
  const points = [...new Set([...call.points, ...(await talkAbout(tx, call.customerId))])].slice(0, MOST_POINTS)
  const row = { ...call, points, id: newId(tx.now), state: 'open' as const, round: 1, createdAt: tx.now, version: 0 }
  await tx.insert(FollowUp, row)
  await sendCard(tx, row)
  return row.id
}

/** Somebody puts a customer on their own list: the card is theirs, no rule waits for it. Once a day for each customer. */
export async function followUpMyself(tx: Tx, { id: staffId }: Staff, customerId: string): Promise<string> {
  const day = Math.floor(tx.now / DAY)
  const [role] = await tx.query<{ role: string }>(
    'SELECT role FROM staff_roles WHERE staffId = ? ORDER BY id LIMIT 1',
    [staffId],
  )
  return openFollowUp(tx, {
    effectKey: `own:${staffId}:${customerId}:${day}`,
    runId: '',
    rule: '',
    customerId,
    staffId,
    role: role?.role ?? '',
    title: '',
    points: [],
    reasons: [],
  })
}

/** A follow-up by its id. Throws NotFound. */
export async function followUpById(tx: Tx, id: string): Promise<FollowUp> {
  const found = await tx.get(FollowUp, id)
  if (!found) throw new NotFound('follow_up')
  return found
}

/** Lets only those answer whose call it is, while an answer is wanted. Throws Conflict or Forbidden. */
export function guardAnswer(call: FollowUp, staff: Staff): void {
  if (call.staffId !== staff.id) throw new Forbidden('card_not_yours')
  if (!call.isOpen()) throw new Conflict('follow_up_over')
}

/**
 * Writes down what came of a call. Later: the card comes back by itself, and until then nothing is final. The answer is
 * an event, which the rule that asked goes on by.
 */
export async function answerFollowUp(tx: Tx, id: string, staff: Staff, answered: Answered): Promise<void> {
  const call = await followUpById(tx, id)
  guardAnswer(call, staff)
  const { outcome, reason, note, nextAt } = answered
  const later = outcome === 'later'
  if (later && (nextAt === undefined || nextAt <= tx.now)) throw new Invalid('time', 'when_past')
  if (outcome === 'lost' && !reason) throw new Invalid('reason', 'reason_missing')
  await change(tx, call, {
    state: later ? 'put_off' : 'answered',
    outcome,
    reason: reason?.slice(0, 60) ?? null,
    note: note || null,
    wakeAt: later ? (nextAt ?? null) : null,
    answeredAt: tx.now,
    answeredBy: staff.id,
  })
  await touchCards(tx, id)
  const about = {
    by: { type: 'staff' as const, id: staff.id },
    subject: { type: 'customer', id: call.customerId },
    customerId: call.customerId,
  }
  const said = { follow_up: id, rule: call.rule, [RULE_RUN]: call.runId, by: staff.name }
  const key = `follow_up:${id}:${call.version}`
  await record(tx, 'follow_up.answered', {
    ...about,
    data: {
      ...said,
      outcome,
      ...(reason && { reason, why: labelOf(call, reason) }),
      ...(nextAt !== undefined && { next_at: nextAt }),
    },
    dedupKey: key,
  })
  if (outcome !== 'reached') return
  // Whoever was spoken to has been in touch: that is what other rules go by.
  await record(tx, 'interaction.recorded', {
    ...about,
    data: { channel: 'call', text: note ?? '', by: staff.name, nextAt: null, follow_up: id },
    dedupKey: `${key}:talk`,
  })
}

/** Sends cards anew whose time has come, and gives those of leavers to somebody else. Returns how many. */
export async function sweepFollowUps(db: Database): Promise<number> {
  const due = await db.read((tx) => tx.find(FollowUp, `WHERE wakeAt <= ? ORDER BY wakeAt, id LIMIT ${BATCH}`, [tx.now]))
  for (const { id } of due) await db.write((tx) => comeBack(tx, id))
  const orphaned = await db.read((tx) =>
    tx.query<{ id: string }>(
      `SELECT f.id AS id FROM follow_ups f JOIN staff s ON s.id = f.staffId
       WHERE f.state IN ('open', 'put_off') AND s.active = 0 ORDER BY f.id LIMIT ${BATCH}`,
    ),
  )
  let moved = 0
  for (const { id } of orphaned) if (await db.write((tx) => passOn(tx, id))) moved += 1
  return due.length + moved
}

/** When the next card comes back. */
export const nextFollowUp = earliest('follow_ups', 'wakeAt')

/** Those of somebody who has left go to others. */
export const followUpsLeft = whenever(`follow_ups WHERE state IN ('open', 'put_off')`)

/** A run that was stopped wants nobody called any more: its cards say so. One that came to its end leaves them. */
export async function endFollowUps(tx: Tx, { id, outcome }: RuleRun): Promise<void> {
  if (outcome === 'stopped' || outcome === 'killed') await callOff(tx, id)
}

/** Whoever a run has asked to call somebody need not do it any more; their cards say so, and why if it is `refused`. */
export async function callOff(tx: Tx, runId: string, reason?: 'refused'): Promise<void> {
  const open = await tx.find(FollowUp, `WHERE runId = ? AND state IN ('open', 'put_off')`, [runId])
  for (const call of open) {
    await change(tx, call, { state: 'void', wakeAt: null, answeredAt: tx.now, ...(reason && { reason }) })
    await touchCards(tx, call.id)
  }
}

/** What a reason is called; their own words stay with the call. */
function labelOf({ reasons }: FollowUp, reason: string): string {
  return reasons.find(({ value }) => value === reason)?.label ?? reason
}

async function comeBack(tx: Tx, id: string): Promise<void> {
  const call = await followUpById(tx, id)
  if (call.state !== 'put_off' || call.wakeAt === null || call.wakeAt > tx.now) return
  await change(tx, call, { state: 'open', wakeAt: null, round: call.round + 1 })
  await sendCard(tx, call)
}

async function passOn(tx: Tx, id: string): Promise<boolean> {
  const call = await followUpById(tx, id)
  const before = await staffById(tx, call.staffId)
  const heirs = await peopleFor(tx, [call.role])
  const heir =
    (await leastAsked(
      tx,
      heirs.filter((one) => one.id !== call.staffId),
    )) ?? undefined
  if (!heir || before?.active) return false
  await touchCards(tx, id)
  await change(tx, call, { staffId: heir.id, round: call.round + 1 })
  // One that was put off comes to the heir when its time has come.
  if (call.state === 'open') await sendCard(tx, call)
  return true
}

/** Those of them who were asked to call fewer than so many customers since an instant. */
export async function notFull(tx: Tx, people: Staff[], most: number, since: number): Promise<Staff[]> {
  if (people.length === 0) return []
  const rows = await tx.query<{ staffId: string; n: number }>(
    `SELECT staffId, COUNT(*) AS n FROM follow_ups
     WHERE staffId IN (${people.map(() => '?').join(',')}) AND createdAt >= ? GROUP BY staffId`,
    [...people.map(({ id }) => id), since],
  )
  const asked = new Map(rows.map(({ staffId, n }) => [staffId, Number(n)]))
  return people.filter(({ id }) => (asked.get(id) ?? 0) < most)
}

/** Who of them has the fewest calls before them; the first of several. */
export async function leastAsked(tx: Tx, people: Staff[]): Promise<Staff | undefined> {
  if (people.length < 2) return people[0]
  const rows = await tx.query<{ staffId: string; n: number }>(
    `SELECT staffId, COUNT(*) AS n FROM follow_ups
     WHERE state = 'open' AND staffId IN (${people.map(() => '?').join(',')}) GROUP BY staffId`,
    people.map(({ id }) => id),
  )
  const load = new Map(rows.map(({ staffId, n }) => [staffId, Number(n)]))
  return people.reduce((best, one) => ((load.get(one.id) ?? 0) < (load.get(best.id) ?? 0) ? one : best))
}

function sendCard(tx: Tx, { id, round, staffId }: Pick<FollowUp, 'id' | 'round' | 'staffId'>): Promise<void> {
  return enqueue(tx, {
    key: `follow_up:${id}:${round}`,
    channel: 'staff',
    to: staffId,
    kind: 'follow_up',
    subjectId: id,
  })
}

async function change(tx: Tx, call: FollowUp, changes: Partial<FollowUp>): Promise<void> {
  const next = { ...changes, version: call.version + 1 }
  if (!(await tx.update(FollowUp, call.id, next, { version: call.version }))) throw new LostRace()
  Object.assign(call, next)
}
