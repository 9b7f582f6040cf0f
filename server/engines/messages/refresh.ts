import { HOUR, MINUTE, SECOND } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import { errorCode, type Tx } from '../../lib/tx.ts'
import { channelOf, type Drawn } from './channel.ts'
import { Message, NEVER_AGAIN } from './message.ts'
import { enqueue } from './outbox.ts'
import { isStopping } from './stopping.ts'

const BATCH = 100
const REPAIR_WAIT_MS = 30 * SECOND
/** A card that cannot be drawn waits until somebody has mended its words or its data. */
const BROKEN_WAIT_MS = 10 * MINUTE
/** How long a delivered card goes unlooked at, and how many are looked at in one run. */
const RECHECK_MS = 6 * HOUR
const RECHECK_BATCH = 200
const RECHECK_MOST = 2_000

/** Cards whose matter has changed. */
export const cardsTouched = earliest('messages', 'refreshAt', `state IN ('sent', 'confirmed')`)
/** Cards at which nobody has looked for hours. */
export const cardsUnseen = `SELECT MIN(checkedAt) + ${RECHECK_MS} FROM messages WHERE checkedAt IS NOT NULL`

/**
 * Compares delivered cards with the present state and repairs those that differ (SEMANTICS B7): level-triggered, so
 * a lost or doubled run does no harm. Returns how many cards it looked at.
 */
export async function refreshCards(db: Database): Promise<number> {
  let looked = 0
  for (;;) {
    const due = await db.read((tx) =>
      tx.find(
        Message,
        `WHERE refreshAt <= ? AND state IN ('sent', 'confirmed') ORDER BY refreshAt, id LIMIT ${BATCH}`,
        [tx.now],
      ),
    )
    for (const message of due) {
      if (isStopping(db)) return looked
      await refresh(db, message)
      looked += 1
    }
    if (due.length < BATCH) return looked
  }
}

/**
 * Looks at every delivered card that nobody has looked at for hours, longest ago first, and touches those that differ:
 * one whose touch was lost converges all the same. `live` says which subjects still live; the cards of the others are
 * looked at once more, and then no longer. Returns how many it looked at.
 */
export async function recheckCards(
  db: Database,
  live: (tx: Tx, subjectIds: string[]) => Promise<Set<string>>,
): Promise<number> {
  let looked = 0
  while (looked < RECHECK_MOST) {
    const { due, different, alive } = await db.read(async (tx) => {
      const cards = await longUnseen(tx)
      const wrong: string[] = []
      for (const card of cards) if (isShown(card) && (await differs(tx, card))) wrong.push(card.id)
      return { due: cards, different: wrong, alive: await live(tx, [...new Set(cards.map((one) => one.subjectId))]) }
    })
    if (due.length === 0) break
    const lives = (card: Message) => onItsWay(card) || (card.shown !== null && alive.has(card.subjectId))
    await db.write(async (tx) => {
      await mark(tx, different, 'refreshAt = ?', tx.now)
      await mark(tx, idsOf(due.filter(lives)), 'checkedAt = ?', tx.now)
      await mark(tx, idsOf(due.filter((card) => !lives(card))), 'checkedAt = ?', NEVER_AGAIN)
    })
    looked += due.length
    if (due.length < RECHECK_BATCH) break
  }
  return looked
}

function longUnseen(tx: Tx): Promise<Message[]> {
  const tail = `WHERE checkedAt <= ? ORDER BY checkedAt LIMIT ${RECHECK_BATCH}`
  return tx.find(Message, tail, [tx.now - RECHECK_MS])
}

const isShown = (card: Message) => card.shown !== null && !onItsWay(card)

const onItsWay = ({ state }: Message) => state === 'pending' || state === 'sending'

async function mark(tx: Tx, ids: string[], change: string, at: number): Promise<void> {
  if (ids.length === 0) return
  await tx.run(`UPDATE messages SET ${change} WHERE id IN (${ids.map(() => '?').join(',')})`, [at, ...ids])
}

