import type { FollowUp } from '../server/engines/rules/follow-up.ts'
import { answerFollowUp, followUpById } from '../server/engines/rules/follow-ups.ts'
import { type Conversation, expectAnswer, forget } from '../server/engines/staff/conversation.ts'
import type { Staff } from '../server/engines/staff/staff.ts'
import { Invalid } from '../server/lib/errors.ts'
import { newId } from '../server/lib/ids.ts'
import type { Tx } from '../server/lib/tx.ts'
import { findTime } from '../server/lib/when.ts'
import { answer } from './here.ts'

/** What a card asks in the chat besides a step's: it takes its own answers. */
export interface Talk {
  card: string
  /** Takes words as the answer. Throws Invalid for a wrong one; the question then stays open. */
  take(tx: Tx, staff: Staff, conversation: Conversation, text: string): Promise<void>
  /** Asks again, after something else came between. */
  again(tx: Tx, staff: Staff, conversation: Conversation): Promise<void>
}

const CARD = 'follow_up'
/** Whoever gives a reason in words of their own: how it is called is the rule's, it is not offered. */
const OWN = 'other'

/** Asks why a customer is lost: by number out of the rule's reasons, or in words of one's own. */
export async function askReason(tx: Tx, staff: Staff, call: FollowUp): Promise<void> {
  await expect(tx, staff, call.id, 'lost')
  await say(tx, staff, call, 'ask_reason', { reasons: offered(call).map(({ label }, i) => ({ n: i + 1, label })) })
}

/** Asks when to try again. */
export async function askTime(tx: Tx, staff: Staff, call: FollowUp): Promise<void> {
  await expect(tx, staff, call.id, 'later')
  await say(tx, staff, call, 'ask_time')
}

/** The talk about a follow-up. */
export const followUpTalk: Talk = {
  card: CARD,
  async take(tx, staff, { action, subjectId }, text) {
    const call = await followUpById(tx, subjectId)
    const words = text.trim()
    if (action === 'later') {
      const when = findTime(words, tx.now)
      if (!when) throw new Invalid('time', 'remind_when')
      await answerFollowUp(tx, call.id, staff, { outcome: 'later', nextAt: when.at, note: when.rest })
      await say(tx, staff, call, 'done_later', { at: when.at })
    } else {
      const reasons = offered(call)
      const chosen = reasons[Number(words) - 1] ?? reasons.find(({ label }) => label === words)
      if (/^\d+$/.test(words) && !chosen) {
        throw new Invalid('reason', 'choose_number', { label: '', count: reasons.length })
      }
      await answerFollowUp(tx, call.id, staff, {
        outcome: 'lost',
        reason: chosen?.value ?? OWN,
        note: chosen ? '' : words,
      })
      await say(tx, staff, call, 'done_lost')
    }
    await forget(tx, staff.id)
  },
  async again(tx, staff, { action, subjectId }) {
    const call = await followUpById(tx, subjectId)
    if (call.isOpen()) await (action === 'later' ? askTime : askReason)(tx, staff, call)
  },
}

function offered({ reasons }: FollowUp): FollowUp['reasons'] {
  return reasons.filter(({ value }) => value !== OWN)
}

function expect(tx: Tx, staff: Staff, subjectId: string, action: string): Promise<void> {
  return expectAnswer(tx, { id: staff.id, card: CARD, action, subjectId, fields: [action], answers: {} })
}

async function say(
  tx: Tx,
  staff: Staff,
  call: FollowUp,
  line: string,
  data: Record<string, unknown> = {},
): Promise<void> {
  await answer(tx, {
    key: `say:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'rule_line',
    subjectId: call.id,
    // What somebody waits for in front of the phone is never held back.
    urgent: true,
    data: { line, title: call.title, customerId: call.customerId, ...data },
  })
}
