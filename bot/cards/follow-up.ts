import { DateTime } from 'luxon'
import type { Field } from '../../server/engines/access/matrix.ts'
import { idsBehind } from '../../server/engines/events/aliases.ts'
import { Event } from '../../server/engines/events/event.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { hasNewer } from '../../server/engines/messages/outbox.ts'
import type { FollowUp } from '../../server/engines/rules/follow-up.ts'
import { answerFollowUp, followUpById, guardAnswer } from '../../server/engines/rules/follow-ups.ts'
import { factsAbout } from '../../server/engines/rules/known.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import { Invalid } from '../../server/lib/errors.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Card, type CardKind, clip, type Look, type Press } from '../card.ts'
import { glance, sightOnCard, toldFact } from '../customer-sight.ts'
import { askReason, askTime } from '../follow-up-talk.ts'
import { showCustomer as openCustomer } from './customers.ts'
import { pointingDown } from './step.ts'

const ZONE = 'Asia/Shanghai'
const MORNING = { hour: 9, minute: 30 }
/** The times that can be chosen without typing, in days from the press; Monday is the next one. */
const LATER = { tomorrow: 1, after: 2, monday: 'monday', week: 7, month: 30 } as const
/** WeCom shows no longer facts, and no more of them. */
const FACT_ROOM = 26
/** What the matrix calls the facts of the card. */
const FIELD_OF: Record<string, Field> = {
  last_talk: 'notes',
  tags: 'tags',
  preferences: 'preferences',
  tier: 'tier',
  stage: 'stage',
  last_order_at: 'orders',
  orders: 'orders',
  spent_fen: 'spent',
}
const MOST_FACTS = 6

/** A customer to be called: what is known, what can be talked about, and what came of it (C3). */
export const followUpCard: CardKind = {
  kind: 'follow_up',
  draw: drawFollowUp,
  press: {
    reached: (tx, press) => answer(tx, press, 'reached'),
    not_reached: (tx, press) => answer(tx, press, 'not_reached'),
    later,
    lost,
    customer: showCustomer,
  },
}

async function answer(tx: Tx, { staff, message, chosen }: Press, outcome: 'reached' | 'not_reached'): Promise<void> {
  await answerFollowUp(tx, message.subjectId, staff, { outcome, note: chosen.note })
}

/** At the time that was chosen on the card; without one the bot asks. */
async function later(tx: Tx, { staff, message, chosen }: Press): Promise<void> {
  const call = await followUpById(tx, message.subjectId)
  guardAnswer(call, staff)
  if (!chosen.later) return askTime(tx, staff, call)
  const nextAt = timeOf(chosen.later, tx.now)
  if (nextAt === undefined) throw new Invalid('time', 'when_wrong')
  await answerFollowUp(tx, call.id, staff, { outcome: 'later', nextAt, note: chosen.note })
}

/** Nobody is given up without a reason: typed on the card, else asked for in the chat. */
async function lost(tx: Tx, { staff, message, chosen }: Press): Promise<void> {
  const call = await followUpById(tx, message.subjectId)
  guardAnswer(call, staff)
  if (!chosen.note) return askReason(tx, staff, call)
  await answerFollowUp(tx, call.id, staff, { outcome: 'lost', reason: 'other', note: chosen.note })
}

/** The whole number and what has been, for whoever is to call; the look is recorded. */
async function showCustomer(tx: Tx, { staff, message }: Press): Promise<void> {
  const call = await followUpById(tx, message.subjectId)
  guardAnswer(call, staff)
  await openCustomer(tx, staff.id, call.customerId, 'follow_up', { follow_up: call.id })
}

