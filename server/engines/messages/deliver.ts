import { MINUTE, SECOND } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import { errorCode, type Tx } from '../../lib/tx.ts'
import { type Channel, channelOf, type Drawn, type Limit, type Sent } from './channel.ts'
import { Message } from './message.ts'
import { touchOlder } from './outbox.ts'

/** How long a sender may take before another one assumes that it died; well above the 10 s that a call may take. */
export const LEASE_MS = 30 * SECOND
const FIRST_WAIT_MS = 5 * SECOND
const LONGEST_WAIT_MS = 10 * MINUTE
/** Tries with growing waits cover about a day of outage before a message becomes a dead letter. */
const MAX_ATTEMPTS = 150
const BATCH = 100
const PURSUED = 3
const PARALLEL = 16

/** What this process is sending at the moment: a clock that is moved ahead must not end our own leases. */
const inHand = new Set<string>()
const flights = new Set<Promise<void>>()

/** Delivers everything whose turn has come; returns how many messages it handled. */
export async function deliverDue(db: Database): Promise<number> {
  let handled = 0
  for (;;) {
    const claimed = await claim(db)
    const since = performance.now()
    const flight = inParallel(claimed, (message) => deliver(db, message, since))
    flights.add(flight)
    await flight.finally(() => flights.delete(flight))
    handled += claimed.length
    if (claimed.length === 0) return handled
  }
}

/** Waits until nothing that this process is sending is on its way any more. */
export async function landed(): Promise<void> {
  await Promise.allSettled(flights)
}

/** When the outbox has something to do next, or undefined. */
export async function nextDelivery(tx: Tx): Promise<number | undefined> {
  const [row] = await tx.query<{ at: number | null }>('SELECT MIN(nextAt) AS at FROM messages WHERE nextAt IS NOT NULL')
  return row?.at ?? undefined
}

interface Claimed {
  message: Message
  wire: string
  shown?: string
  again: boolean
}

/** Takes a batch of due messages: each is drawn once, and its bytes are stored before the platform sees them. */
async function claim(db: Database): Promise<Claimed[]> {
  const due = await db.read((tx) =>
    tx.find(Message, `WHERE nextAt <= ? ORDER BY nextAt, id LIMIT ${BATCH + inHand.size}`, [tx.now]),
  )
  const waiting = due.filter(({ id }) => !inHand.has(id)).slice(0, BATCH)
  if (waiting.length === 0) return []
  // The limits are counted over all that was sent: two processes must not both see the last free place.
  return db.alone('outbox', () => db.write((tx) => claimAll(tx, waiting)))
}

async function claimAll(tx: Tx, waiting: Message[]): Promise<Claimed[]> {
  const room = await roomFor(tx, waiting)
  const claimed: Claimed[] = []
  // Urgent ones first; within a batch the order of creation is kept per receiver.
  for (const message of [...waiting].sort((a, b) => Number(b.urgent) - Number(a.urgent))) {
    const taken = await claimOne(tx, message, room)
    if (taken) claimed.push(taken)
  }
  tx.afterCommit(() => {
    for (const { message } of claimed) inHand.add(message.id)
  })
  return claimed
}

async function claimOne(tx: Tx, message: Message, room: Room): Promise<Claimed | undefined> {
  const seen = { state: message.state, nextAt: message.nextAt }
  const way = channelOf(message.channel)
  const earliest = Math.max(way.notBefore(message, tx.now), room.freeAt(message))
  if (message.state === 'pending' && earliest > tx.now) {
    await tx.update(Message, message.id, { nextAt: earliest }, seen)
    return undefined
  }
  const fresh = await drawn(tx, way, message)
  if (fresh === BROKEN) return undefined
  const again = message.wire !== null
  // A card that may be on the screen already is pursued even when its matter is over: only what is known to be there
  // can be closed. After a few tries it was an outage rather than a lost answer, and pursuing would end in a storm.
  const pursued = message.shown !== null && message.attempts <= PURSUED
  const same = again && (fresh || pursued)
  const ready = same ? { wire: message.wire as string, shown: message.shown ?? undefined } : fresh
  if (!ready) {
    await tx.update(Message, message.id, { state: 'obsolete', nextAt: null }, seen)
    return undefined
  }
  const mine = await tx.update(
    Message,
    message.id,
    {
      state: 'sending',
      attempts: message.attempts + 1,
      nextAt: tx.now + LEASE_MS,
      triedAt: tx.now,
      wire: ready.wire,
      shown: ready.shown ?? null,
    },
    seen,
  )
  if (!mine) return undefined
  room.take(message)
  message.attempts += 1
  message.state = 'sending'
  message.nextAt = tx.now + LEASE_MS
  return { message, ...ready, again }
}

const BROKEN = Symbol('broken')

/** Draws a message; one that cannot be drawn is put off by itself and must not hold up the others. */
async function drawn(tx: Tx, way: Channel, message: Message): Promise<Drawn | undefined | typeof BROKEN> {
  try {
    return await way.draw(tx, message)
  } catch (error) {
    if (errorCode(error)) throw error
    log.error({ message: message.id, kind: message.kind, err: error }, 'a message cannot be drawn')
    const seen = { state: message.state, nextAt: message.nextAt }
    await putBack(tx, { ...message, attempts: message.attempts + 1 } as Message, seen, error)
    return BROKEN
  }
}

