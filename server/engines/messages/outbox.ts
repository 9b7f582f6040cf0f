import { newId } from '../../lib/ids.ts'
import type { New, Tx } from '../../lib/tx.ts'
import { Message, Received } from './message.ts'

export interface Outgoing {
  /** Names the effect: enqueuing the same key again changes nothing. */
  key: string
  /** An id that was made before, for what is to come before others of its transaction. */
  id?: string
  channel: Message['channel']
  to: string
  kind: string
  subjectId: string
  data?: Record<string, unknown>
  urgent?: boolean
  /** The platform by which it must go; else its receiver's own choice decides. */
  via?: string
  collapseKey?: string
}

/**
 * With the subject known, the receiver only sifts: the plus keeps SQLite from walking the receiver's own index, through
 * every message that this person ever had (a card press took 12 ms among 20,000).
 */
const OF_RECIPIENT = '+recipientId = ?'

const freshKey = (subjectId: string) => `fresh:${subjectId}`
const lastKey = (messageId: string) => `last:${messageId}`
const PRESSED = 'pressed'

let poke: () => void = () => undefined

/** Hands over what shall happen as soon as new messages are committed (the delivery duty, without waiting for its turn). */
export function onOutbox(wake: () => void): void {
  poke = wake
}

/** Puts a message into the outbox, in the transaction of the change it speaks of. */
export async function enqueue(tx: Tx, message: Outgoing): Promise<void> {
  await enqueueAll(tx, [message])
}

/**
 * Puts several messages into the outbox; those whose key is known already are dropped, and those that wait with the
 * same to say give way to the newer ones.
 */
export async function enqueueAll(tx: Tx, messages: Outgoing[]): Promise<void> {
  if (messages.length === 0) return
  await collapse(tx, messages)
  await tx.insertMissingLater(
    Message,
    messages.map((message) => messageRow(tx, message)),
  )
  tx.afterCommit(() => poke())
}

/** Says that this transaction has made this subject: nothing about it can be waiting yet. */
export function isFresh(tx: Tx, subjectId: string): void {
  tx.remember(freshKey(subjectId), true)
}

/** Says that the answer to this transaction's callback will show this card as it stands then: nobody else need mend it. */
export function answersWith(tx: Tx, message: Message): void {
  tx.remember(PRESSED, message.id)
}

/**
 * Says that what these cards speak of has changed: the refresh sweep will compare each with the present state. One that
 * is being drawn at this moment, from the state before, is drawn again or compared once it is there.
 */
export async function touchCards(tx: Tx, subjectId: string): Promise<void> {
  let touched = 0
  await tx.runLater(
    'messages',
    `UPDATE messages SET refreshAt = ?
     WHERE subjectId = ? AND id <> ? AND (state IN ('pending', 'sending')
       OR state IN ('sent', 'confirmed') AND shown IS NOT NULL)`,
    [tx.now, subjectId, await pressedCard(tx)],
    (rows) => {
      touched = rows
    },
  )
  tx.afterCommit(() => touched > 0 && poke())
}

const pressedCard = (tx: Tx) => tx.memo(PRESSED, async () => '')

/** Says that a newer card of the same matter has reached this person: their older ones will point to it. */
export async function touchOlder(tx: Tx, message: Message): Promise<void> {
  // Looked for without locks and locked by id: cards of one matter are noted as sent at the same time.
  const older = await tx.query<{ id: string }>(
    `SELECT id FROM messages WHERE subjectId = ? AND ${OF_RECIPIENT} AND id < ? AND shown IS NOT NULL ORDER BY id`,
    [message.subjectId, message.recipientId, message.id],
  )
  if (older.length === 0) return
  const ids = older.map(({ id }) => id)
  await tx.run(`UPDATE messages SET refreshAt = ? WHERE id IN (${ids.map(() => '?').join(',')})`, [tx.now, ...ids])
  tx.afterCommit(() => poke())
}

/**
 * Whether a newer card of one of these kinds has reached the receiver of this one or, with `waiting`, is on its way.
 */
