import { Message } from '../../server/engines/messages/message.ts'
import { hasNewer } from '../../server/engines/messages/outbox.ts'
import { lookups } from '../../server/engines/staff/lookups.ts'
import { type LastMerge, type MergePreview, merges, type Side } from '../../server/engines/staff/merges.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Words } from '../../server/lib/render.ts'
import type { Tx } from '../../server/lib/tx.ts'
import type { Card, CardKind, Look, Press } from '../card.ts'
import { cancelDecision, endDecision, own } from '../end-decision.ts'
import { answer } from '../here.ts'
import { askWhy, carryOut, masked } from '../merge-talk.ts'

interface Pair {
  ids: [string, string]
  kind: string
}

/** Two customers who become one, one who becomes two again, and those who may be one. */
export const mergeCards: CardKind[] = [
  {
    kind: 'merge_customers',
    draw: drawMerge,
    press: { yes: own(merge), swap: own(swap), apart: own(apart), no: own(cancelDecision) },
  },
  { kind: 'undo_merge', draw: drawUndo, press: { yes: own(undo), no: own(cancelDecision) } },
  {
    kind: 'look_alikes',
    draw: drawPairs,
    press: Object.fromEntries([0, 1, 2].map((index) => [`pair_${index}`, (tx, press) => look(tx, press, index)])),
  },
]

/** With the reason typed on the card; without one the bot asks. */
async function merge(tx: Tx, { staff, message, chosen }: Press): Promise<void> {
  if (!chosen.why?.trim()) return askWhy(tx, staff, message.id)
  await carryOut(tx, staff, message, chosen.why)
}

/** The other one remains. */
async function swap(tx: Tx, { message }: Press): Promise<void> {
  const { intoId, fromId } = message.data as { intoId: string; fromId: string }
  message.data = { ...message.data, intoId: fromId, fromId: intoId }
  await tx.update(Message, message.id, { data: message.data })
}

async function apart(tx: Tx, { staff, message }: Press): Promise<void> {
  const { intoId, fromId } = message.data as { intoId: string; fromId: string }
  await merges().keepApart(tx, staff, intoId, fromId)
  await endDecision(tx, message, 'apart')
}

async function undo(tx: Tx, { staff, message }: Press): Promise<void> {
  const { customerId, mergeId } = message.data as { customerId: string; mergeId: string }
  const last = await lastOf(tx, customerId)
  await merges().undo(tx, staff, mergeId)
  await endDecision(tx, message, 'done', { into: masked(last?.into), from: masked(last?.from) })
}

/** The merge of a customer that would be undone next, if there is one. */
function lastOf(tx: Tx, customerId: string): Promise<LastMerge | undefined> {
  return merges()
    .last(tx, customerId)
    .catch(() => undefined)
}

/** Opens a pair as a card on which it can be decided. */
async function look(tx: Tx, { staff, message }: Press, index: number): Promise<void> {
  const pair = (message.data.pairs as Pair[])[index]
  if (!pair) return
  const [intoId, fromId] = await merges().inOrder(tx, ...pair.ids)
  await answer(tx, {
    key: `merge:${newId(tx.now)}`,
    channel: 'staff',
    to: staff.id,
    kind: 'merge_customers',
    subjectId: newId(tx.now),
    urgent: true,
    data: { intoId, fromId, kind: pair.kind },
  })
}

async function drawMerge(tx: Tx, message: Message, words: Words): Promise<Look> {
  const { intoId, fromId, ending } = message.data as { intoId: string; fromId: string; ending?: string }
  const seen = await merges().preview(tx, intoId, fromId)
  const kept = message.data as Partial<Pick<MergePreview, 'into' | 'from'>>
  const into = seen?.into ?? kept.into
  const from = seen?.from ?? kept.from
  const text = (key: string, data: object = {}) =>
    words.text(`cards/merges.merge.${key}`, { ...data, endedAt: message.data.endedAt ?? 0, now: message.createdAt })
  const sides = [
    ['into', into],
    ['from', from],
  ] as const
  const facts = sides.flatMap(([key, side]) =>
    side ? [{ label: text(`label.${key}`), text: text('side', side) }] : [],
  )
  const head: Omit<Card, 'buttons'> = {
    source: { text: text('source'), mood: seen?.over.length && !ending ? 'urgent' : 'plain' },
    title: text(ending ? 'title_ended' : 'title'),
    subtitle: ending ? '' : text('subtitle'),
    facts,
    menu: [],
  }
  const tail = (into?.phone || from?.phone || '').slice(-4)
  if (ending) return { card: { ...head, closed: text(`ended.${ending}`, { tail }), superseded: true, buttons: [] } }
  // One of them is gone, or they are one by now.
  if (!seen) return { card: { ...head, closed: text('ended.gone'), superseded: true, buttons: [] } }
  return {
    card: {
      ...head,
      facts: [...facts, ...knownBy(seen, text), { label: text('label.after'), text: text('after', seen.after) }],
      ...(seen.over.length > 0 && {
        line: text('over', {
          list: seen.over.map((one) => text('over_one', { ...one, kind: text(`kind.${one.kind}`) })),
        }),
      }),
      inputs: [{ name: 'why', label: text('why'), hint: text('why_hint') }],
      buttons: [
        { key: 'yes', text: text('button.yes'), look: 'main' },
        { key: 'swap', text: text('button.swap'), look: 'plain' },
        { key: 'apart', text: text('button.apart'), look: 'plain' },
        { key: 'no', text: text('button.no'), look: 'plain' },
      ],
    },
  }
}

