import { openingForm } from '../../server/engines/flows/flow.ts'
import { turnOf } from '../../server/engines/flows/flows.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { calendarOf } from '../../server/engines/flows/ladder.ts'
import { photosBrought } from '../../server/engines/flows/pictures.ts'
import { acceptStep, finishStep } from '../../server/engines/flows/steps.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { hasNewer } from '../../server/engines/messages/outbox.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { ask } from '../ask.ts'
import type { Card, CardKind, Look, Press } from '../card.ts'
import { answersOnCard, isAnswered, questionsFor } from '../questions.ts'
import {
  approvalFacts,
  approvalPresses,
  approvalWays,
  askApprover,
  asSubmitted,
  changedSince,
  hasSpoken,
  submitterMenu,
} from './approval.ts'
import { earlier, logOf } from './earlier.ts'
import { moreOf } from './more.ts'
import { mapKind, placeFacts, placePresses, tellsPlace } from './place.ts'
import { ways } from './step-ways.ts'
import { toldOf } from './told.ts'
import { nameOf, whyClosed } from './why-closed.ts'

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

/** Kinds that bring words of the customer. */
const SAID = ['remark', 'rated']

type Fact = Card['facts'][number]

/** WeCom shows no longer facts, and no more of them (PLATFORMS.md §1.3). */
const FACT_ROOM = 26
export const MOST_FACTS = 6

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
  await acceptStep(tx, turn, staff, action)
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
  if (closed) return { card: { ...head, closed, superseded: own, buttons: [] } }
  // One live card per person and step: the newest. On MySQL both questions share their way.
  const [newer, open] = await Promise.all([
    delivered && hasNewer(tx, message, FAMILY),
    (definition.approval ? approvalWays : ways)(tx, turn, words),
  ])
  return { card: newer ? pointingDown(head, words) : { ...head, ...open } }
}

/** An older card of a matter of which a newer one stands below. */
export function pointingDown(head: Omit<Card, 'buttons'>, words: Words): Card {
  return { ...head, closed: words.text('cards/step.closed.newer'), superseded: true, buttons: [] }
}

/** How many working days a limit is, when it is so many to the minute; else 0. */
function wholeWorkdays(flow: Turn['flow'], limitMs: number): number {
  const days = limitMs / calendarOf(flow).workdayMs
  return Number.isInteger(days) ? days : 0
}