/** Whether a card shows something else than it should; one that cannot be drawn is left to whoever mends it. */
async function differs(tx: Tx, message: Message): Promise<boolean> {
  try {
    const drawn = await drawnAsShown(tx, message)
    return drawn !== undefined && drawn.shown !== message.shown
  } catch (error) {
    if (errorCode(error)) throw error
    log.error({ message: message.id, kind: message.kind, err: error }, 'a card cannot be compared')
    return false
  }
}

/**
 * The card from the present state, as of the time at which it was drawn: what differs then differs because something
 * has happened, and not because "today" has become "yesterday", which is not worth the one change a card allows.
 */
export function drawnAsShown(tx: Tx, message: Message): Promise<Drawn | undefined> {
  const at = Math.max(message.shownAt ?? 0, message.responseCodeAt ?? 0, message.triedAt ?? 0) || tx.now
  const then: Tx = Object.create(tx, { now: { value: at } })
  return channelOf(message.channel).draw(then, message)
}

async function refresh(db: Database, message: Message): Promise<void> {
  const way = channelOf(message.channel)
  const seen = { refreshAt: message.refreshAt, shown: message.shown }
  let drawn: Drawn | undefined
  let now: number
  try {
    ;({ drawn, now } = await db.read(async (tx) => {
      const same = await drawnAsShown(tx, message)
      return { drawn: same && same.shown !== message.shown ? await way.draw(tx, message) : same, now: tx.now }
    }))
  } catch (error) {
    if (errorCode(error)) throw error
    log.error({ message: message.id, kind: message.kind, err: error }, 'a card cannot be drawn')
    await db.write((tx) => tx.update(Message, message.id, { refreshAt: tx.now + BROKEN_WAIT_MS }, seen))
    return
  }
  if (!drawn || drawn.shown === message.shown || !way.update) {
    await db.write((tx) => tx.update(Message, message.id, { refreshAt: null }, seen))
    return
  }
  try {
    const done = await way.update(message, drawn.wire, now)
    await settle(db, message, drawn, done)
  } catch (error) {
    const retry = error instanceof PlatformError && error.retryable
    log.warn({ message: message.id, err: error, retry }, 'card could not be repaired')
    if (!retry) return settle(db, message, drawn, false)
    const wait = Math.max(error.retryAfterMs ?? 0, REPAIR_WAIT_MS)
    await db.write((tx) => tx.update(Message, message.id, { refreshAt: tx.now + wait }, seen))
  }
}

/** Remembers what the card shows now; where it could not be changed, a fresh card names the old one. */
async function settle(db: Database, message: Message, drawn: Drawn, updated: boolean): Promise<void> {
  await db.write(async (tx) => {
    const mine = await tx.update(
      Message,
      message.id,
      {
        refreshAt: null,
        // Superseded by a fresh card, it is not looked at again.
        shown: (updated && drawn.shown) || null,
        // A card that could not be changed still shows what it was drawn from before.
        ...(updated && { shownAt: tx.now, basis: drawn.basis ?? message.basis }),
        responseCode: null,
        responseCodeAt: null,
      },
      { refreshAt: message.refreshAt, shown: message.shown },
    )
    if (!mine && updated) await lookAgain(tx, message.id, drawn)
    if (!mine || updated || drawn.superseded) return
    await enqueue(tx, {
      key: `${message.id}:${drawn.shown}`,
      channel: message.channel,
      to: message.recipientId,
      kind: message.kind,
      subjectId: message.subjectId,
      data: { ...message.data, replaces: message.sentAt },
      urgent: message.urgent,
      collapseKey: `fresh:${message.id}`,
    })
  })
}

/**
 * A card was changed while somebody pressed it, whose answer changed it as well. Nobody knows which of the two came last
 * to the platform: what we have sent is taken for what it shows, and it is compared again.
 */
async function lookAgain(tx: Tx, id: string, { shown }: Drawn): Promise<void> {
  const now = await tx.get(Message, id)
  if (!now || !shown || now.shown === null || now.shown === shown) return
  await tx.update(Message, id, { shown, refreshAt: tx.now }, { shown: now.shown })
}

const idsOf = (messages: Message[]) => messages.map(({ id }) => id)
