import { Message } from '../server/engines/messages/message.ts'
import { takeOnce } from '../server/engines/messages/outbox.ts'
import { Forbidden } from '../server/lib/errors.ts'
import { LostRace, type Tx } from '../server/lib/tx.ts'
import type { Press } from './card.ts'

/** A decision is its receiver's alone, and is taken once: later presses only show how it ended. */
export function own(decide: (tx: Tx, press: Press) => Promise<void>) {
  return async (tx: Tx, press: Press): Promise<void> => {
    if (press.staff.id !== press.message.recipientId) throw new Forbidden('card_not_yours')
    if (!press.message.data.ending) await decide(tx, press)
  }
}

/** Ends a decision; what it came to stays on its card. Whoever comes second at the same moment begins again, and sees it. */
export async function endDecision(
  tx: Tx,
  message: Message,
  ending: string,
  more: Record<string, unknown> = {},
): Promise<void> {
  if (!(await takeOnce(tx, `decision:${message.id}`))) throw new LostRace()
  message.data = { ...message.data, ...more, ending, endedAt: tx.now }
  await tx.update(Message, message.id, { data: message.data })
}

/** Ends a decision with nothing done. */
export async function cancelDecision(tx: Tx, { message }: Press): Promise<void> {
  await endDecision(tx, message, 'cancelled')
}