async function deliver(db: Database, { message, wire, shown, again }: Claimed, since: number): Promise<void> {
  // Behind slow ones it may have waited for long: then the lease is renewed first, or left to whoever took it meanwhile.
  if (performance.now() - since > LEASE_MS / 3 && !(await renew(db, message))) {
    inHand.delete(message.id)
    return
  }
  const mine = { state: message.state, nextAt: message.nextAt }
  try {
    const sent: Sent = await channelOf(message.channel).send(message, wire, again)
    await db.write(async (tx) => {
      const changes: Partial<Message> = {
        state: 'sent',
        sentAt: tx.now,
        nextAt: null,
        wire: null,
        error: null,
        platformRef: sent.platformRef ?? null,
        responseCode: sent.responseCode ?? null,
        responseCodeAt: sent.responseCode ? tx.now : null,
      }
      if ((await tx.update(Message, message.id, changes, mine)) && shown) await touchOlder(tx, message)
    })
  } catch (error) {
    await db.write((tx) => putBack(tx, message, mine, error))
  } finally {
    inHand.delete(message.id)
  }
}

async function renew(db: Database, message: Message): Promise<boolean> {
  return db.write(async (tx) => {
    const nextAt = tx.now + LEASE_MS
    const mine = await tx.update(Message, message.id, { nextAt }, { state: message.state, nextAt: message.nextAt })
    if (mine) message.nextAt = nextAt
    return mine
  })
}

async function putBack(tx: Tx, message: Message, mine: Partial<Message>, error: unknown): Promise<void> {
  const known = error instanceof PlatformError ? error : undefined
  const text = String(error instanceof Error ? error.message : error).slice(0, 300)
  const final = known ? !known.retryable : false
  if (final || message.attempts >= MAX_ATTEMPTS) {
    log.warn({ message: message.id, kind: message.kind, error: text }, 'message could not be delivered')
    await tx.update(Message, message.id, { state: 'failed', nextAt: null, wire: null, error: text }, mine)
    return
  }
  if (!known) log.error({ message: message.id, err: error }, 'delivery failed unexpectedly')
  // Certainly not taken: draw it anew from the state of that moment. Perhaps taken: the same bytes again, so that the
  // platform's duplicate check can tell.
  const wire = known && surelyRefused(known) ? { wire: null } : {}
  const wait = Math.max(known?.retryAfterMs ?? 0, backoff(message.attempts))
  const { attempts } = message
  await tx.update(
    Message,
    message.id,
    { state: 'pending', attempts, nextAt: tx.now + wait, error: text, ...wire },
    mine,
  )
}

function surelyRefused(error: PlatformError): boolean {
  return typeof error.code === 'number' || error.code === 'ECONNREFUSED'
}

/** The wait before try n+1: 5 s, 10 s, 20 s … 10 min. */
export function backoff(attempts: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1))
}

/** How many more messages the limits allow now, counted from the rows. */
interface Room {
  freeAt(message: Message): number
  take(message: Message): void
}

async function roomFor(tx: Tx, messages: Message[]): Promise<Room> {
  const used = new Map<string, number[]>()
  const keyOf = (limit: Limit, message: Message) =>
    limit.per === 'recipient' ? `r:${message.channel}:${message.recipientId}` : `c:${message.channel}`
  for (const name of new Set(messages.map((message) => message.channel))) {
    const { limits } = channelOf(name)
    const longest = (per: Limit['per']) => Math.max(0, ...limits.filter((l) => l.per === per).map((l) => l.windowMs))
    if (longest('channel') > 0) {
      const sent = 'FROM messages WHERE channel = ? AND triedAt > ?'
      const values = [name, tx.now - longest('channel')]
      const least = Math.min(...limits.filter((l) => l.per === 'channel').map((l) => l.count))
      // Thousands of rows, read with every batch: counting costs a tenth, and nearly always says that there is room.
      const [count] = await tx.query<{ n: number }>(`SELECT COUNT(*) AS n ${sent}`, values)
      const near = Number(count?.n) + messages.length > least
      const rows = near ? await tx.query<{ triedAt: number }>(`SELECT triedAt ${sent} ORDER BY triedAt`, values) : []
      used.set(
        `c:${name}`,
        rows.map((row) => row.triedAt),
      )
    }
    if (longest('recipient') > 0) {
      const people = [...new Set(messages.filter((m) => m.channel === name).map((m) => m.recipientId))]
      // The plus keeps SQLite from walking everything that the whole channel has sent within the hour.
      const rows = await tx.query<{ recipientId: string; triedAt: number; attempts: number }>(
        `SELECT recipientId, triedAt, attempts FROM messages
         WHERE recipientId IN (${people.map(() => '?').join(',')}) AND triedAt > ? AND +channel = ? ORDER BY triedAt`,
        [...people, tx.now - longest('recipient'), name],
      )
      for (const person of people) used.set(`r:${name}:${person}`, [])
      for (const { recipientId, triedAt, attempts } of rows) {
        const times = used.get(`r:${name}:${recipientId}`)
        times?.push(triedAt)
        // The platform may have counted an earlier try too, and what is too much it drops without a word.
        if (attempts > 1) times?.push(triedAt)
      }
    }
  }
  return {
    freeAt(message) {
      let at = tx.now
      for (const limit of channelOf(message.channel).limits) {
        const times = used.get(keyOf(limit, message)) ?? []
        const nth = times[times.length - limit.count]
        if (nth !== undefined && nth > tx.now - limit.windowMs) at = Math.max(at, nth + limit.windowMs + 1)
      }
      return at
    },
    take(message) {
      const keys = new Set(channelOf(message.channel).limits.map((limit) => keyOf(limit, message)))
      for (const key of keys) used.get(key)?.push(tx.now)
    },
  }
}

async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const lanes = Array.from({ length: Math.min(PARALLEL, queue.length) }, async () => {
    for (let item = queue.shift(); item; item = queue.shift()) await work(item)
  })
  await Promise.all(lanes)
}
