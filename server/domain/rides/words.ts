import { z } from 'zod'
import { changeRun } from '../../engines/flows/flows.ts'
import type { FlowWord, Turn } from '../../engines/flows/hooks.ts'
import { MINUTE } from '../../lib/clock.ts'
import { opened } from '../../lib/crypto.ts'
import type { Tx } from '../../lib/tx.ts'
import { changeRide } from './change.ts'
import { Ride } from './ride.ts'
import { forgiveRide } from './settle.ts'

/** Under this name templates/cards/facts.yaml has the words for what cards show of a ride. */
const FACT = 'ride'

/**
 * Ties the case to the ride whose number its form tells, and shows the ride to whoever works on it. A number that is none
 * of the customer's rides ties nothing.
 */
const link: FlowWord<{ order: string }> = {
  name: 'link_ride',
  args: z.strictObject({ order: z.string() }),
  async run(tx, turn, { order }) {
    const ride = await rideIn(tx, turn, order)
    if (!ride) return
    await changeRide(tx, ride, { ticketId: turn.run.subjectId })
    const { facts } = turn.run
    const told = (facts.told ?? []).filter(({ word }) => word !== FACT)
    await changeRun(tx, turn.run, { facts: { ...facts, told: [...told, { word: FACT, data: shownOf(ride) }] } })
  },
}

/**
 * Lets the appealed amount of the ride go: what was paid goes back by itself, what was not is not asked for any more.
 * `appeal.took` says which, and nothing where the case is tied to no ride, or nothing is left of it to let go.
 */
const refund: FlowWord<{ order: string; amount: string }> = {
  name: 'refund_ride',
  args: z.strictObject({ order: z.string(), amount: z.string() }),
  async run(tx, turn, { order, amount: field }) {
    const ride = await rideIn(tx, turn, order)
    const amount = Number(answerOf(turn, field))
    if (!ride || !Number.isSafeInteger(amount)) return
    const { finishedBy } = turn.step
    const took = ride.state === 'paid' ? 'refund' : 'bill'
    const off = await forgiveRide(tx, ride, {
      amount,
      key: `appeal:${turn.step.id}`,
      reason: turn.run.facts.title,
      by: finishedBy ? { type: 'staff', id: finishedBy } : { type: 'system' },
    })
    if (off > 0) await changeRun(tx, turn.run, { answers: { ...turn.run.answers, appeal: { took, at: tx.now } } })
  },
}

/** The words that rides lend to the flows. */
export const rideWords = [link, refund] as FlowWord[]

/** What staff see of a ride: how long, from when to when, what it came to and why. */
function shownOf(ride: Ride): Record<string, unknown> {
  const { code, state, startedAt, endedAt, endedBy, meters, zone, zoneResult, parts, amount, refunded } = ride
  const minutes = Math.ceil(((endedAt ?? 0) - (startedAt ?? 0)) / MINUTE)
  return {
    code,
    minutes,
    meters,
    startedAt,
    endedAt,
    refunded,
    total: amount,
    parts: parts.map(({ kind, amount: sum }) => ({ kind, sum })),
    paid: state === 'paid',
    zone: zone ?? '',
    zoneResult: zoneResult ?? '',
    endedBy: endedBy ?? '',
  }
}

async function rideIn(tx: Tx, turn: Turn, field: string): Promise<Ride | undefined> {
  const said = String(answerOf(turn, field) ?? '')
    .trim()
    .toUpperCase()
  if (!said) return undefined
  return tx.first(Ride, 'WHERE number = ? AND customerId = ?', [said, turn.run.customerId])
}

/** What the form with which the case was opened tells. */
function answerOf({ run }: Turn, field: string): unknown {
  return opened((run.answers.form as Record<string, unknown> | undefined)?.[field])
}
