import type { Sight } from '../../server/engines/access/access.ts'
import type { Field } from '../../server/engines/access/matrix.ts'
import { FlowRun } from '../../server/engines/flows/run.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { hasNewer } from '../../server/engines/messages/outbox.ts'
import { followUpMyself } from '../../server/engines/rules/follow-ups.ts'
import { companies } from '../../server/engines/staff/companies.ts'
import { type CustomerLook, customerLooks, type PastEvent } from '../../server/engines/staff/looks.ts'
import { lookups } from '../../server/engines/staff/lookups.ts'
import { NotFound } from '../../server/lib/errors.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Card, type CardKind, clip, type Look, type Press } from '../card.ts'
import { glance, sightOnCard, toldFact } from '../customer-sight.ts'
import { answer } from '../here.ts'
import { afterLook, matterOf } from './customers.ts'

/** WeCom shows no longer facts, and no more of them. */
const FACT_ROOM = 26
const MOST_FACTS = 6
const MOST_MATTERS = 3

/** A customer from all sides on one card (D2): who, what is open, what they are worth, what can be talked about. */
const look: CardKind = {
  kind: 'customer_look',
  draw: drawLook,
  press: { past: (tx, press) => showPast(tx, press), follow },
}

/** What has happened to a customer, a page at a time; the older page is another card. */
const past: CardKind = {
  kind: 'customer_past',
  draw: drawPast,
  press: { older: (tx, press) => showPast(tx, press, String(press.message.data.last ?? '')), follow },
}

export const customerLookCards = [look, past]

async function follow(tx: Tx, { staff, message }: Press): Promise<void> {
  if (!(await lookups().customer(tx, message.subjectId))) throw new NotFound('customer')
  await followUpMyself(tx, staff, message.subjectId)
}

