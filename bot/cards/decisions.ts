import { guardField } from '../../server/engines/access/access.ts'
import { record } from '../../server/engines/events/events.ts'
import { countOwn } from '../../server/engines/flows/figures.ts'
import { person } from '../../server/engines/flows/guards.ts'
import { handOverAll } from '../../server/engines/flows/leavers.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { lookups } from '../../server/engines/staff/lookups.ts'
import { addMemo } from '../../server/engines/staff/memo.ts'
import { staffById } from '../../server/engines/staff/roster.ts'
import { Invalid, NotFound } from '../../server/lib/errors.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { Card, CardKind, Look, Press } from '../card.ts'
import { glance } from '../customer-sight.ts'
import { cancelDecision, endDecision, own } from '../end-decision.ts'
import { answer } from '../here.ts'

/** Something that happens only after a yes: handing everything over, writing down a talk with a customer. */
export const decisionCards: CardKind[] = [
  {
    kind: 'hand_over',
    draw: drawHandOver,
    press: { yes: own(handOver), no: own(keepAll) },
  },
  {
    kind: 'interaction',
    draw: drawInteraction,
    press: { yes: own(keep), change: own(change), no: own(cancelDecision) },
  },
]

async function handOver(tx: Tx, { staff, message }: Press): Promise<void> {
  const to = await staffById(tx, String(message.data.to))
  if (!to?.active) throw new Invalid('person', 'person_unknown')
  const count = await countOwn(tx, staff.id)
  await endDecision(tx, message, 'done', { count })
  await handOverAll(tx, staff, to, person(staff), 'asked')
}

async function keepAll(tx: Tx, { staff, message }: Press): Promise<void> {
  await endDecision(tx, message, 'cancelled', { count: await countOwn(tx, staff.id) })
}

async function drawHandOver(tx: Tx, message: Message, words: Words): Promise<Look> {
  const { data } = message
  const to = (await staffById(tx, String(data.to)))?.name ?? ''
  const count = data.ending ? Number(data.count ?? 0) : await countOwn(tx, message.recipientId)
  return decided(message, words, 'hand_over', { to, count }, { facts: [], keys: ['yes', 'no'] })
}

async function keep(tx: Tx, { staff, message, chosen }: Press): Promise<void> {
  const { ids, channel, text, nextAt } = message.data as {
    ids: string[]
    channel: string
    text: string
    nextAt?: number
  }
  const id = ids.length === 1 ? ids[0] : ids.find((one) => one === chosen.customer)
  if (!id) throw new Invalid('customer', 'customer_missing')
  const customer = await lookups().customer(tx, id)
  if (!customer) throw new NotFound('customer')
  await guardField(tx, { staff: staff.id }, 'edit', 'notes', id)
  await endDecision(tx, message, 'done', { ids: [id] })
  await record(tx, 'interaction.recorded', {
    by: { type: 'staff', id: staff.id },
    subject: { type: 'customer', id },
    customerId: id,
    data: { channel, text, nextAt: nextAt ?? null, by: staff.name },
    dedupKey: `interaction:${message.id}`,
  })
  if (nextAt) await addMemo(tx, { staffId: staff.id, text, at: nextAt, subjectId: id })
}

/** Nothing was stored: the person says it again, better. */
export async function change(tx: Tx, { staff, message }: Press): Promise<void> {
  await endDecision(tx, message, 'changed')
  await answer(tx, {
    key: `line:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'line',
    subjectId: staff.id,
    urgent: true,
    data: { line: 'say_again', said: message.data.said },
  })
}

async function drawInteraction(tx: Tx, message: Message, words: Words): Promise<Look> {
  const { ids, channel, text, nextAt } = message.data as {
    ids: string[]
    channel: string
    text: string
    nextAt?: number
  }
  const found = (await Promise.all(ids.map((id) => glance(tx, message.recipientId, id)))).flatMap((one) => one ?? [])
  const [only] = found
  const data = {
    channel,
    text,
    nextAt: nextAt ?? 0,
    name: only?.name ?? '',
    phone: only?.phone ?? '',
    several: found.length > 1,
  }
  const say = (key: string, more: object = {}) =>
    words.text(`cards/commands.interaction.${key}`, { ...data, ...more, now: message.createdAt })
  const facts = ['customer', 'channel', 'next'].map((key) => ({ label: say(`label.${key}`), text: say(`of.${key}`) }))
  const select =
    found.length > 1
      ? {
          name: 'customer',
          title: say('which'),
          options: found.map((one) => ({
            value: one.id,
            label: say('option', { name: one.name, end: one.phone.slice(-4) }),
          })),
          unchosen: words.text('cards/step.unchosen'),
        }
      : undefined
  return decided(message, words, 'interaction', data, {
    facts,
    select,
    quote: { title: say('said'), text },
    keys: ['yes', 'change', 'no'],
  })
}

/** The card of a decision: its ways while it is open, how it ended afterwards. */
export function decided(
  message: Message,
  words: Words,
  about: string,
  data: Record<string, unknown>,
  { keys, ...more }: Pick<Card, 'facts' | 'select' | 'quote' | 'line'> & { keys: string[] },
): Look {
  const ending = message.data.ending as string | undefined
  const all = { ...data, ended: ending !== undefined, endedAt: message.data.endedAt ?? 0, now: message.createdAt }
  const text = (key: string) => words.text(`cards/commands.${about}.${key}`, all)
  const head = {
    ...more,
    source: { text: text('source'), mood: 'plain' as const },
    title: text('title'),
    subtitle: text('subtitle'),
    menu: [],
  }
  if (ending) return { card: { ...head, closed: text(`ended.${ending}`), superseded: true, buttons: [] } }
  const looks = { yes: 'main', change: 'plain', no: 'plain' } as const
  return {
    card: {
      ...head,
      buttons: keys.map((key) => ({ key, text: text(`button.${key}`), look: looks[key as keyof typeof looks] })),
    },
  }
}
