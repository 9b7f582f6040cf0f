import { eventsOf } from '../../server/engines/events/events.ts'
import { stepsOf, turnOf } from '../../server/engines/flows/flows.ts'
import { guardReader, mayAct, mayManage } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { takeOverStep } from '../../server/engines/flows/manage.ts'
import { pictureTrail } from '../../server/engines/flows/pictures.ts'
import { acceptStep } from '../../server/engines/flows/steps.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { hasNewer } from '../../server/engines/messages/outbox.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Staff } from '../../server/engines/staff/staff.ts'
import { Forbidden } from '../../server/lib/errors.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { Card, CardKind, Look, Press } from '../card.ts'
import { factsFor } from '../customer-sight.ts'
import { moreOf } from './more.ts'
import { linesOf } from './notices.ts'
import { reopen } from './tasks.ts'
import { timeLeft } from './time-left.ts'

const LAST_EVENTS = 4
/** What is told of a matter; whose step was asked for and is over, of that nothing is told any more. */
const WHILE_RUNNING = ['state', 'step', 'assignee', 'customer']
const AFTERWARDS = ['state', 'customer']

/** How a matter stands, for whoever asks by its number: state, step, who, time left, the last events. */
export const ticketCard: CardKind = {
  kind: 'ticket',
  draw,
  press: {
    accept: async (tx, press) => act(tx, press, (turn) => acceptStep(tx, turn, press.staff)),
    takeover: async (tx, press) => act(tx, press, (turn) => takeOverStep(tx, turn, press.staff)),
    open: async (tx, press) => act(tx, press, async () => undefined),
    history: moreOf.history,
    photos: moreOf.photos,
  },
}

/** The live step of a run, or its last one. */
export async function currentTurn(tx: Tx, runId: string): Promise<Turn | undefined> {
  const steps = await stepsOf(tx, runId)
  const step = steps.find((one) => one.isLive() && one.kind !== 'fork') ?? steps.findLast(({ kind }) => kind !== 'fork')
  return step && turnOf(tx, step.id)
}

async function act(tx: Tx, { staff, message }: Press, what: (turn: Turn) => Promise<void>): Promise<void> {
  const turn = await turnOf(tx, message.subjectId)
  await what(turn)
  await reopen(tx, turn, staff)
}

async function draw(tx: Tx, message: Message, words: Words): Promise<Look | undefined> {
  const turn = await turnOf(tx, message.subjectId)
  const staff = await staffById(tx, message.recipientId)
  if (!staff) return undefined
  // Whoever lost sight of it since is shown nothing new.
  if (!(await mayRead(tx, turn, staff))) return undefined
  const { run, step, definition, flow } = turn
  // Said as of one instant, so that a later look at the same state shows the same card.
  const now = message.createdAt
  const taken = await pictureTrail(tx, turn)
  const assignee = step.assigneeId ? ((await staffById(tx, step.assigneeId))?.name ?? '') : ''
  const data = {
    ...run.facts,
    ...(await factsFor(tx, staff.id, run.facts, run.customerId)),
    flow: flow.title,
    state: run.state,
    step: definition.title,
    assignee,
    accepted: step.acceptedAt !== null,
    live: step.isLive(),
    urgent: run.priority === 'urgent',
    ...(await timeLeft(tx, turn, now)),
    dueAt: step.dueAt ?? 0,
    photos: run.facts.photos.length + taken.reduce((sum, { ids }) => sum + ids.length, 0),
    at: now,
    now,
  }
  const text = (key: string) => words.text(`cards/commands.ticket.${key}`, data)
  const events = (await eventsOf(tx, run.subjectId)).filter(({ at }) => at <= now)
  const lines = (await linesOf(tx, flow, events, words, now)).slice(-LAST_EVENTS)
  const head: Omit<Card, 'buttons'> = {
    source: { text: text('source'), mood: data.live && (data.urgent || data.late) ? 'urgent' : 'plain' },
    title: text('title'),
    subtitle: text('subtitle'),
    quote: { title: text('events'), text: lines.join('\n') },
    line: step.isLive() ? text('left') : undefined,
    facts: (run.state === 'running' && data.live ? WHILE_RUNNING : AFTERWARDS).map((key) => ({
      label: text(`label.${key}`),
      text: text(`of.${key}`),
    })),
    menu: [
      ...(data.photos > 0 ? [{ key: 'photos', text: words.text('cards/step.menu.photos') }] : []),
      { key: 'history', text: words.text('cards/step.menu.history') },
    ],
  }
  if (run.state !== 'running') return { card: { ...head, closed: text('over'), superseded: true, buttons: [] } }
  if (!step.isLive()) return { card: { ...head, closed: text('moved_on'), superseded: true, buttons: [] } }
  if (message.sentAt !== null && (await hasNewer(tx, message, ['ticket'])))
    return { card: { ...head, closed: words.text('cards/step.closed.newer'), superseded: true, buttons: [] } }
  const buttons = await waysOf(tx, turn, message.recipientId, text)
  if (buttons.length === 0) return { card: { ...head, closed: text('look_only'), superseded: true, buttons } }
  // It was asked for: if it cannot be changed any more, nobody is sent another one unasked.
  return { card: { ...head, superseded: true, buttons } }
}

async function mayRead(tx: Tx, turn: Turn, staff: Staff): Promise<boolean> {
  try {
    await guardReader(tx, turn, staff)
    return true
  } catch (error) {
    if (error instanceof Forbidden) return false
    throw error
  }
}

async function waysOf(tx: Tx, turn: Turn, staffId: string, text: (key: string) => string): Promise<Card['buttons']> {
  const staff = await staffById(tx, staffId)
  if (!staff) return []
  const may = await mayAct(tx, turn, staff)
  const takes = may && turn.step.acceptedAt === null && turn.definition.actions.includes('accept')
  return [
    ...(takes ? [{ key: 'accept', text: text('accept'), look: 'main' as const }] : []),
    ...(may ? [{ key: 'open', text: text('open'), look: takes ? ('plain' as const) : ('main' as const) }] : []),
    ...(!may && (await mayManage(tx, turn, staff))
      ? [{ key: 'takeover', text: text('takeover'), look: 'plain' as const }]
      : []),
  ]
}