/** Sends the page behind an event, or the newest. What it ends with is kept: a later page begins there. */
async function showPast(tx: Tx, { staff, message }: Press, before?: string): Promise<void> {
  const page = { limit: MOST_FACTS, ...(before && { before }) }
  const events = await customerLooks().past(tx, message.subjectId, page)
  await answer(tx, {
    key: `past:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'customer_past',
    subjectId: message.subjectId,
    urgent: true,
    data: { before: before ?? '', last: events.at(-1)?.id ?? '', page: Number(message.data.page ?? 0) + 1 },
  })
}

async function drawLook(tx: Tx, message: Message, words: Words): Promise<Look | undefined> {
  const customer = await lookups().customer(tx, message.subjectId)
  const sight = customer && (await sightOnCard(tx, message.recipientId, customer.id))
  const seen = sight && (await customerLooks().at(tx, customer.id))
  if (!seen) return undefined
  const now = message.createdAt
  const text = (key: string, data: object = {}) => words.text(`cards/customer.${key}`, { ...data, now })
  const { identity, profile, transactions } = seen
  const may = (field: Field) => sight.view(field) === 'full'
  const tags = may('tags') ? (profile.tags as { tag: string; reasons: string[] }[]).map((tag) => text('tag', tag)) : []
  const head = {
    source: { text: text('source'), mood: 'plain' as const },
    title: text('title', await afterLook(tx, message, customer, sight)),
    subtitle: text('subtitle', {
      tier: (may('tier') && identity.tier) || '',
      stage: (may('stage') && profile.stage_title) || '',
      since: profile.stage_since ?? 0,
      rfm: (may('spent') && transactions.rfm_words) || '',
      refused: profile.refused ?? '',
    }),
    // What can be talked about is made of what is known of them.
    ...(seen.talks.length > 0 &&
      TALKS_OF.every(may) && {
        quote: { title: text('talks'), text: seen.talks.map((say, i) => text('talk', { n: i + 1, say })).join('\n') },
      }),
    ...(tags.length > 0 && { line: text('tags', { tags }) }),
    facts: await factsIn(tx, seen, sight, text),
    menu: [],
  }
  if (message.sentAt !== null && (await hasNewer(tx, message, ['customer_look'])))
    return { card: { ...head, closed: words.text('cards/step.closed.newer'), superseded: true, buttons: [] } }
  return { card: { ...head, superseded: true, buttons: buttonsOf(text, 'past') } }
}

type Say = (key: string, data?: object) => string

function buttonsOf(text: Say, more: 'past' | 'older' | undefined): Card['buttons'] {
  return [
    ...(more ? [{ key: more, text: text(`button.${more}`), look: 'plain' as const }] : []),
    { key: 'follow', text: text('button.follow'), look: 'plain' },
  ]
}

/** The facts in the order of the words, as far as they are there. */
async function factsIn(tx: Tx, seen: CustomerLook, sight: Sight, text: Say): Promise<Card['facts']> {
  const runs = await tx.find(
    FlowRun,
    `WHERE customerId = ? AND state = 'running' ORDER BY id DESC LIMIT ${MOST_MATTERS}`,
    [seen.id],
  )
  const { identity, behaviour, transactions, profile } = seen
  const may = (field: Field) => sight.view(field) === 'full'
  const [talk] = behaviour.contacts as { text: string }[]
  const said = talk && toldFact(sight, 'notes', talk.text)
  const firms = await companies().ofCustomer(tx, seen.id)
  const { orders, spent_fen, last_order_at, last_quote } = transactions
  const coupons = (profile.coupons as unknown[] | undefined)?.length ?? 0
  const all: Record<string, unknown> = {
    matters: runs.length > 0 && (await Promise.all(runs.map((run) => matterOf(tx, run)))),
    firms: firms.length > 0 && firms,
    contact: talk && said !== undefined && { ...talk, text: said },
    orders: Boolean(orders) &&
      may('orders') && { orders, spent_fen: may('spent') ? (spent_fen ?? 0) : null, last_order_at: last_order_at ?? 0 },
    wallet: (coupons > 0 || Boolean(profile.points)) && { coupons, points: profile.points ?? 0 },
    quote: may('spent') && last_quote,
    segments: may('segments') && (profile.segments as string[]).length > 0 && profile.segments,
    owner: identity.owner,
    registered: identity.registered_at,
  }
  const facts = FACTS.flatMap((name) => {
    const value = all[name]
    return value ? [{ label: text(`label.${name}`), text: clip(text(`of.${name}`, { value }), FACT_ROOM) }] : []
  })
  return facts.slice(0, MOST_FACTS)
}

/** What comes first when there is no room for all. */
const FACTS = ['matters', 'firms', 'contact', 'orders', 'wallet', 'quote', 'segments', 'owner', 'registered']
/** Without these nothing is said of what can be talked about. */
const TALKS_OF: Field[] = ['orders', 'spent', 'tags', 'segments']

async function drawPast(tx: Tx, message: Message, words: Words): Promise<Look | undefined> {
  const customer = await glance(tx, message.recipientId, message.subjectId)
  const sight = customer && (await sightOnCard(tx, message.recipientId, customer.id))
  if (!sight) return undefined
  const now = message.createdAt
  const text: Say = (key, data = {}) => words.text(`cards/customer.${key}`, { ...data, now })
  const before = String(message.data.before ?? '')
  // One more than is shown tells whether there is an older page.
  const page = { limit: MOST_FACTS + 1, ...(before && { before }) }
  const events = await customerLooks().past(tx, customer.id, page)
  const more = events.length > MOST_FACTS
  return {
    card: {
      source: { text: text('source'), mood: 'plain' },
      title: text('past.title', customer),
      subtitle: text('past.subtitle', { page: message.data.page, more, empty: events.length === 0 }),
      facts: events.slice(0, MOST_FACTS).map((event) => ({
        label: text('past.day', { at: event.at }),
        text: clip(pastLine(seenBy(sight, event), words, text), FACT_ROOM),
      })),
      menu: [],
      superseded: true,
      buttons: buttonsOf(text, more ? 'older' : undefined),
    },
  }
}

/** An event as somebody may read it: words and money only for whom the matrix shows them. */
function seenBy(sight: Sight, event: PastEvent): PastEvent {
  const { text, amount, tag, segment, ...about } = event.about
  const shown = Object.entries({ notes: { text }, spent: { amount }, tags: { tag }, segments: { segment } })
  const seen = shown.flatMap(([field, part]) => (sight.view(field as Field) === 'full' ? [part] : []))
  const known = Object.entries(Object.assign({}, ...seen)).filter(([, value]) => value !== undefined)
  return { ...event, about: { ...about, ...Object.fromEntries(known) } }
}

function pastLine({ name, at, by, about }: PastEvent, words: Words, text: Say): string {
  const event = name.replaceAll('.', '_')
  if (words.has(`cards/customer.past.of.${event}`)) return text(`past.of.${event}`, { ...NOTHING, ...about, by })
  const key = `cards/rules.event.${event}`
  const channel = words.has(`cards/customer.channel.${about.channel}`) ? text(`channel.${about.channel}`) : ''
  return text('past.line', { ...NOTHING, ...about, channel, what: words.has(key) ? words.text(key) : name, at, by })
}

const NOTHING = {
  text: '',
  number: '',
  amount: 0,
  tag: '',
  points: 0,
  outcome: '',
  why: '',
  coupon: '',
  csat: 0,
  segment: '',
  stage: '',
  step: '',
  purpose: '',
}
