import type { Channel, Limit } from '../server/engines/messages/channel.ts'
import { Message } from '../server/engines/messages/message.ts'
import { Meter } from '../server/engines/messages/meter.ts'
import { HOUR } from '../server/lib/clock.ts'
import type { Database } from '../server/lib/db.ts'
import { PlatformError } from '../server/lib/errors.ts'
import type { Tx } from '../server/lib/tx.ts'
import { DINGTALK_NOTICE_LIMITS } from './limits.ts'

/** The way of messages that went as a work notification (`messages.via`). */
const NOTICE = 'dingtalk_notice'
/** What DingTalk itself would note, without a word to us, of a notification too many. */
const TOO_MANY = 143_105

/**
 * Takes the place of a work notification for a card that cannot be delivered; throws a PlatformError that says when to
 * come back while there is none. Counted only here, where the fallback is needed: a card never waits for these limits.
 */
export type TakePlace = (messageId: string) => Promise<void>

/** The places of work notifications, counted over all processes. */
export function noticePlaces(db: Database): TakePlace {
  return async (messageId) => {
    const wait = await db.alone('dingtalk notices', () => db.write((tx) => take(tx, messageId)))
    if (wait === 0) return
    // Within the hour the card itself may pass again.
    throw new PlatformError('dingtalk', TOO_MANY, true, 'no place for a work notification', Math.min(wait, HOUR))
  }
}

/** The way to staff, for which a message that went as a work notification is still one to its receiver's DingTalk. */
export function knowingNotices(way: Channel): Channel {
  return {
    ...way,
    draw: (tx, message) =>
      way.draw(tx, message.via === NOTICE ? ({ ...message, via: 'dingtalk' } as Message) : message),
  }
}

/** Takes the place; returns how long it will be before there is one, 0 for at once. */
async function take(tx: Tx, messageId: string): Promise<number> {
  const message = await tx.get(Message, messageId)
  if (!message) return 0
  for (const limit of DINGTALK_NOTICE_LIMITS) {
    const wait = (await freeAt(tx, limit, message)) - tx.now
    if (wait > 0) return wait
  }
  await tx.update(Message, messageId, { via: NOTICE })
  return 0
}

async function freeAt(tx: Tx, limit: Limit, { id, recipientId, channel }: Message): Promise<number> {
  const [whose, values] =
    limit.per === 'recipient'
      ? ['recipientId = ? AND triedAt > ? AND +channel = ?', [recipientId, tx.now - limit.windowMs, channel]]
      : ['channel = ? AND triedAt > ?', [channel, tx.now - limit.windowMs]]
  const gone = await tx.query<{ triedAt: number }>(
    `SELECT triedAt FROM messages WHERE ${whose} AND via = ? AND id <> ?`,
    [...values, NOTICE, id],
  )
  const meter = new Meter(
    limit,
    gone.map(({ triedAt }) => Number(triedAt)),
    [],
  )
  return meter.freeAt({ from: tx.now, urgent: true, smooth: false })
}
