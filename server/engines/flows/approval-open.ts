import { z } from 'zod'
import { opened } from '../../lib/crypto.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { enqueueAll, touchCards } from '../messages/outbox.ts'
import { staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import { handedOver, openSeats, presentRound, quorumOf } from './approval-seats.ts'
import { StepSubmission, StepVote } from './approval-vote.ts'
import { chainRoles, peopleFor } from './assign.ts'
import { type FlowWord, flowWords, type Turn } from './hooks.ts'
import { changeStep, stepCard } from './rows.ts'
import type { FlowRun } from './run.ts'
import type { Approval } from './step-source.ts'

/** An approval step with how its seats stand. */
export interface Ballot {
  turn: Turn
  approval: Approval
  round: number
  /** Every seat of every round, in order. */
  votes: StepVote[]
  /** Those of the present round that count. */
  seats: StepVote[]
  /** Those whose turn it is. */
  open: StepVote[]
}

/** The word that a pack's approval steps say on entry: seats the people who are asked. */
export const ASK_APPROVERS = 'ask_approvers'

const askApprovers: FlowWord<object> = {
  name: ASK_APPROVERS,
  args: z.strictObject({}),
  async run(tx, turn) {
    if (turn.definition.approval) await seatApprovers(tx, turn)
  },
}

// The engine's own word: no noun lends it.
flowWords([askApprovers] as FlowWord[])

/** How the seats of an approval step stand, what others did with the step included. Throws for any other step. */
export async function ballotOf(tx: Tx, turn: Turn): Promise<Ballot> {
  const written = await writtenBallot(tx, turn)
  if (!turn.step.isLive()) return written
  const { approval, round, seats, votes } = written
  const moved = handedOver(quorumOf(approval, round), seats, turn.step.assigneeId)
  return ballotFrom(
    turn,
    approval,
    votes.map((row) => moved.find(({ id }) => id === row.id) ?? row),
  )
}

/** The same as the rows tell it: for whoever has just written them. */
export async function writtenBallot(tx: Tx, turn: Turn): Promise<Ballot> {
  const { approval, step } = turn.definition
  if (!approval) throw new Error(`${step} is no approval`)
  const rows = await tx.find(StepVote, 'WHERE stepId = ? ORDER BY round, place, id', [turn.step.id])
  return ballotFrom(turn, approval, rows)
}

function ballotFrom(turn: Turn, approval: Approval, votes: StepVote[]): Ballot {
  const seats = presentRound(votes)
  const round = seats[0]?.round ?? 0
  return { turn, approval, round, votes, seats, open: openSeats(quorumOf(approval, round), seats) }
}

/** What was submitted to an approval step. */
export async function submissionOf(tx: Tx, stepId: string): Promise<StepSubmission | undefined> {
  return tx.get(StepSubmission, stepId)
}

/** The roles that are asked, round by round. */
export function rolesOf({ definition }: Turn): string[] {
  return [definition.role, ...(definition.approval?.above ?? [])]
}

/** Asks people for a round of an approval. */
export async function seatRound(tx: Tx, turn: Turn, round: number, people: Staff[]): Promise<void> {
  const row = { stepId: turn.step.id, round, seat: 'role' as const }
  const rows = people.map((one, place) => ({ ...row, id: newId(tx.now), place, staffId: one.id }))
  if (rows.length > 0) await tx.insert(StepVote, rows)
}

/**
 * Brings cards and step in line with the seats: whoever's turn has come gets a card, and a step at which one person is
 * asked is theirs.
 */
export async function settleSeats(tx: Tx, turn: Turn): Promise<void> {
  const { seats, open, round } = await writtenBallot(tx, turn)
  for (const seat of seats) {
    const opens = open.includes(seat)
    if (seat.decision !== null || opens === (seat.openedAt !== null)) continue
    seat.openedAt = opens ? tx.now : null
    await tx.update(StepVote, seat.id, { openedAt: seat.openedAt })
    if (opens) await enqueueAll(tx, [await seatCard(tx, turn, seat)])
  }
  const [only] = open
  await changeStep(tx, turn.step, {
    assigneeId: only && open.length === 1 ? only.staffId : null,
    role: rolesOf(turn)[round] ?? turn.step.role,
  })
  await touchCards(tx, turn.step.id)
}

/** Writes down what others did with the step: whose seats went to the person who has it now. */
export async function keepHandedOver(tx: Tx, { turn, votes }: Ballot): Promise<void> {
  const rows = await tx.find(StepVote, 'WHERE stepId = ?', [turn.step.id])
  for (const row of rows) {
    const now = votes.find(({ id }) => id === row.id)
    if (!now || (now.staffId === row.staffId && now.decision === row.decision)) continue
    const { staffId, byId, decision, openedAt } = now
    const changed = await tx.update(StepVote, row.id, { staffId, byId, decision, openedAt }, { decision: null })
    if (!changed) throw new LostRace()
  }
}

/** The step's own people are asked; what they are shown is kept as it stands now. */
async function seatApprovers(tx: Tx, turn: Turn): Promise<void> {
  const { run, step, definition } = turn
  const { title, text, rows } = run.facts
  await tx.insert(StepSubmission, { id: step.id, facts: { title, text, rows }, amount: amountIn(run, definition) })
  await seatFirst(tx, turn)
}

/** Seats those of the first round; the cards that ask them are sent by whoever found them. */
export async function seatFirst(tx: Tx, turn: Turn): Promise<void> {
  const { step, flow, definition } = turn
  const assignee = step.assigneeId ? await staffById(tx, step.assigneeId) : undefined
  await seatRound(tx, turn, 0, assignee ? [assignee] : await peopleFor(tx, [definition.role, ...chainRoles(flow)]))
  // Opening the step has sent the first cards already.
  const { open } = await writtenBallot(tx, turn)
  for (const { id } of open) await tx.update(StepVote, id, { openedAt: tx.now })
  const [only] = open
  if (only && open.length === 1 && step.assigneeId === null) await changeStep(tx, step, { assigneeId: only.staffId })
}

function amountIn(run: FlowRun, { approval }: Turn['definition']): number | null {
  const [step = '', field = ''] = approval?.amount?.split('.') ?? []
  const amount = opened(run.answers[step]?.[field])
  return typeof amount === 'number' && Number.isFinite(amount) ? Math.round(amount) : null
}

async function seatCard(tx: Tx, { step, run }: Turn, seat: StepVote) {
  const by = seat.byId ? (await staffById(tx, seat.byId))?.name : undefined
  const asked = seat.seat === 'role' ? { from: by, asked: true } : { signer: by }
  const card = stepCard(step, run, seat.staffId)
  return { ...card, key: `seat:${seat.id}:${seat.openedAt}`, ...(by && { data: asked }) }
}