async function drawFollowUp(tx: Tx, message: Message, words: Words): Promise<Look> {
  const call = await followUpById(tx, message.subjectId)
  // Said as of one instant, so that a later look at the same state shows the same card.
  const now = message.createdAt
  const text = (key: string, data: object = {}) => words.text(`cards/rules.follow_up.${key}`, { ...data, now })
  const points = call.points.map((point, i) => text('point', { n: i + 1, text: point }))
  const head: Omit<Card, 'buttons'> = {
    source: { text: text('source'), mood: call.isOpen() ? 'plain' : 'done' },
    // One that somebody has put on their own list has no title of a rule.
    title: clip(call.title || text('own'), FACT_ROOM),
    subtitle: text('subtitle', { round: call.round, again: call.round > 1 }),
    quote: points.length > 0 ? { title: text('points'), text: points.join('\n') } : undefined,
    facts: await factsFor(tx, call, message.recipientId, words, now),
    menu: [],
  }
  const closed = await whyClosed(tx, call, message, words, now)
  if (closed) return { card: { ...head, closed, superseded: true, buttons: [] } }
  if (message.sentAt !== null && (await hasNewer(tx, message, ['follow_up'])))
    return { card: pointingDown(head, words) }
  const options = Object.keys(LATER).map((value) => ({ value, label: text(`later.${value}`) }))
  return {
    card: {
      ...head,
      menu: [{ key: 'customer', text: text('menu.customer') }],
      select: { name: 'later', title: text('choose'), options, chosen: 'tomorrow', unchosen: '' },
      inputs: [{ name: 'note', label: text('note'), hint: text('note_hint') }],
      buttons: [
        { key: 'reached', text: text('button.reached'), look: 'main' },
        { key: 'not_reached', text: text('button.not_reached'), look: 'plain' },
        { key: 'later', text: text('button.later'), look: 'plain' },
        { key: 'lost', text: text('button.lost'), look: 'danger' },
      ],
    },
  }
}

/** What is known of the customer, in the order of the words: only what is there. */
async function factsFor(
  tx: Tx,
  { customerId }: FollowUp,
  staffId: string,
  words: Words,
  now: number,
): Promise<Card['facts']> {
  const customer = await glance(tx, staffId, customerId)
  const sight = await sightOnCard(tx, staffId, customerId)
  // As it was when the card was made: what happens later may not use up the one change that a card allows.
  const known = await factsAbout(tx, 'customer', customerId, now - 1)
  const ids = await idsBehind(tx, customerId)
  const talks = `WHERE customerId IN (${ids.map(() => '?').join(',')}) AND name = 'interaction.recorded' AND at < ?
    ORDER BY id DESC`
  const last = await tx.first(Event, talks, [...ids, now])
  const all: Record<string, unknown> = {
    ...known,
    stage: known.stage_title ?? known.stage,
    customer: customer && { name: customer.name, phone: customer.phone },
    last_talk: last && { at: last.at, by: String(last.data.by ?? ''), text: String(last.data.text ?? '') },
  }
  const labels = words.tree('cards/rules.follow_up.label') as Record<string, string>
  const facts = Object.entries(labels).flatMap(([name, label]) => {
    const field = FIELD_OF[name]
    const hidden = field && (!sight || toldFact(sight, field, '') === undefined)
    const value = hidden ? undefined : all[name]
    if (
      value === undefined ||
      value === null ||
      value === '' ||
      value === 0 ||
      (Array.isArray(value) && value.length === 0)
    )
      return []
    return [{ label, text: clip(words.text(`cards/rules.follow_up.of.${name}`, { value, now }), FACT_ROOM) }]
  })
  return facts.slice(0, MOST_FACTS)
}

async function whyClosed(
  tx: Tx,
  call: FollowUp,
  message: Message,
  words: Words,
  now: number,
): Promise<string | undefined> {
  const by = (call.answeredBy && (await staffById(tx, call.answeredBy))?.name) || ''
  const reason = call.note || call.reasons.find(({ value }) => value === call.reason)?.label || ''
  const data = { by, at: call.answeredAt ?? 0, until: call.wakeAt ?? 0, reason, now }
  const text = (key: string, more: object = {}) =>
    words.text(`cards/rules.follow_up.closed.${key}`, { ...data, ...more })
  if (call.state === 'void') return text(call.reason === 'refused' ? 'refused' : 'void')
  if (call.state === 'put_off') return text('later')
  if (call.state === 'answered') return text(call.outcome ?? 'reached')
  if (call.staffId === message.recipientId) return undefined
  return text('moved', { to: (await staffById(tx, call.staffId))?.name ?? '' })
}

function timeOf(choice: string, now: number): number | undefined {
  if (!Object.hasOwn(LATER, choice)) return undefined
  const days = LATER[choice as keyof typeof LATER]
  const today = DateTime.fromMillis(now, { zone: ZONE }).startOf('day')
  const day = days === 'monday' ? today.startOf('week').plus({ weeks: 1 }) : today.plus({ days })
  return day.set(MORNING).toMillis()
}
