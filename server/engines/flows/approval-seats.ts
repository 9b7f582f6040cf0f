import type { StepVote } from './approval-vote.ts'
import type { Approval } from './step-source.ts'

/** How the seats of a round stand together; undefined while somebody is still to speak. */
export type Verdict = 'approved' | 'rejected' | undefined

/** What a round of an approval asks for. */
export type Quorum = Pick<Approval, 'by' | 'order'>

/** Those above are asked for one signature, whatever the step's own people are asked for. */
const ONE_SIGNATURE: Quorum = { by: 'any', order: 'parallel' }

/** The rule of a round. */
export function quorumOf(approval: Approval, round: number): Quorum {
  return round === 0 ? approval : ONE_SIGNATURE
}

/** The seats of the present round that still count. */
export function presentRound(votes: StepVote[]): StepVote[] {
  const round = Math.max(0, ...votes.map((vote) => vote.round))
  return votes.filter((vote) => vote.round === round && vote.decision !== 'moved')
}

/** The seats whose turn it is now. */
export function openSeats(quorum: Quorum, seats: StepVote[]): StepVote[] {
  const pending = mainSeats(seats).filter((seat) => !agreed(seat, seats) && !refused(seat, seats))
  const asked = quorum.order === 'sequential' ? pending.slice(0, 1) : pending
  return asked.flatMap((seat) => openIn(seat, seats))
}

/** What the seats of a round have come to. */
export function verdictOf({ by }: Quorum, seats: StepVote[]): Verdict {
  const main = mainSeats(seats)
  const needed = neededOf(by, main.length)
  const bearable = typeof by === 'object' ? main.length - needed : 0
  if (main.filter((seat) => refused(seat, seats)).length > bearable) return 'rejected'
  return main.length > 0 && main.filter((seat) => agreed(seat, seats)).length >= needed ? 'approved' : undefined
}

/**
 * The seats after somebody else has put the whole step into one person's hands: their word stands for all who have not
 * spoken. The same seats come back if that is how they stand.
 */
export function handedOver(quorum: Quorum, seats: StepVote[], assigneeId: string | null): StepVote[] {
  const open = openSeats(quorum, seats)
  if (assigneeId === null || (open.length === 1 && open[0]?.staffId === assigneeId)) return seats
  const silent = seats.filter(({ decision }) => decision === null)
  const kept = silent.find(({ seat }) => seat === 'role') ?? open[0]
  return seats.map((seat) => {
    if (seat === kept) return { ...seat, staffId: assigneeId, byId: null }
    return silent.includes(seat) ? { ...seat, decision: 'moved' as const } : seat
  })
}

function neededOf(by: Approval['by'], count: number): number {
  if (typeof by === 'object') return Math.ceil((count * Number.parseInt(by.ratio, 10)) / 100)
  return by === 'any' ? 1 : count
}

function mainSeats(seats: StepVote[]): StepVote[] {
  return seats.filter(({ seat, decision }) => seat === 'role' && decision !== 'moved')
}

function added(to: StepVote, seats: StepVote[], seat: 'before' | 'after'): StepVote[] {
  return seats.filter((one) => one.ofId === to.id && one.seat === seat && one.decision !== 'moved')
}

/** A yes counts when those added after it have said yes as well. */
function agreed(seat: StepVote, seats: StepVote[]): boolean {
  return seat.decision === 'approve' && added(seat, seats, 'after').every((one) => agreed(one, seats))
}

function refused(seat: StepVote, seats: StepVote[]): boolean {
  const others = [...added(seat, seats, 'before'), ...added(seat, seats, 'after')]
  return seat.decision === 'reject' || others.some((one) => refused(one, seats))
}

function openIn(seat: StepVote, seats: StepVote[]): StepVote[] {
  const pending = (place: 'before' | 'after') => added(seat, seats, place).filter((one) => !agreed(one, seats))
  const first = seat.decision === null ? pending('before') : pending('after')
  if (first.length > 0) return first.flatMap((one) => openIn(one, seats))
  return seat.decision === null ? [seat] : []
}