/** What stands on a card whoever looks: shared by the step's and the supervisor's card. */
export async function frame(tx: Tx, present: Turn, message: Message, words: Words): Promise<Omit<Card, 'buttons'>> {
  const turn = await asSubmitted(tx, present)
  const { run, step, definition, flow } = turn
  const approval = definition.approval ? await approvalFacts(tx, turn, words) : []
  const told = toldOf(run, words, tx.now)
  const log = await logOf(tx, turn, words)
  const before = log.length > 0 ? undefined : await earlier(tx, turn, words)
  const data = {
    ...run.facts,
    earlier: before?.text ?? '',
    log,
    flow: flow.title,
    step: definition.title,
    task: definition.task,
    customer: run.facts.customer || words.text('cards/step.anonymous'),
    phone: run.facts.phone || words.text('cards/step.no_phone'),
    photos: run.facts.photos.length + photosBrought(flow, run),
    urgent: run.priority === 'urgent',
    late: step.dueAt !== null && step.dueAt <= tx.now,
    waiting: step.state === 'waiting',
    accepted: step.acceptedAt !== null,
    approving: definition.approval !== undefined,
    dueAt: step.dueAt ?? 0,
    limitMs: step.limitMs,
    workdays: wholeWorkdays(flow, step.limitMs),
    assignee: await nameOf(tx, step.assigneeId),
    headline: message.data,
    // A zero is a score too.
    scored: message.data.nps !== undefined && message.data.nps !== null,
    replaces: message.data.replaces ?? 0,
    now: tx.now,
  }
  const live = step.isLive()
  const text = (key: string) => words.text(`cards/step.${key}`, data)
  const headline = words.has(`cards/step.headline.${message.kind}`)
    ? text(`headline.${message.kind}`)
    : text('headline.step')
  // Nobody goes there to decide.
  const place = definition.approval ? [] : await placeFacts(tx, turn, message, words)
  const facts = [
    ...place,
    ...told.facts,
    { label: text('label.customer'), text: data.customer },
    { label: text('label.phone'), text: data.phone },
    ...untold(turn)
      .filter(({ label }) => place.length === 0 || !tellsPlace(turn, label))
      .filter((row) => !approval.some(({ label }) => label === row.label)),
    ...(data.photos > 0 ? [{ label: text('label.photos'), text: text('photos') }] : []),
  ]
  const changed = definition.approval && (await changedSince(tx, present)) ? words.text('cards/approval.changed') : ''
  const long = before !== undefined && !SAID.includes(message.kind) && before.text.length > FACT_ROOM
  const last = [...approval, ...(before && !long ? [before] : [])]
  return {
    source: { text: headline, mood: data.urgent || data.late ? 'urgent' : 'plain' },
    title: text('title'),
    subtitle: text('subtitle'),
    quote: quoteOf(turn, message.kind, text, { log, told: told.quote, long: long ? before.label : undefined }),
    line: live ? `${text(message.data.replaces ? 'replaces' : lineOf(data))}${changed}` : undefined,
    facts: [...facts.slice(0, MOST_FACTS - last.length), ...last].slice(0, MOST_FACTS),
    menu: [
      ...(place.length > 0 ? [{ key: 'map', text: text('menu.map') }] : []),
      ...(live && definition.log ? [{ key: 'contact', text: text('menu.contact') }] : []),
      ...(run.facts.documents ? [{ key: 'documents', text: text('menu.documents') }] : []),
      ...(data.photos > 0 ? [{ key: 'photos', text: text('menu.photos') }] : []),
      // Three is all that WeCom shows; the history can be asked for by the case's number too.
      ...(place.length > 0 && data.photos > 0 && live ? [] : [{ key: 'history', text: text('menu.history') }]),
      ...(live && !definition.approval ? [{ key: 'page', text: text('menu.page') }] : []),
      ...(live ? [] : await submitterMenu(tx, present, message.recipientId, words)),
    ],
  }
}

function lineOf({ waiting, late }: { waiting: boolean; late: boolean }): string {
  if (waiting) return 'line.waiting'
  return late ? 'line.late' : 'line.due'
}

/** What a card says at length: the customer's words where they are its occasion, else what matters most of what was done. */
function quoteOf(
  turn: Turn,
  kind: string,
  text: (key: string) => string,
  { log, told, long }: { log: string[]; told: Card['quote']; long: string | undefined },
): Card['quote'] {
  if (SAID.includes(kind)) return quoted(turn, kind, text)
  if (turn.definition.approval && told) return told
  if (log.length > 0) return { title: text('quote.log'), text: text('said.log') }
  return long === undefined ? quoted(turn, kind, text) : { title: long, text: text('said.earlier') }
}

/** What the customer said: of this card's occasion if it has one, else what they came with. */
function quoted({ run }: Turn, kind: string, text: (key: string) => string): Card['quote'] {
  if (SAID.includes(kind)) return { title: text(`quote.${kind}`), text: text(`said.${kind}`) }
  const said = run.facts.safety === 'pass' ? run.facts.text : text('unchecked')
  return said ? { title: text('quote.text'), text: said } : undefined
}

/** The answers that neither the title nor the headline has told: nothing stands on a card twice. */
function untold({ flow, run }: Turn): Fact[] {
  const deciding = new Set(flow.priority.flatMap(({ when }) => Object.keys(when)))
  // Of a yes or no that made it urgent the headline says all; which of several dangers it is it does not say.
  const told = (openingForm(flow)?.fields ?? []).filter(
    ({ name, options }) => deciding.has(name) && (options?.length ?? 0) <= 2,
  )
  const inHeadline = told.map(({ label }) => label)
  return run.facts.rows.filter(({ label, text }) => !inHeadline.includes(label) && !run.facts.title.includes(text))
}
