import { turnOf } from '../../server/engines/flows/flows.ts'
import { guardActor } from '../../server/engines/flows/guards.ts'
import { acceptStep, finishStep } from '../../server/engines/flows/steps.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { hasNewer } from '../../server/engines/messages/outbox.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { ask } from '../ask.ts'
import type { Card, CardKind, Look, Press } from '../card.ts'
import { answersOnCard, isAnswered, questionsFor } from '../questions.ts'
import { approvalPresses, approvalWays, askApprover, hasSpoken } from './approval.ts'
import { frame } from './frame.ts'
import { moreOf } from './more.ts'
import { mapKind, placePresses } from './place.ts'
import { ways } from './step-ways.ts'
import { whyClosed } from './why-closed.ts'

/** The card that serves every step of every flow; with a headline it also carries warnings, urging and remarks. */
function stepCard(kind: string): CardKind {
  return {
    kind,
    draw: async (tx, message, words) => drawStep(tx, message, words),
    press: {
      accept: async (tx, { staff, message }) => acceptStep(tx, await turnOf(tx, message.subjectId), staff),
      finish,
      ask: (tx, press) => start(tx, press, 'ask'),
      transfer: (tx, press) => start(tx, press, 'transfer'),
      ...placePresses,
      ...approvalPresses,
      ...moreOf,
    },
  }
}

const FAMILY = ['step', 'warning', 'overdue', 'unaccepted', 'remark', 'urged', 'rated']

/** Kinds that say nothing but how the step stands. */
const REPEATING = ['step', 'warning', 'overdue', 'unaccepted', 'urged']

export const stepCards = [...FAMILY.map(stepCard), mapKind]

/** Finishes a step: at once if everything is on the card, else the bot asks for what is missing. */
async function finish(tx: Tx, { staff, message, chosen }: Press): Promise<void> {
  const turn = await turnOf(tx, message.subjectId)
  const questions = await questionsFor(tx, 'finish', turn)
  const answers = answersOnCard(questions, chosen, tx.now)
  const open = questions.filter((question) => !isAnswered(question, answers))
  if (open.length === 0) return finishStep(tx, turn, staff, answers)
  // Taking it in hand first: nobody else shall answer the same questions meanwhile.
  await acceptStep(tx, turn, staff, 'finish')
  await ask(tx, { staff, turn, action: 'finish', questions: open, answers })
}

async function start(tx: Tx, press: Press, action: 'ask' | 'transfer'): Promise<void> {
  const { staff, message } = press
  const turn = await turnOf(tx, message.subjectId)
  if (turn.definition.approval) return askApprover(tx, press, action)
  // Whoever passes it on does not take it in hand: nobody is told that they come.
  if (action === 'transfer') await guardActor(tx, turn, staff, action)
  else await acceptStep(tx, turn, staff, action)
  await ask(tx, { staff, turn, action, questions: await questionsFor(tx, action, turn), answers: {} })
}

async function drawStep(tx: Tx, message: Message, words: Words): Promise<Look | undefined> {
  const turn = await turnOf(tx, message.subjectId)
  const closed = await whyClosed(tx, turn, message, words)
  const delivered = message.sentAt !== null
  if (closed && !delivered) {
    // The card on the screen could not be changed any more: a line names it. Otherwise there is nothing left to say.
    const about = {
      ...turn.run.facts,
      step: turn.definition.title,
      closed,
      replaces: message.data.replaces,
      now: tx.now,
    }
    return message.data.replaces ? { text: words.text('cards/step.replaced', about) } : undefined
  }
  // After an outage the newest of several waiting cards says it all; words of the customer are never dropped.
  if (!delivered && REPEATING.includes(message.kind) && (await hasNewer(tx, message, FAMILY, true))) return undefined
  const head = await frame(tx, turn, message, words)
  // Nobody is told of their own deed: if their copy cannot be changed any more, nothing need be said.
  const { definition, step } = turn
  const spoken = definition.approval && (await hasSpoken(tx, turn, message.recipientId))
  const own = step.finishedBy === message.recipientId || spoken
  if (closed) return { card: { ...over(head), closed, superseded: own, buttons: [] } }
  // One live card per person and step: the newest. On MySQL both questions share their way.
  const [newer, open] = await Promise.all([
    delivered && hasNewer(tx, message, FAMILY),
    (definition.approval ? approvalWays : ways)(tx, turn, words),
  ])
  return { card: newer ? pointingDown(head, words) : Object.assign(head, open) }
}

/** A card at which its receiver has nothing more to do: by when, and how late it is, is others' business. */
function over(head: Omit<Card, 'buttons'>): Omit<Card, 'buttons'> {
  return { ...head, line: undefined, source: { ...head.source, mood: 'plain' } }
}

/** An older card of a matter of which a newer one stands below. */
export function pointingDown(head: Omit<Card, 'buttons'>, words: Words): Card {
  return { ...head, closed: words.text('cards/step.closed.newer'), superseded: true, buttons: [] }
}
