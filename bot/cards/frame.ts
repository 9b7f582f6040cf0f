import { offeredUntil } from '../../server/engines/dispatch/dispatch.ts'
import { limitFor, openingForm } from '../../server/engines/flows/flow.ts'
import { mayAct, mayRead } from '../../server/engines/flows/guards.ts'
import type { Turn } from '../../server/engines/flows/hooks.ts'
import { calendarOf, pausesOf } from '../../server/engines/flows/ladder.ts'
import { photosBrought } from '../../server/engines/flows/pictures.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Card, titleBeside } from '../card.ts'
import { factsFor } from '../customer-sight.ts'
import { agreedAmount, approvalFacts, asSubmitted, changedSince, submitterMenu } from './approval.ts'
import { earlier, isLong, logOf } from './earlier.ts'
import { placeFacts, tellsPlace, tellsWhoWasAsked } from './place.ts'
import { addedTo, firstWords, quoteOf, SAID, withBoth } from './quote.ts'
import { declineText } from './step-ways.ts'
import { toldOf } from './told.ts'

type Fact = Card['facts'][number]

/** WeCom shows no more of them (PLATFORMS.md §1.3). */
export const MOST_FACTS = 6

/** What stands on a card whoever looks: shared by the step's and the supervisor's card. */
export async function frame(tx: Tx, present: Turn, message: Message, words: Words): Promise<Omit<Card, 'buttons'>> {
  const turn = await asSubmitted(tx, present)
  const { step, definition } = turn
  const approval = definition.approval ? await approvalFacts(tx, turn, message.recipientId, words) : []
  const agreed = definition.approval ? undefined : agreedAmount(turn, words)
  const told = toldOf(turn.run, words, tx.now)
  const log = await logOf(tx, turn, words)
  const before = log.length > 0 ? [] : await earlier(tx, turn, words)
  const long = SAID.includes(message.kind) ? undefined : before.find(isLong)
  const data = await dataOf(tx, turn, message, { earlier: long?.text ?? '', log, told: told.facts }, words)
  const live = step.isLive()
  const text = (key: string) => words.text(`cards/step.${key}`, data)
  const headline = words.has(`cards/step.headline.${message.kind}`) ? message.kind : 'step'
  const quote = quoteOf(turn, message.kind, text, { log, told: told.quote, long: long?.label })
  // What the house tells at length is not told once more beside it: neither its sums nor the list that it was made of.
  const atLength = quote === told.quote ? quote : undefined
  const said = (fact: Fact) => atLength?.text.includes(fact.text) === true
  // Nobody goes there to decide.
  const away = definition.approval !== undefined || definition.elsewhere === true
  const place = away ? [] : await placeFacts(tx, turn, message, words)
  const has = { place: place.length > 0, photos: data.photos > 0 }
  const menu = fitting(await menuOf(tx, present, message, has, words))
  const phone = { label: text('label.phone'), text: data.phone }
  const facts = [
    ...place,
    ...told.facts.filter((fact) => fact.text !== message.data.text && !said(fact)),
    ...(isNobodys(turn)
      ? []
      : [{ label: text('label.customer'), text: data.customer }, ...(definition.approval ? [] : [phone])]),
    ...untold(turn)
      .filter(({ label }) => (place.length === 0 && !definition.elsewhere) || !tellsPlace(turn, label))
      .filter((row) => !approval.some(({ label }) => label === row.label))
      // What was asked for is not what is paid.
      .filter((row) => !agreed || !claims(turn).includes(row.label)),
    ...(data.photos > 0
      ? [
          {
            label: text('label.photos'),
            text: text(menu.some(({ key }) => key === 'photos') ? 'photos' : 'photo_count'),
          },
        ]
      : []),
  ]
  const changed = definition.approval && (await changedSince(tx, present)) ? words.text('cards/approval.changed') : ''
  const last = [
    // What is to be agreed to stands there even if something else is just as much.
    ...approval.filter((fact) => !(said(fact) && atLength?.text.includes(fact.label))),
    ...(agreed ? [agreed] : []),
  ]
  const brief = before.filter(
    (one) =>
      !(one === long && quote?.title === one.label) &&
      !(
        atLength !== undefined &&
        (one.kind === 'items' || (one.kind === 'multiselect' && isIn(atLength.text, one.text)))
      ) &&
      !told.facts.some((fact) => fact.text === one.text) &&
      !last.some(({ label }) => label === one.label),
  )
  return {
    source: { text: text(`headline.${headline}`), mood: data.urgent || data.late ? 'urgent' : 'plain' },
    title: text('title'),
    subtitle: text('subtitle'),
    quote: withBoth(quote, told.quote, text),
    line: live
      ? `${text('line.handed')}${text(lineOf(message, data, place.some(tellsWhoWasAsked(words))))}${changed}`
      : undefined,
    facts: [
      ...fittingFacts(facts, last, brief, sureOf(turn, brief)),
      // Nobody calls to decide either.
      ...(definition.approval && !isNobodys(turn) ? [phone] : []),
    ].slice(0, MOST_FACTS),
    menu,
  }
}

