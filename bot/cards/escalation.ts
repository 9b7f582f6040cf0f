import { turnOf } from '../../server/engines/flows/flows.ts'
import { candidates, mayManage } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { acknowledgeStep, reassignStep, takeOverStep } from '../../server/engines/flows/manage.ts'
import type { FlowStep } from '../../server/engines/flows/step.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { hasNewer } from '../../server/engines/messages/outbox.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import { Invalid } from '../../server/lib/errors.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { ask, questionsFor } from '../ask.ts'
import type { Card, CardKind, Press } from '../card.ts'
import { moreOf } from './more.ts'
import { frame, MOST_FACTS, pointingDown } from './step.ts'

/** What a supervisor gets when a step is overdue: see it, give it away, take it, allow more time (C2). */
export const escalationCard: CardKind = {
  kind: 'escalation',
  draw,
  press: {
    acknowledge: async (tx, { staff, message }) => acknowledgeStep(tx, await turnOf(tx, message.subjectId), staff),
    takeover: async (tx, { staff, message }) => takeOverStep(tx, await turnOf(tx, message.subjectId), staff),
    reassign,
    extend,
    ...moreOf,
  },
}

async function reassign(tx: Tx, { staff, message, chosen }: Press): Promise<void> {
  if (!chosen.person) throw new Invalid('person', 'person_missing')
  await reassignStep(tx, await turnOf(tx, message.subjectId), staff, chosen.person)
}

async function extend(tx: Tx, { staff, message }: Press): Promise<void> {
  const turn = await turnOf(tx, message.subjectId)
  await acknowledgeStep(tx, turn, staff)
  await ask(tx, { staff, turn, action: 'extend', questions: await questionsFor(tx, 'extend', turn), answers: {} })
}

async function draw(tx: Tx, message: Message, words: Words): Promise<{ card: Card } | undefined> {
  const turn = await turnOf(tx, message.subjectId)
  const closed = await whyClosed(tx, turn, message, words)
  if (closed && message.sentAt === null) return undefined
  const head = await frame(tx, turn, message, words)
  const { step } = turn
  const held = step.ackUntil !== null && step.ackUntil > tx.now
  const data = { by: await nameOf(tx, step.ackBy), until: step.ackUntil ?? 0, dueAt: step.dueAt ?? 0, now: tx.now }
  const text = (key: string) => words.text(`cards/escalation.${key}`, data)
  const assignee = { label: text('assignee'), text: (await nameOf(tx, step.assigneeId)) || text('nobody') }
  const card = { ...head, facts: [assignee, ...head.facts].slice(0, MOST_FACTS) }
  if (closed) return { card: { ...card, closed, buttons: [] } }
  if (message.sentAt !== null && (await hasNewer(tx, message, ['escalation'])))
    return { card: pointingDown(card, words) }
  const people = await candidates(tx, turn)
  return {
    card: {
      ...card,
      line: lineOf(held, step, tx.now, text) ?? head.line,
      select: {
        name: 'person',
        title: text('choose'),
        options: people.map(({ id, name }) => ({ value: id, label: name })),
        unchosen: words.text('cards/step.unchosen'),
      },
      buttons: [
        ...(held ? [] : [{ key: 'acknowledge', text: text('acknowledge'), look: 'main' as const }]),
        ...(people.length > 0 ? [{ key: 'reassign', text: text('reassign'), look: 'plain' as const }] : []),
        ...(step.assigneeId === message.recipientId
          ? []
          : [{ key: 'takeover', text: text('takeover'), look: 'plain' as const }]),
        { key: 'extend', text: text('extend'), look: 'plain' as const },
      ],
    },
  }
}

/** A supervisor wants to know how it stands, not what the step's assignee is to do. */
function lineOf(held: boolean, step: FlowStep, now: number, text: (key: string) => string): string | undefined {
  if (held) return text('held')
  return step.dueAt !== null && step.dueAt <= now ? text('late') : undefined
}

async function whyClosed(tx: Tx, turn: Turn, message: Message, words: Words): Promise<string | undefined> {
  const { step } = turn
  const data = { by: await nameOf(tx, step.finishedBy), at: step.finishedAt ?? 0, now: tx.now }
  if (step.state === 'done') return words.text('cards/step.closed.done', data)
  if (step.state === 'cancelled') return words.text('cards/step.closed.cancelled', data)
  // Extended since: the deadline lies ahead again and nobody is asked to step in.
  if (step.level === 0) return words.text('cards/escalation.extended', { dueAt: step.dueAt ?? 0, now: tx.now })
  const staff = await staffById(tx, message.recipientId)
  return staff && (await mayManage(tx, turn, staff)) ? undefined : words.text('cards/escalation.not_manager')
}

async function nameOf(tx: Tx, staffId: string | null): Promise<string> {
  return (staffId && (await staffById(tx, staffId))?.name) || ''
}
