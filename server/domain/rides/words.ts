import { z } from 'zod'
import type { FlowWord, Turn } from '../../engines/flows/hooks.ts'
import { opened } from '../../lib/crypto.ts'
import type { Tx } from '../../lib/tx.ts'
import { changeRide } from './change.ts'
import { Ride } from './ride.ts'
import { forgiveRide } from './settle.ts'

/** Ties the case to the ride whose number its form tells. A number that is none of the customer's rides ties nothing. */
const link: FlowWord<{ order: string }> = {
  name: 'link_ride',
  args: z.strictObject({ order: z.string() }),
  async run(tx, turn, { order }) {
    const ride = await rideIn(tx, turn, order)
    if (ride) await changeRide(tx, ride, { ticketId: turn.run.subjectId })
  },
}

/** Lets the appealed amount of the ride go: what was paid goes back by itself. */
const refund: FlowWord<{ order: string; amount: string }> = {
  name: 'refund_ride',
  args: z.strictObject({ order: z.string(), amount: z.string() }),
  async run(tx, turn, { order, amount: field }) {
    const ride = await rideIn(tx, turn, order)
    const amount = Number(answerOf(turn, field))
    if (!ride || !Number.isSafeInteger(amount)) return
    const { finishedBy } = turn.step
    await forgiveRide(tx, ride, {
      amount,
      key: `appeal:${turn.step.id}`,
      reason: turn.run.facts.title,
      by: finishedBy ? { type: 'staff', id: finishedBy } : { type: 'system' },
    })
  },
}

/** The words that rides lend to the flows. */
export const rideWords = [link, refund] as FlowWord[]

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
