import type { Tx } from '../../lib/tx.ts'
import { channelOf, type Refusal } from './channel.ts'
import { Message } from './message.ts'

/**
 * A message that its platform has finally refused goes on by the next way that is open to it; the row stays the same, so
 * it can never go by two at once. False when there is no other way, and it is over with it.
 */
export async function sendOnward(tx: Tx, message: Message, seen: Partial<Message>, refusal: Refusal): Promise<boolean> {
  const next = message.onward?.split(',').filter(Boolean) ?? []
  // As if it had not been tried: the limits of its next way are not used up by the way before.
  const anew = { attempts: 0, triedAt: null, sentAt: null, via: null, platformRef: null, wire: null }
  const changes: Partial<Message> =
    next.length > 0
      ? { ...anew, state: 'pending', nextAt: tx.now }
      : { state: 'failed', nextAt: null, wire: null, refreshAt: null }
  const error = refusal.text.slice(0, 300)
  if (!(await tx.update(Message, message.id, { ...changes, error }, seen))) return false
  await channelOf(message.channel).refused?.(tx, message, refusal)
  return next.length > 0
}
