import { opened } from '../../lib/crypto.ts'
import { Conflict, Forbidden } from '../../lib/errors.ts'
import { type Point, zoneAt } from '../../lib/geo.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { record, SYSTEM } from '../events/events.ts'
import { chainRoles, type Hands, leastBusy, peopleFor } from '../flows/assign.ts'
import type { Flow, StepDefinition } from '../flows/flow.ts'
import { about, changeStep } from '../flows/flows.ts'
import { guardActor } from '../flows/guards.ts'
import { passOn } from '../flows/hands.ts'
import type { Turn } from '../flows/hooks.ts'
import { calendarOf } from '../flows/ladder.ts'
import type { FlowRun } from '../flows/run.ts'
import { touchCards } from '../messages/outbox.ts'
import { staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import { boardOf, doubt, forgetBoards } from './board.ts'
import { fullOf } from './claims.ts'
import { type Decision, decide, type Job } from './decide.ts'
import { DispatchOffer, DispatchWait } from './offer.ts'
import { type DispatchRule, ruleOf } from './rule.ts'

/** Why a step goes on to somebody else. */
export type Passing = 'expired' | 'declined' | 'off_duty' | 'recycled'

/** Chooses hands by dispatch rules for the flows of a house that has just been opened. */
export function openDispatch(): typeof dispatchHands {
  forgetBoards()
  return dispatchHands
}

/** The hands for a step that is being opened; what was decided is kept as soon as the step has its row. */
async function dispatchHands(tx: Tx, flow: Flow, run: FlowRun, definition: StepDefinition): Promise<Hands> {
  const rule = ruleOf(flow, definition)
  if (!rule) throw new Error(`flow ${flow.flow} has no dispatch rule for ${definition.step}`)
  const job = await jobOf(tx, rule, run, definition.step, tx.now + definition.limitMs, [])
  const decision = await judge(tx, rule, job)
  const target = await targetOf(tx, rule, flow, run, decision)
  return {
    assigneeId: target?.id ?? null,
    people: target ? [target] : [],
    opened: (turn) => keep(tx, rule, turn, job, decision, 1),
  }
}

/** Takes a step that nobody accepted, or that somebody declined, on to the next; or into the queue, or up. */
export async function sendOn(tx: Tx, turn: Turn, from?: Staff, reason?: Passing): Promise<void> {
  const { flow, run, step, definition } = turn
  const rule = ruleOf(flow, definition)
  if (!rule) throw new Error(`flow ${flow.flow} has no dispatch rule for ${definition.step}`)
  const before = await offersOf(tx, step.id)
  const job = await jobOf(tx, rule, run, step.name, step.dueAt, before, from)
  const decision = await judge(tx, rule, job)
  const target = await targetOf(tx, rule, flow, run, decision)
  if (from) doubt(tx, from.id)
  if (target && target.id !== step.assigneeId) {
    await passOn(tx, turn, target, SYSTEM, from && reason ? { from, reason } : undefined)
  } else if (!target && step.assigneeId !== null) {
    await changeStep(tx, step, { assigneeId: null, acceptedAt: null, hands: step.hands + 1 })
    await touchCards(tx, step.id)
  }
  await keep(tx, rule, turn, job, decision, before.length + 1)
}

/** Somebody says that they cannot do what they were asked to. Throws Conflict or Forbidden. */
export async function declineStep(tx: Tx, turn: Turn, staff: Staff): Promise<void> {
  await guardActor(tx, turn, staff)
  if (turn.step.acceptedAt !== null) throw new Conflict('step_accepted')
  const offer = await offerTo(tx, turn.step.id, staff.id)
  const expected = { state: 'offered' as const, live: true }
  if (!offer || !(await tx.update(DispatchOffer, offer.id, { state: 'declined', live: false }, expected)))
    throw new Forbidden('step_action', { action: 'decline' })
  await sendOn(tx, turn, staff, 'declined')
}

/** The newest time that somebody was asked to do a step, or undefined. */
export function offerTo(tx: Tx, stepId: string, staffId: string): Promise<DispatchOffer | undefined> {
  return tx.first(DispatchOffer, 'WHERE stepId = ? AND staffId = ? ORDER BY n DESC', [stepId, staffId])
}

/** Until when whoever was sent to a step has to say yes or no; 0 when nobody is waited for. */
export async function offeredUntil(tx: Tx, { flow, step }: Turn, staffId: string | null): Promise<number> {
  if (!flow.dispatch || !staffId || step.assigneeId !== staffId || step.acceptedAt !== null) return 0
  const offer = await offerTo(tx, step.id, staffId)
  return offer?.state === 'offered' ? offer.until : 0
}

/** Everybody who was asked to do a step, in order. */
export function offersOf(tx: Tx, stepId: string): Promise<DispatchOffer[]> {
  return tx.find(DispatchOffer, 'WHERE stepId = ? ORDER BY n', [stepId])
}

/** Whether a waiting step can go to anybody now; `full` says that nobody of its role has a hand free. */
export async function outlookOf(tx: Tx, { flow, run, step, definition }: Turn): Promise<'open' | 'busy' | 'full'> {
  const rule = ruleOf(flow, definition)
  if (!rule) return 'open'
  const before = await offersOf(tx, step.id)
  const job = await jobOf(tx, rule, run, step.name, step.dueAt, before)
  const { kind } = await judge(tx, rule, job)
  if (kind !== 'wait') return 'open'
  return before.length > 0 ? 'busy' : 'full'
}

async function judge(tx: Tx, rule: DispatchRule, job: Job): Promise<Decision> {
  const full = rule.claims && (await fullOf(tx, rule.claims))
  return decide(rule, { ...job, full }, await boardOf(tx, rule), tx.now)
}

async function targetOf(
  tx: Tx,
  rule: DispatchRule,
  flow: Flow,
  run: FlowRun,
  decision: Decision,
): Promise<Staff | undefined> {
  if (decision.kind === 'wait') return undefined
  if (decision.kind === 'offer') return staffById(tx, decision.worker.id)
  // One of them owns it, or each would leave it to the others.
  const above = await peopleFor(tx, [rule.overflow, ...chainRoles(flow), rule.role])
  return above.length > 0 ? leastBusy(tx, above, run.id) : undefined
}

/** Writes down what was decided, and why. */
async function keep(tx: Tx, rule: DispatchRule, turn: Turn, job: Job, decision: Decision, n: number): Promise<void> {
  const { step, run } = turn
  if (decision.kind === 'wait') {
    const { id, dueAt } = step
    const { role, retryMs: everyMs } = rule
    const times = { since: tx.now, retryAt: tx.now + everyMs, everyMs }
    await tx.insertOnce(DispatchWait, { id, role, urgent: job.urgent, dueAt, ...times })
  }
  if (decision.kind === 'offer') await keepOffer(tx, rule, turn, job, decision, n)
  const to = decision.kind === 'wait' ? undefined : step.assigneeId
  if (to) doubt(tx, to)
  const data = decision.kind === 'offer' ? { score: decision.score, why: decision.why, n } : {}
  await record(tx, `step.dispatch_${PAST[decision.kind]}`, {
    ...about(run),
    by: SYSTEM,
    data: { step: step.name, stepId: step.id, to, ...data },
  })
}

const PAST = { offer: 'offered', wait: 'queued', overflow: 'overflowed' }

async function keepOffer(
  tx: Tx,
  rule: DispatchRule,
  { step, flow }: Turn,
  job: Job,
  { worker, score, why }: Extract<Decision, { kind: 'offer' }>,
  n: number,
): Promise<void> {
  const from = worker.onDuty ? tx.now : Math.max(tx.now, worker.breakUntil ?? tx.now)
  const acceptMs = job.urgent ? rule.acceptMs.urgent : rule.acceptMs.default
  await tx.insert(DispatchOffer, {
    id: newId(tx.now),
    stepId: step.id,
    staffId: worker.id,
    n,
    state: 'offered',
    live: true,
    away: !worker.onDuty,
    score,
    why,
    lat: job.place?.lat,
    lng: job.place?.lng,
    offeredAt: tx.now,
    until: rule.acceptMs.working ? calendarOf(flow).add(from, acceptMs) : from + acceptMs,
  })
}

async function jobOf(
  tx: Tx,
  rule: DispatchRule,
  run: FlowRun,
  step: string,
  dueAt: number | null,
  before: DispatchOffer[],
  from?: Staff,
): Promise<Job> {
  const place = placeOf(run)
  return {
    place,
    zone: place && zoneAt(rule.zones, place, tx.now)?.zone,
    skills: skillsFor(rule, run),
    urgent: run.priority === 'urgent',
    dueAt,
    // Whoever had it without being asked is not asked next.
    asked: new Set([...before.map(({ staffId }) => staffId), ...(from ? [from.id] : [])]),
    previousId: before.length > 0 || from ? undefined : await doneBefore(tx, run, step),
  }
}

/** Where a run's matter is, if it is anywhere. */
export function placeOf({ facts }: FlowRun): (Point & { address?: string }) | undefined {
  const { place } = facts as { place?: Point & { address?: string } }
  return place && Number.isFinite(place.lat) && Number.isFinite(place.lng) ? place : undefined
}

function skillsFor({ skills, skillFrom }: DispatchRule, run: FlowRun): string[] {
  // Flows that were stored when one answer told the skills keep it by itself.
  const answers = [skillFrom ?? []].flat().flatMap(({ step, field }) => opened(run.answers[step]?.[field]))
  const needed = answers.flatMap((value) => (typeof value === 'string' ? (skills[value] ?? []) : []))
  return [...new Set(needed)]
}

/** Who did the same step of the same matter last, in a run before or a turn before. */
async function doneBefore(tx: Tx, run: FlowRun, step: string): Promise<string | undefined> {
  const [last] = await tx.query<{ finishedBy: string }>(
    `SELECT f.finishedBy FROM flow_runs r JOIN flow_steps f ON f.runId = r.id
     WHERE r.subjectId = ? AND f.name = ? AND f.finishedBy IS NOT NULL ORDER BY f.finishedAt DESC LIMIT 1`,
    [run.subjectId, step],
  )
  return last?.finishedBy
}