/** How many of what was brought are told in any case: what was only chosen to come before an approver says nothing to them. */
function sureOf({ step, definition }: Turn, [newest]: { kind?: string }[]): number {
  if (!step.isLive()) return 2
  return definition.approval && newest?.kind === 'select' ? 0 : 1
}

/** Whether all that a list names stands in a text already. */
function isIn(text: string, list: string): boolean {
  return list.split('、').every((part) => text.includes(part))
}

/**
 * The facts that a card has room for, in their order: what must stand there, of what was brought (the newest first) so
 * many in any case, then what is known of the matter, and the rest of what was brought where room is left.
 */
function fittingFacts(known: Fact[], musts: Fact[], brought: Fact[], sure: number): Fact[] {
  const room = MOST_FACTS - musts.length
  const shown = known.slice(0, Math.max(0, room - Math.min(brought.length, sure)))
  const told = brought.slice(0, Math.max(0, room - shown.length)).toReversed()
  return [...shown, ...musts, ...told.map(({ label, text }) => ({ label, text }))].slice(0, MOST_FACTS)
}

/** What whoever has the card can ask for beside acting: nothing that they would be refused. */
async function menuOf(
  tx: Tx,
  turn: Turn,
  message: Message,
  has: { place: boolean; photos: boolean },
  words: Words,
): Promise<Card['menu']> {
  const { step, definition, run } = turn
  const viewer = await staffById(tx, message.recipientId)
  const acts = viewer !== undefined && (await mayAct(tx, turn, viewer))
  if (!acts && !(viewer && (await mayRead(tx, turn, viewer)))) return []
  const live = step.isLive()
  const speaks = acts && live && (definition.log || definition.calls) && !isNobodys(turn)
  const one = (key: string) => ({ key, text: words.text(`cards/step.menu.${key}`) })
  return [
    ...(has.place ? [one('map')] : []),
    ...(speaks ? [one('contact')] : []),
    ...(run.facts.documents ? [one('documents')] : []),
    ...(has.photos ? [one('photos')] : []),
    one('history'),
    ...(live && !definition.approval ? [one('page')] : []),
    ...(live ? [] : await submitterMenu(tx, turn, message.recipientId, words)),
  ]
}

/** Three is all that WeCom shows: what can be asked for by the case's number too gives way to what can be done here. */
const MOST_MENU = 3
const SPARED = ['history', 'documents', 'page']

function fitting(menu: Card['menu']): Card['menu'] {
  if (!menu.some(({ key }) => key === 'page')) return menu
  return SPARED.reduce((left, key) => (left.length > MOST_MENU ? left.filter((one) => one.key !== key) : left), menu)
}

/** Whether a matter has no customer: maintenance, differences in the books. */
function isNobodys({ run }: Turn): boolean {
  return run.customerId === null && !run.facts.customer && !run.facts.phone
}

