import { Conflict, Forbidden, Invalid } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { record } from '../events/events.ts'
import { touchCards } from '../messages/outbox.ts'
import { holdsRole, membersOf, staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import {
  type Ballot,
  ballotOf,
  keepHandedOver,
  rolesOf,
  seatRound,
  settleSeats,
  submissionOf,
  writtenBallot,
} from './approval-open.ts'
import { quorumOf, verdictOf } from './approval-seats.ts'
import { type Decision, StepVote } from './approval-vote.ts'
import { chainRoles, peopleFor } from './assign.ts'
import { goTo } from './flows.ts'
import { person } from './guards.ts'
import type { Turn } from './hooks.ts'
import { about, changeRun, liveSteps, stepsOf, turnOf } from './rows.ts'
import type { StepAction } from './step-source.ts'
import { closeStep, completeStep } from './steps.ts'

/** Lets only those through whose turn it is at a live approval step. Throws Conflict or Forbidden, saying who did what. */
export async function guardSeat(tx: Tx, turn: Turn, staff: Staff, action: StepAction): Promise<Ballot> {
  const { step, definition } = turn
  const ballot = await ballotOf(tx, turn)
  const own = ballot.votes.findLast(({ staffId, decision }) => staffId === staff.id && decision !== 'moved')
  if (own?.decision) throw new Conflict('vote_given', { decision: own.decision, at: own.at })
  if (step.state === 'cancelled') throw new Conflict('approval_withdrawn', { at: step.finishedAt })
  if (!step.isLive()) {
    throw new Conflict('step_done', { by: await nameOf(tx, step.finishedBy), at: step.finishedAt })
  }
  if (!definition.actions.includes(action)) throw new Forbidden('step_action', { action })
  if (ballot.open.some(({ staffId }) => staffId === staff.id)) return ballot
  if (own) throw new Conflict('seat_waits', { names: await namesOf(tx, ballot.open) })
  throw new Forbidden('step_not_yours', { assignee: await nameOf(tx, step.assigneeId) })
}

/** Agrees. With enough voices the step is over, unless the amount is above what those who agreed may approve alone. */
export async function approveStep(tx: Tx, turn: Turn, staff: Staff, words = ''): Promise<void> {
  const ballot = await guardSeat(tx, turn, staff, 'approve')
  await vote(tx, ballot, staff, 'approve', words)
  await count(tx, turn, staff, words)
}

/** Says no, with a reason: where one voice is enough for that, the step is over. Throws Invalid without a reason. */
export async function rejectStep(tx: Tx, turn: Turn, staff: Staff, words: string): Promise<void> {
  const ballot = await guardSeat(tx, turn, staff, 'reject')
  needReason(words)
  await vote(tx, ballot, staff, 'reject', words)
  await count(tx, turn, staff, words)
}

/**
 * Sends the matter back to an earlier step, with a reason. What later steps brought stays in their own rows; conditions
 * see what they bring next. Throws Invalid for a step that the flow does not allow.
 */
export async function returnStep(tx: Tx, turn: Turn, staff: Staff, to: string, words: string): Promise<void> {
  const ballot = await guardSeat(tx, turn, staff, 'return')
  if (!ballot.approval.return_to.includes(to)) throw new Invalid('to', 'return_unknown')
  needReason(words)
  await vote(tx, ballot, staff, 'return', words, { to })
  const { flow, run, step } = turn
  await closeStep(tx, turn, staff, { decision: 'returned', words, amount: await amountOf(tx, turn) }, [staff.id])
  const names = flow.steps.map((one) => one.step)
  const later = new Set(names.slice(names.indexOf(to) + 1).filter((name) => name !== step.name))
  await changeRun(tx, run, {
    answers: Object.fromEntries(Object.entries(run.answers).filter(([name]) => !later.has(name))),
  })
  await goTo(tx, turn, to, person(staff))
}

/** Gives one's seat to somebody else. Throws Invalid for somebody who has a seat already. */
export async function transferSeat(tx: Tx, turn: Turn, staff: Staff, to: string): Promise<void> {
  const ballot = await guardSeat(tx, turn, staff, 'transfer')
  const target = await newcomer(tx, ballot, to)
  await keepHandedOver(tx, ballot)
  const seat = seatOf(ballot, staff)
  const changes = { staffId: target.id, byId: staff.id, openedAt: null }
  if (!(await tx.update(StepVote, seat.id, changes, { decision: null, staffId: staff.id }))) throw new LostRace()
  await follow(tx, turn, staff, 'step.transferred', { from: staff.id, to: target.id, toName: target.name })
}

/** Asks somebody else as well: before one speaks oneself, or after. Throws Invalid for somebody who has a seat already. */
export async function addSigner(tx: Tx, turn: Turn, staff: Staff, to: string, when: 'before' | 'after'): Promise<void> {
  const ballot = await guardSeat(tx, turn, staff, 'add_signer')
  const target = await newcomer(tx, ballot, to)
  await keepHandedOver(tx, ballot)
  const { id: ofId, stepId, round, place } = seatOf(ballot, staff)
  const seat = { id: newId(tx.now), stepId, round, place, staffId: target.id, seat: when, ofId, byId: staff.id }
  await tx.insert(StepVote, seat)
  await follow(tx, turn, staff, 'step.signer_added', { to: target.id, toName: target.name, when })
}

/** The people to whom a seat can be given or added: of the approving roles and of the chain, who have none yet. */
export async function seatCandidates(tx: Tx, turn: Turn): Promise<Staff[]> {
  const { seats } = await ballotOf(tx, turn)
  const found = new Map<string, Staff>()
  for (const role of new Set([...rolesOf(turn), ...chainRoles(turn.flow)])) {
    for (const member of await membersOf(tx, role)) found.set(member.id, member)
  }
  for (const { staffId } of seats) found.delete(staffId)
  return [...found.values()]
}

/** The live approval to which this finished step has led, while nobody has acted there; undefined where there is none. */
export async function submittedTo(tx: Tx, { run, step }: Turn): Promise<Turn | undefined> {
  if (step.state !== 'done' || run.state !== 'running') return undefined
  for (const { id } of await liveSteps(tx, run.id)) {
    const turn = await turnOf(tx, id)
    if (turn.run.id !== run.id || !turn.definition.approval) continue
    const before = (await stepsOf(tx, run.id)).findLast(({ seq, kind }) => kind === 'task' && seq < turn.step.seq)
    if (before?.id === step.id && !(await acted(tx, turn))) return turn
  }
  return undefined
}

/** Whoever submitted takes it back, as long as nobody has acted: their own step is open again. Throws Conflict, Forbidden. */
export async function withdrawSubmission(tx: Tx, submitted: Turn, staff: Staff): Promise<void> {
  const { run, step } = submitted
  if (step.finishedBy !== staff.id) {
    throw new Forbidden('step_not_yours', { assignee: await nameOf(tx, step.finishedBy) })
  }
  const turn = await submittedTo(tx, submitted)
  if (!turn) throw new Conflict('withdraw_late')
  await record(tx, 'step.withdrawn', { ...about(run), by: person(staff), data: { step: turn.step.name } })
  await goTo(tx, turn, step.name, person(staff))
  await touchCards(tx, step.id)
}

/** Counts the voices: the step stays open, the next role is asked, or it is over. */
async function count(tx: Tx, turn: Turn, staff: Staff, words: string): Promise<void> {
  const ballot = await writtenBallot(tx, turn)
  const verdict = verdictOf(quorumOf(ballot.approval, ballot.round), ballot.seats)
  if (verdict === undefined) return settleSeats(tx, turn)
  if (verdict === 'approved' && (await goesUp(tx, ballot))) return settleSeats(tx, turn)
  const wanted: Decision = verdict === 'approved' ? 'approve' : 'reject'
  const by = ballot.votes.filter(({ decision }) => decision === wanted).map(({ staffId }) => staffId)
  await completeStep(tx, turn, staff, { decision: verdict, words, amount: await amountOf(tx, turn) }, by)
}

/** Asks the next role above where nobody who agreed may approve so much alone; false when nobody need be asked. */
async function goesUp(tx: Tx, { turn, approval, round, votes }: Ballot): Promise<boolean> {
  const roles = rolesOf(turn)
  if (roles.length === 1) return false
  const agreed = votes.filter(({ decision }) => decision === 'approve').map(({ staffId }) => staffId)
  const amount = (await amountOf(tx, turn)) ?? Number.POSITIVE_INFINITY
  for (const id of agreed) if ((await limitOf(tx, id, roles, approval.limits)) >= amount) return false
  for (let next = round + 1; next < roles.length; next++) {
    const people = await peopleFor(tx, [roles[next] as string, ...chainRoles(turn.flow)])
    const fresh = people.filter(({ id }) => !agreed.includes(id))
    if (fresh.length === 0) continue
    await seatRound(tx, turn, next, fresh)
    return true
  }
  return false
}

/** How much a person may approve alone: by the role of theirs that allows most. */
async function limitOf(tx: Tx, staffId: string, roles: string[], limits: Record<string, number>): Promise<number> {
  let most = 0
  for (const role of roles) {
    if (await holdsRole(tx, staffId, role)) most = Math.max(most, limits[role] ?? Number.POSITIVE_INFINITY)
  }
  return most
}

async function vote(
  tx: Tx,
  ballot: Ballot,
  staff: Staff,
  decision: Decision,
  words: string,
  more: Record<string, unknown> = {},
): Promise<void> {
  await keepHandedOver(tx, ballot)
  const { turn } = ballot
  const said = { decision, words: words || null, at: tx.now }
  const taken = await tx.update(StepVote, seatOf(ballot, staff).id, said, { decision: null, staffId: staff.id })
  // Somebody was faster: what stands now decides again.
  if (!taken) throw new LostRace()
  const data = { step: turn.step.name, decision, reason: words, ...more }
  await record(tx, 'step.voted', { ...about(turn.run), by: person(staff), data })
  await touchSubmitter(tx, turn)
}

async function follow(tx: Tx, turn: Turn, staff: Staff, name: string, data: Record<string, unknown>): Promise<void> {
  await settleSeats(tx, turn)
  await touchSubmitter(tx, turn)
  await record(tx, name, { ...about(turn.run), by: person(staff), data: { step: turn.step.name, ...data } })
}

/** The card of whoever submitted offers to take it back no longer. */
async function touchSubmitter(tx: Tx, { run, step }: Turn): Promise<void> {
  const before = (await stepsOf(tx, run.id)).findLast(({ seq, kind }) => kind === 'task' && seq < step.seq)
  if (before) await touchCards(tx, before.id)
}

async function acted(tx: Tx, turn: Turn): Promise<boolean> {
  const { votes } = await ballotOf(tx, turn)
  return votes.some(({ decision, byId }) => decision !== null || byId !== null)
}

function seatOf({ open }: Ballot, staff: Staff): StepVote {
  const seat = open.find(({ staffId }) => staffId === staff.id)
  if (!seat) throw new Forbidden('step_not_yours')
  return seat
}

async function newcomer(tx: Tx, { seats }: Ballot, id: string): Promise<Staff> {
  const target = await staffById(tx, id)
  if (!target?.active) throw new Invalid('person', 'person_unknown')
  if (seats.some(({ staffId }) => staffId === target.id))
    throw new Invalid('person', 'seat_taken', { name: target.name })
  return target
}

async function amountOf(tx: Tx, { step }: Turn): Promise<number | null> {
  return (await submissionOf(tx, step.id))?.amount ?? null
}

function needReason(words: string): void {
  if (!words.trim()) throw new Invalid('reason', 'reason_missing')
}

async function namesOf(tx: Tx, seats: StepVote[]): Promise<string[]> {
  return Promise.all(seats.map(({ staffId }) => nameOf(tx, staffId)))
}

async function nameOf(tx: Tx, staffId: string | null): Promise<string> {
  return (staffId && (await staffById(tx, staffId))?.name) || ''
}
