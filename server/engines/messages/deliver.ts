import { setTimeout } from 'node:timers/promises'
import { MINUTE, SECOND } from '../../lib/clock.ts'
import { giveWay } from '../../lib/courtesy.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import { errorCode, type Tx } from '../../lib/tx.ts'
import { type Channel, channelOf, type Drawn, type Sent } from './channel.ts'
import { gather } from './digest.ts'
import { hold, inHand, landed, nextLanding, speech, speeches, takeOff, underway } from './flights.ts'
import { Message } from './message.ts'
import { sendOnward } from './onward.ts'
import { touchOlder } from './outbox.ts'
import { LEASE_MS, type Room, roomFor } from './room.ts'
import { isStopping } from './stopping.ts'
import { inTurn } from './turns.ts'

const FIRST_WAIT_MS = 5 * SECOND
const LONGEST_WAIT_MS = 10 * MINUTE
/** Tries with growing waits cover about a day of outage before a message becomes a dead letter. */
const MAX_ATTEMPTS = 150
/** How many waiting messages are looked at in one transaction, and how many of this process are under way at once. */
const BATCH = 64
const LANES = 16
const PURSUED = 3
const BREATH_MS = 100
/** How long people who leave no pause go first. */
const PATIENCE_MS = 250
const CLAIMS_A_BREATH = 3

const breath = { until: 0, claims: 0 }

const hearing = new Map<string, (tx: Tx, message: Message) => Promise<void>>()

/** Lets somebody hear of each message of a kind that has arrived, in the transaction that notes it. */
export function whenSent(kind: string, hear: (tx: Tx, message: Message) => Promise<void>): void {
  hearing.set(kind, hear)
}

/** Delivers everything whose turn has come; returns how many messages it handled. */
export async function deliverDue(db: Database): Promise<number> {
  let handled = 0
  while (!isStopping(db)) {
    // Half of the lanes at a time: a slow call holds up itself, not a batch, and a claim is worth its transaction.
    while (underway() > LANES / 2) await nextLanding()
    await breathe()
    await giveWay(PATIENCE_MS)
    const { looked, claimed } = await claim(db, LANES - underway())
    if (looked > 0) breath.claims += 1
    if (looked >= LANES) breath.claims = 0
    for (const one of claimed) takeOff(one.message, deliver(db, one))
    handled += claimed.length
    if (looked === 0) break
    if (claimed.length === 0) await nextLanding()
  }
  await landed()
  return handled
}

/**
 * Under a stream of single messages they are claimed by the handful: each claim counts anew what limits and receivers
 * still allow, which costs as much for one as for many. A look that finds nothing costs nothing.
 */
async function breathe(): Promise<void> {
  const now = performance.now()
  if (now > breath.until) Object.assign(breath, { until: now + BREATH_MS, claims: 0 })
  if (breath.claims >= CLAIMS_A_BREATH) await setTimeout(breath.until - now)
}

/** When the outbox has something to do next, or undefined. */
export const nextDelivery = earliest('messages', 'nextAt')

interface Claimed {
  message: Message
  wire: string
  shown?: string
  again: boolean
}

/** One that is drawn; whether it is ours, and not somebody's who was quicker, is known when the claims are written. */
interface Claim {
  claimed: Claimed
  mine: Promise<boolean>
}

/** Takes up to `most` due messages: each is drawn once, and its bytes are stored before the platform sees them. */
async function claim(db: Database, most: number): Promise<{ looked: number; claimed: Claimed[] }> {
  const waiting = await db.read((tx) => inTurn(tx, BATCH, inHand))
  if (waiting.length === 0) return { looked: 0, claimed: [] }
  // The limits are counted over all that was sent: two processes must not both see the last free place.
  const claimed = await db.alone('outbox', () => db.write((tx) => claimAll(tx, waiting, most)))
  return { looked: waiting.length, claimed }
}

async function claimAll(tx: Tx, waiting: Message[], most: number): Promise<Claimed[]> {
  const room = roomFor(tx, waiting)
  const claims: Claim[] = []
  const spoken = speeches()
  await prepare(tx, waiting)
  for (const message of waiting) {
    if (claims.length === most) break
    if (spoken.has(speech(message))) continue
    const one = await claimOne(tx, message, room)
    if (!one) continue
    claims.push(one)
    spoken.add(speech(message))
  }
  const ours = await Promise.all(claims.map(({ mine }) => mine))
  const claimed = claims.flatMap((claim, i) => (ours[i] ? claim.claimed : []))
  tx.afterCommit(() => {
    for (const { message } of claimed) hold(message)
  })
  return claimed
}

async function prepare(tx: Tx, messages: Message[]): Promise<void> {
  const channels = [...new Set(messages.map(({ channel }) => channel))]
  await Promise.all(
    channels.map((name) =>
      channelOf(name).prepare?.(
        tx,
        messages.filter(({ channel }) => channel === name),
      ),
    ),
  )
}