export async function hasNewer(tx: Tx, message: Message, kinds: string[], waiting = false): Promise<boolean> {
  // What this transaction itself says of the matter has reached nobody yet.
  if (!waiting && (await tx.memo(lastKey(message.id), async () => false))) return false
  const there = waiting
    ? `state IN ('pending', 'sending', 'sent', 'confirmed')`
    : 'sentAt IS NOT NULL AND shown IS NOT NULL'
  const rows = await tx.query(
    `SELECT 1 FROM messages WHERE subjectId = ? AND ${OF_RECIPIENT} AND id > ? AND ${there}
     AND kind IN (${kinds.map(() => '?').join(',')}) LIMIT 1`,
    [message.subjectId, message.recipientId, message.id, ...kinds],
  )
  return rows.length > 0
}

/** Whether nothing newer than this message has been said of its matter: a condition in which `letter` is the message. */
export const saysTheLast = (letter: string): string =>
  `NOT EXISTS (SELECT 1 FROM messages n WHERE n.subjectId = ${letter}.subjectId AND n.id > ${letter}.id)`

/** Keeps what `saysTheLast` told of a message, for whoever asks in this transaction. */
export function knowLast(tx: Tx, messageId: string, told: unknown): void {
  tx.remember(lastKey(messageId), Number(told) === 1)
}

/** Takes a callback by its key; false says that it was taken before. */
export function takeOnce(tx: Tx, key: string): Promise<boolean> {
  return tx.insertOnceSoon(Received, { id: key.slice(0, 190), at: tx.now })
}

/** Takes back what waits unsent and would say the same: of the same collapse key, or alike in everything. */
async function collapse(tx: Tx, messages: Outgoing[]): Promise<void> {
  const places = (values: unknown[]) => values.map(() => '?').join(',')
  const subjects = await knownBefore(tx, [...new Set(messages.map(({ subjectId }) => subjectId))])
  const keys = [...new Set(messages.flatMap(({ collapseKey }) => collapseKey ?? []))]
  const unsent = `state = 'pending' AND attempts = 0`
  const found = (column: string, values: string[], also = '') =>
    values.length > 0 ? tx.find(Message, `WHERE ${column} IN (${places(values)})${also} AND ${unsent}`, values) : []
  const waiting = (
    await Promise.all([found('subjectId', subjects, ' AND nextAt > 0'), found('collapseKey', keys)])
  ).flat()
  if (waiting.length === 0) return
  const alike = new Set(messages.map((message) => sameness(message, message.to, message.data ?? {}, message.via)))
  // The very same message enqueued again is dropped by its key: taking back the first one would lose both.
  const repeated = new Set(messages.map(({ key }) => key))
  const old = waiting.filter((one) => {
    if (repeated.has(one.dedupKey)) return false
    return (
      (one.collapseKey && keys.includes(one.collapseKey)) ||
      alike.has(sameness(one, one.recipientId, one.data, one.via))
    )
  })
  if (old.length === 0) return
  await tx.run(
    `UPDATE messages SET state = 'collapsed', nextAt = NULL, refreshAt = NULL
     WHERE id IN (${places(old)}) AND state = 'pending' AND attempts = 0`,
    old.map(({ id }) => id),
  )
}

async function knownBefore(tx: Tx, subjectIds: string[]): Promise<string[]> {
  const fresh = await Promise.all(subjectIds.map((id) => tx.memo(freshKey(id), async () => false)))
  return subjectIds.filter((_, i) => !fresh[i])
}

function sameness(
  { channel, kind, subjectId }: Pick<Message, 'channel' | 'kind' | 'subjectId'>,
  to: string,
  data: Record<string, unknown>,
  via: string | null | undefined,
): string {
  return JSON.stringify([channel, to, kind, subjectId, data, via ?? null])
}

/** The row of a message that goes as soon as it can. */
export function messageRow(tx: Tx, message: Outgoing): New<Message> {
  return {
    id: message.id ?? newId(tx.now),
    dedupKey: message.key,
    channel: message.channel,
    recipientId: message.to,
    kind: message.kind,
    subjectId: message.subjectId,
    data: message.data ?? {},
    urgent: message.urgent ?? false,
    via: message.via,
    collapseKey: message.collapseKey,
    state: 'pending',
    attempts: 0,
    nextAt: tx.now,
    createdAt: tx.now,
    checkedAt: tx.now,
  }
}
