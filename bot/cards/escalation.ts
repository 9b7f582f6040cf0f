import { levelOf, type Roll, rollOf } from '../../server/engines/flows/acks.ts'
import { turnOf } from '../../server/engines/flows/flows.ts'
import { candidates, mayManage } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { acknowledgeStep, reassignStep, takeOverStep } from '../../server/engines/flows/manage.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { hasNewer } from '../../server/engines/messages/outbox.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import { Invalid } from '../../server/lib/errors.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { ask } from '../ask.ts'
import { type Card, type CardKind, clip, type Look, type Press } from '../card.ts'
import { questionsFor } from '../questions.ts'
import { frame, MOST_FACTS } from './frame.ts'
import { moreOf } from './more.ts'
import { pointingDown } from './step.ts'

/** WeCom shows no longer facts (PLATFORMS.md §1.3). */
const FACT_ROOM = 26

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

async function draw(tx: Tx, message: Message, words: Words): Promise<Look | undefined> {
  const turn = await turnOf(tx, message.subjectId)
  const closed = await whyClosed(tx, turn, message, words)
  if (closed && message.sentAt === null) return replaced(turn, message, closed, tx.now, words)
  const head = await frame(tx, turn, message, words)
  const { step } = turn
  const held = step.ackUntil !== null && step.ackUntil > tx.now
  const roll = closed ? undefined : await rollOf(tx, turn)
  const said = roll?.given.includes(message.recipientId) ?? false
  const late = step.dueAt !== null && step.dueAt <= tx.now
  const data = {
    by: await nameOf(tx, step.ackBy),
    until: step.ackUntil ?? 0,
    dueAt: step.dueAt ?? 0,
    late,
    approving: turn.definition.approval !== undefined,
    missing: roll?.missing.length ?? 0,
    // Where all of a level are asked, one alone holds nothing.
    holdMs: roll ? 0 : turn.flow.acknowledgeMs,
    climbs: turn.flow.ladder[step.rung] !== undefined,
    nextAt: turn.flow.ladder[step.rung] ? (step.wakeAt ?? 0) : 0,
    replaces: Number(message.data.replaces ?? 0),
    now: tx.now,
  }
  const text = (key: string) => words.text(`cards/escalation.${key}`, data)
  const assignee = { label: text('assignee'), text: (await nameOf(tx, step.assigneeId)) || text('nobody') }
  const standing = [assignee, ...carried(turn, message, text), ...(await rollCall(tx, roll, text))]
  const card: Omit<Card, 'buttons'> = {
    ...head,
    line: undefined,
    facts: [...standing, ...head.facts].slice(0, MOST_FACTS),
  }
  if (closed) return { card: { ...card, closed, buttons: [] } }
  if (message.sentAt !== null && (await hasNewer(tx, message, ['escalation'])))
    return { card: pointingDown(card, words) }
  const people = await candidates(tx, turn)
  return {
    card: {
      ...card,
      line: lineOf({ held, said, late, fresh: Boolean(message.data.replaces) }, text) ?? head.line,
      select: {
        name: 'person',
        title: text('choose'),
        options: people.map(({ id, name }) => ({ value: id, label: name })),
        unchosen: words.text('cards/step.unchosen'),
      },
      buttons: [
        ...(held || said ? [] : [{ key: 'acknowledge', text: text('acknowledge'), look: 'main' as const }]),
        ...(people.length > 0 ? [{ key: 'reassign', text: text('reassign'), look: 'plain' as const }] : []),
        ...(step.assigneeId === message.recipientId
          ? []
          : [{ key: 'takeover', text: text('takeover'), look: 'plain' as const }]),
        { key: 'extend', text: text('extend'), look: 'plain' as const },
      ],
    },
  }
}

/** The card on the screen could not be changed any more: a line names it. Otherwise there is nothing left to say. */
function replaced(
  { run, definition }: Turn,
  { data: { replaces } }: Message,
  closed: string,
  now: number,
  words: Words,
): Look | undefined {
  if (!replaces) return undefined
  return { text: words.text('cards/step.replaced', { ...run.facts, step: definition.title, closed, replaces, now }) }
}

/** To whom it was carried since, for whoever was told at a lower level. */
function carried({ flow, step }: Turn, { data }: Message, text: (key: string) => string): Card['facts'] {
  const level = levelOf(flow, step.level)
  if (!level || typeof data.level !== 'number' || data.level >= step.level) return []
  return [{ label: text('carried'), text: flow.roles[level.to] ?? '' }]
}

/** Where all of the level are asked to take note: who has, and who has not. */
async function rollCall(tx: Tx, roll: Roll | undefined, text: (key: string) => string): Promise<Card['facts']> {
  if (!roll) return []
  const given = await Promise.all(roll.given.map((id) => nameOf(tx, id)))
  const missing = roll.missing.map(({ name }) => name)
  return [
    ...(given.length > 0 ? [{ label: text('given'), text: clip(given.join('、'), FACT_ROOM) }] : []),
    ...(missing.length > 0 ? [{ label: text('missing'), text: clip(missing.join('、'), FACT_ROOM) }] : []),
  ]
}

/** A supervisor wants to know how it stands, not what the step's assignee is to do. */
function lineOf(
  { held, said, late, fresh }: Record<'held' | 'said' | 'late' | 'fresh', boolean>,
  text: (key: string) => string,
): string | undefined {
  const standing = held ? text('held') : said ? text('said') : late ? text('late') : undefined
  return standing && fresh ? `${standing}${text('replaces')}` : standing
}

async function whyClosed(tx: Tx, turn: Turn, message: Message, words: Words): Promise<string | undefined> {
  const { step } = turn
  const { mergedInto } = turn.run.facts
  const data = { by: await nameOf(tx, step.finishedBy), at: step.finishedAt ?? 0, into: mergedInto, now: tx.now }
  if (step.state === 'cancelled' && mergedInto) return words.text('cards/step.closed.merged', data)
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
