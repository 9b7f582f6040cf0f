import { Message } from '../server/engines/messages/message.ts'
import { touchCards } from '../server/engines/messages/outbox.ts'
import { type Conversation, expectAnswer, forget } from '../server/engines/staff/conversation.ts'
import { type Called, merges } from '../server/engines/staff/merges.ts'
import type { Staff } from '../server/engines/staff/staff.ts'
import { NotFound } from '../server/lib/errors.ts'
import { maskName, maskPhone } from '../server/lib/format.ts'
import { newId } from '../server/lib/ids.ts'
import type { Tx } from '../server/lib/tx.ts'
import { endDecision } from './end-decision.ts'
import type { Talk } from './follow-up-talk.ts'
import { answer } from './here.ts'

const CARD = 'merge_customers'

/** Asks why two customers are one: nobody joins them without a reason. */
export async function askWhy(tx: Tx, staff: Staff, messageId: string): Promise<void> {
  await expectAnswer(tx, {
    id: staff.id,
    card: CARD,
    action: 'yes',
    subjectId: messageId,
    fields: ['why'],
    answers: {},
  })
  await say(tx, staff, 'merge_why')
}

/** The talk about a merge: the answer is the reason, and carries it out. */
export const mergeTalk: Talk = {
  card: CARD,
  async take(tx: Tx, staff: Staff, { subjectId }: Conversation, text: string) {
    const message = await tx.get(Message, subjectId)
    if (!message) throw new NotFound('customer')
    await forget(tx, staff.id)
    if (message.data.ending) return say(tx, staff, 'merge_over')
    await carryOut(tx, staff, message, text)
    await touchCards(tx, message.subjectId)
    await say(tx, staff, 'merge_done')
  },
  async again(tx, staff, { subjectId }) {
    await askWhy(tx, staff, subjectId)
  },
}

/** Joins the two customers of a card. */
export async function carryOut(tx: Tx, staff: Staff, message: Message, why: string): Promise<void> {
  const { intoId, fromId } = message.data as { intoId: string; fromId: string }
  const seen = await merges().preview(tx, intoId, fromId)
  await merges().merge(tx, staff, intoId, fromId, why)
  // From now on only the card knows what the two were called.
  await endDecision(tx, message, 'done', { into: masked(seen?.into), from: masked(seen?.from) })
}

/** As much of what a customer is called as may stay on a card. */
export function masked(side?: Called): Called | undefined {
  return side && { name: maskName(side.name), phone: side.phone && maskPhone(side.phone) }
}

function say(tx: Tx, staff: Staff, name: string): Promise<void> {
  return answer(tx, {
    key: `say:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'line',
    subjectId: staff.id,
    urgent: true,
    data: { line: name },
  })
}