/** What the words of a card may speak of. */
async function dataOf(
  tx: Tx,
  turn: Turn,
  message: Message,
  before: { earlier: string; log: string[]; told: Fact[] },
  words: Words,
) {
  const { run, step, definition, flow } = turn
  const seen = await factsFor(tx, message.recipientId, run.facts, run.customerId)
  const added = addedTo(turn, message, before.told)
  const known = {
    earlier: before.earlier,
    log: before.log,
    returned: await returnedBy(tx, turn),
    flow: flow.title,
    step: definition.title,
    title: titleBeside(definition.title, run.facts.title),
    task: definition.task,
    customer: seen.customer || words.text('cards/step.anonymous'),
    phone: seen.phone || words.text('cards/step.no_phone'),
    photos: run.facts.photos.length + photosBrought(flow, run),
    urgent: run.priority === 'urgent',
    late: step.dueAt !== null && step.dueAt <= tx.now,
    waiting: step.state === 'waiting',
    accepted: step.acceptedAt !== null,
    accepts: definition.actions.includes('accept'),
    approving: definition.approval !== undefined,
    dueAt: step.dueAt ?? 0,
    leftMs: await leftWhenSent(tx, turn, message),
    limitMs: step.limitMs,
    // More that was allowed later is counted from then on: the sum would be taken for what is left.
    asGiven: step.limitMs === limitFor(definition, run, calendarOf(flow), step.openedAt),
    workdays: wholeWorkdays(flow, step.limitMs),
    decline: declineText(turn, words),
    until: await offeredUntil(tx, turn, message.recipientId),
    headline: message.data,
    text: firstWords(run.facts.text, added),
    added,
    // A zero is a score too.
    scored: message.data.nps !== undefined && message.data.nps !== null,
    replaces: message.data.replaces ?? 0,
    now: tx.now,
  }
  return filledUp(known, run.facts)
}

/** With what is not in it yet. Spreading the facts first would cost, for each name added to them, as much as all this. */
function filledUp<T extends object, More extends object>(known: T, more: More): T & Omit<More, keyof T> {
  const all: Record<string, unknown> = known as Record<string, unknown>
  for (const name of Object.keys(more)) if (!Object.hasOwn(all, name)) all[name] = more[name as keyof More]
  return all as T & Omit<More, keyof T>
}

type Data = Awaited<ReturnType<typeof dataOf>>

/** The line that says what matters most now: by when, and what to do. */
function lineOf(
  { kind }: Message,
  { waiting, late, accepted, leftMs, until, replaces }: Data,
  leftOver: boolean,
): string {
  if (replaces) return 'replaces'
  if (waiting) return 'line.waiting'
  if (late) return 'line.late'
  if (until) return 'line.offer'
  if (leftOver && !accepted) return 'line.left_over'
  if (kind === 'warning' && leftMs) return 'line.near'
  return kind === 'unaccepted' && !accepted ? 'line.unaccepted' : 'line.due'
}

/** The working time that was left when a warning went out; 0 for others, and when the limit has moved since. */
async function leftWhenSent(tx: Tx, { flow, step }: Turn, { kind, data, createdAt }: Message): Promise<number> {
  if (kind !== 'warning' || step.dueAt === null || data.dueAt !== step.dueAt) return 0
  return calendarOf(flow).between(createdAt, step.dueAt, await pausesOf(tx, step.id))
}

/** How many working days a limit is, when it is so many to the minute; else 0. */
function wholeWorkdays(flow: Turn['flow'], limitMs: number): number {
  const days = limitMs / calendarOf(flow).workdayMs
  return Number.isInteger(days) ? days : 0
}

/** The answers that neither the title nor the headline has told: nothing stands on a card twice. */
export function untold({ flow, run }: Pick<Turn, 'flow' | 'run'>): Fact[] {
  const deciding = new Set(flow.priority.flatMap(({ when }) => Object.keys(when)))
  // Of a yes or no that made it urgent the headline says all; which of several dangers it is it does not say.
  const told = (openingForm(flow)?.fields ?? []).filter(
    ({ name, options }) => deciding.has(name) && (options?.length ?? 0) <= 2,
  )
  const inHeadline = told.map(({ label }) => label)
  return run.facts.rows.filter(({ label, text }) => !inHeadline.includes(label) && !run.facts.title.includes(text))
}

/** What the amounts are called that the customer named. */
function claims({ flow }: Turn): string[] {
  return (openingForm(flow)?.fields ?? []).flatMap(({ kind, label }) => (kind === 'money' ? [label] : []))
}

/** Who sent the matter back to this step, until it is submitted anew. */
async function returnedBy(tx: Tx, { flow, run, step }: Turn): Promise<string> {
  const decided = flow.steps.findLast(({ approval, step: name }) => approval && name !== step.name && run.answers[name])
  const { by, decision } = (decided && run.answers[decided.step]) ?? {}
  const [staffId] = decision === 'returned' && Array.isArray(by) ? by : []
  return (staffId && (await staffById(tx, String(staffId)))?.name) || ''
}
