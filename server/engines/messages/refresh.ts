import { SECOND } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import { channelOf, type Drawn } from './channel.ts'
import { Message } from './message.ts'
import { enqueue } from './outbox.ts'

const BATCH = 100
const REPAIR_WAIT_MS = 30 * SECOND

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
    for (const message of due) await refresh(db, message)
    looked += due.length
    if (due.length < BATCH) return looked
  }
}

async function refresh(db: Database, message: Message): Promise<void> {
  const way = channelOf(message.channel)
  const seen = { refreshAt: message.refreshAt, shown: message.shown }
  const { drawn, now } = await db.read(async (tx) => ({ drawn: await way.draw(tx, message), now: tx.now }))
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
      // Superseded by a fresh card, it is not looked at again.
      { refreshAt: null, shown: (updated && drawn.shown) || null, responseCode: null, responseCodeAt: null },
      { refreshAt: message.refreshAt, shown: message.shown },
    )
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