function knownBy(seen: MergePreview, text: (key: string, data?: object) => string): Card['facts'] {
  const kinds = ({ kinds }: Side) => kinds.toSorted().map((kind) => text(`kind.${kind}`))
  return [
    { label: text('label.into_by'), text: text('by', { kinds: kinds(seen.into) }) },
    { label: text('label.from_by'), text: text('by', { kinds: kinds(seen.from) }) },
  ]
}

async function drawUndo(tx: Tx, message: Message, words: Words): Promise<Look | undefined> {
  const { customerId, mergeId, ending } = message.data as { customerId: string; mergeId: string; ending?: string }
  const customer = await lookups().customer(tx, customerId)
  if (!customer) return undefined
  const last = await lastOf(tx, customerId)
  const text = (key: string, data: object = {}) =>
    words.text(`cards/merges.undo.${key}`, { ...data, now: message.createdAt })
  const open = last?.id === mergeId && !ending
  const { into, from } = open ? last : (message.data as Partial<LastMerge>)
  const head: Omit<Card, 'buttons'> = {
    source: { text: text('source'), mood: 'plain' },
    title: text(open ? 'title' : 'title_ended'),
    subtitle: open ? text('subtitle') : '',
    facts: [
      { label: text('label.customer'), text: text('customer', into ?? customer) },
      ...(from ? [{ label: text('label.other'), text: text('customer', from) }] : []),
      ...(open ? [{ label: text('label.merged'), text: text('merged', last) }] : []),
    ],
    ...(open && { quote: { title: text('label.why'), text: text('reason', { why: whyOf(last.why, words) }) } }),
    menu: [],
  }
  if (!open) return { card: { ...head, closed: text(`ended.${ending ?? 'gone'}`), superseded: true, buttons: [] } }
  return {
    card: {
      ...head,
      buttons: [
        { key: 'yes', text: text('button.yes'), look: 'danger' },
        { key: 'no', text: text('button.no'), look: 'plain' },
      ],
    },
  }
}

/** Words of the house where it was done by itself. */
function whyOf(why: string, words: Words): string {
  return why.startsWith('identity:') ? words.text('cards/merges.undo.by_itself') : why
}

async function drawPairs(tx: Tx, message: Message, words: Words): Promise<Look> {
  const pairs = message.data.pairs as Pair[]
  const text = (key: string, data: object = {}) =>
    words.text(`cards/merges.pairs.${key}`, { ...data, now: message.createdAt })
  const facts: Card['facts'] = []
  for (const [index, { ids, kind }] of pairs.entries()) {
    const [one, other] = await Promise.all(ids.map((id) => lookups().customer(tx, id)))
    if (!one || !other) continue
    const shared = words.text(`cards/merges.merge.kind.${kind}`)
    facts.push({ label: text('label', { n: index + 1 }), text: text('pair', { one, other, shared }) })
  }
  const head: Omit<Card, 'buttons'> = {
    source: { text: text('source'), mood: 'plain' },
    title: text('title', { count: facts.length, more: message.data.more }),
    subtitle: text('subtitle'),
    facts,
    menu: [],
  }
  if (message.sentAt !== null && (await hasNewer(tx, message, ['look_alikes'])))
    return { card: { ...head, closed: words.text('cards/step.closed.newer'), superseded: true, buttons: [] } }
  const buttons = facts.map((_, index) => ({
    key: `pair_${index}`,
    text: text('open', { n: index + 1 }),
    look: 'plain' as const,
  }))
  return { card: { ...head, superseded: true, buttons } }
}