async function claimOne(tx: Tx, message: Message, room: Room): Promise<Claim | undefined> {
  const seen = { state: message.state, nextAt: message.nextAt }
  const way = channelOf(message.channel)
  if (message.via === null && way.route) Object.assign(message, await way.route(tx, message))
  if (await putOff(tx, way, message, room)) return undefined
  const fresh = await drawn(tx, way, message)
  if (fresh === BROKEN) return undefined
  const again = message.wire !== null
  // A card that may be on the screen already is pursued even when its matter is over: only what is known to be there
  // can be closed. After a few tries it was an outage rather than a lost answer, and pursuing would end in a storm.
  const pursued = message.shown !== null && message.attempts <= PURSUED
  const same = again && (fresh || pursued)
  const ready = same
    ? {
        wire: message.wire as string,
        shown: message.shown ?? undefined,
        via: message.via ?? undefined,
        basis: message.basis ?? undefined,
      }
    : fresh
  if (!ready) {
    await tx.updateLater(Message, message.id, { state: 'obsolete', nextAt: null, refreshAt: null }, seen)
    return undefined
  }
  const mine = tx.updateSoon(
    Message,
    message.id,
    {
      state: 'sending',
      attempts: message.attempts + 1,
      nextAt: tx.now + LEASE_MS,
      triedAt: tx.now,
      wire: ready.wire,
      shown: ready.shown ?? null,
      via: ready.via ?? null,
      onward: message.onward,
      basis: ready.basis ?? null,
      ...(ready === fresh && { refreshAt: null }),
    },
    // What has changed since it was drawn has touched it: it is drawn again.
    { ...seen, refreshAt: message.refreshAt },
  )
  message.via = ready.via ?? null
  room.use(message)
  message.attempts += 1
  message.state = 'sending'
  message.triedAt = tx.now
  message.nextAt = tx.now + LEASE_MS
  return { claimed: { message, ...ready, again }, mine }
}

/**
 * Gives a message that may not go now a place of its own, behind those of its receiver that wait already and at an even
 * pace, or a line in the digest. One whose place has come need only keep the limits: a late sweep does not put it off.
 */
async function putOff(tx: Tx, way: Channel, message: Message, room: Room): Promise<boolean> {
  const waits = message.state === 'pending'
  const earliest = waits ? await way.notBefore(message, tx.now, tx) : tx.now
  const held = earliest > tx.now
  if (!held && (await gather(tx, message))) return true
  const at = await room.freeAt(message, earliest, waits && (held || message.nextAt === message.createdAt))
  if (at <= tx.now) return false
  await tx.updateLater(Message, message.id, { nextAt: at }, { state: message.state, nextAt: message.nextAt })
  room.book(message, at)
  return true
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

async function deliver(db: Database, { message, wire, shown, again }: Claimed): Promise<void> {
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
        ...(!shown && { refreshAt: null }),
      }
      // The older ones first: two that come in different orders would wait for each other.
      if (shown) await touchOlder(tx, message)
      // Where nobody hears of it nobody waits for how it went either.
      if (!hearing.has(message.kind)) return tx.updateLater(Message, message.id, changes, mine)
      if (await tx.update(Message, message.id, changes, mine)) await tellOf(tx, message)
    })
  } catch (error) {
    await db.write((tx) => putBack(tx, message, mine, error, again))
  }
}

/** What somebody makes of the news must not undo it: the message has arrived. */
async function tellOf(tx: Tx, message: Message): Promise<void> {
  try {
    await hearing.get(message.kind)?.(tx, message)
  } catch (error) {
    if (errorCode(error)) throw error
    log.error({ message: message.id, kind: message.kind, err: error }, 'nobody could hear of a delivered message')
  }
}

async function putBack(tx: Tx, message: Message, mine: Partial<Message>, error: unknown, again = false): Promise<void> {
  const known = error instanceof PlatformError ? error : undefined
  const text = String(error instanceof Error ? error.message : error).slice(0, 300)
  const final = known ? !known.retryable : false
  if (known && final) {
    const onward = await sendOnward(tx, message, mine, { code: String(known.code), text })
    log.warn({ message: message.id, kind: message.kind, via: message.via, error: text, onward }, 'a platform refused')
    return
  }
  if (message.attempts >= MAX_ATTEMPTS) {
    log.warn({ message: message.id, kind: message.kind, error: text }, 'message could not be delivered')
    await tx.update(
      Message,
      message.id,
      { state: 'failed', nextAt: null, wire: null, refreshAt: null, error: text },
      mine,
    )
    return
  }
  if (!known) log.error({ message: message.id, err: error }, 'delivery failed unexpectedly')
  // Certainly never taken: draw it anew from the state of that moment. Perhaps taken, now or at a try before: the same
  // bytes again, so that the platform's duplicate check can tell.
  const wire = known?.answered && !again ? { wire: null } : {}
  const wait = Math.max(known?.retryAfterMs ?? 0, backoff(message.attempts))
  const { attempts } = message
  await tx.update(
    Message,
    message.id,
    { state: 'pending', attempts, nextAt: tx.now + wait, error: text, ...wire },
    mine,
  )
}

/** The wait before try n+1: 5 s, 10 s, 20 s … 10 min. */
export function backoff(attempts: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1))
}
