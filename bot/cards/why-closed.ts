import { offerTo } from '../../server/engines/dispatch/dispatch.ts'
import { mayAct } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { approvalClosed } from './approval.ts'
import { declineText } from './step-ways.ts'

/** Why nothing can be done at this person's copy any more, or undefined while it is live for them. */
export async function whyClosed(tx: Tx, turn: Turn, message: Message, words: Words): Promise<string | undefined> {
  const { step } = turn
  if (turn.definition.approval) return approvalClosed(tx, turn, message.recipientId, words)
  const text = async (key: string, staffId: string | null, at: number | null) =>
    words.text(`cards/step.closed.${key}`, {
      ...{ by: await nameOf(tx, staffId), decline: declineText(turn, words) },
      ...{ at: at ?? 0, now: tx.now },
    })
  if (step.state === 'done') return text('done', step.finishedBy, step.finishedAt)
  const { mergedInto } = turn.run.facts
  if (step.state === 'cancelled' && mergedInto) {
    return words.text('cards/step.closed.merged', { into: mergedInto, at: step.finishedAt ?? 0, now: tx.now })
  }
  if (step.state === 'cancelled' && turn.run.state === 'running') return text('left', null, step.finishedAt)
  if (step.state === 'cancelled') return text('cancelled', null, step.finishedAt)
  if (step.assigneeId === message.recipientId) return undefined
  if (step.assigneeId) {
    const state = turn.flow.dispatch && (await offerTo(tx, step.id, message.recipientId))?.state
    const passed = state === 'expired' || state === 'declined' ? state : hasTakenOver(turn) ? 'taken_over' : 'moved'
    return text(step.hands > 1 ? passed : 'taken', step.assigneeId, step.acceptedAt)
  }
  const staff = await staffById(tx, message.recipientId)
  return staff && (await mayAct(tx, turn, staff)) ? undefined : text('moved', null, null)
}

/** Whether whoever has the step is the supervisor who spoke last of it. */
function hasTakenOver({ step: { assigneeId, ackBy } }: Turn): boolean {
  return assigneeId !== null && assigneeId === ackBy
}

/** What somebody is called; empty where it is nobody. */
export async function nameOf(tx: Tx, staffId: string | null): Promise<string> {
  return (staffId && (await staffById(tx, staffId))?.name) || ''
}
