import type { Tx } from '../../lib/tx.ts'
import { Message } from './message.ts'
import { messageRow } from './outbox.ts'

/** More than so many cards within so long: further reminders of these kinds become one message (C9). */
export interface DigestRule {
  moreThan: number
  withinMs: number
  kinds: string[]
}

export const DIGEST = 'digest'

let ruleNow: () => DigestRule | undefined = () => undefined

/** Hands over where the rule in force is found. */
export function useDigest(find: () => DigestRule | undefined): void {
  ruleNow = find
}

/**
 * Puts a reminder whose person has had enough cards into their waiting digest, or begins one that goes when there is
 * room again. Only what repeats is gathered: a matter of which the person has no card yet keeps its own.
 */
export async function gather(tx: Tx, message: Message): Promise<boolean> {
  const rule = ruleNow()
  if (!rule || message.channel !== 'staff' || message.urgent || !rule.kinds.includes(message.kind)) return false
  if (message.state !== 'pending' || message.attempts > 0) return false
  const roomAt = await enoughUntil(tx, message.recipientId, rule)
  if (roomAt === undefined || !(await hasCard(tx, message))) return false
  const seen = { state: message.state, nextAt: message.nextAt }
  if (!(await tx.update(Message, message.id, { state: 'collapsed', nextAt: null, refreshAt: null }, seen))) return true
  await addTo(tx, message, roomAt)
  return true
}

/** Until when the person has had enough cards, or undefined. */
async function enoughUntil(tx: Tx, recipientId: string, rule: DigestRule): Promise<number | undefined> {
  const [nth] = await tx.query<{ triedAt: number }>(
    `SELECT triedAt FROM messages WHERE recipientId = ? AND triedAt > ? AND shown IS NOT NULL
     ORDER BY triedAt DESC LIMIT 1 OFFSET ${rule.moreThan - 1}`,
    [recipientId, tx.now - rule.withinMs],
  )
  return nth && nth.triedAt + rule.withinMs
}

async function hasCard(tx: Tx, { subjectId, recipientId }: Message): Promise<boolean> {
  const rows = await tx.query(
    'SELECT 1 FROM messages WHERE subjectId = ? AND +recipientId = ? AND sentAt IS NOT NULL AND shown IS NOT NULL LIMIT 1',
    [subjectId, recipientId],
  )
  return rows.length > 0
}

async function addTo(tx: Tx, { recipientId, subjectId, channel }: Message, at: number): Promise<void> {
  const waiting = await tx.first(
    Message,
    // One that is due already is being drawn: what comes now goes into the next.
    `WHERE recipientId = ? AND nextAt > ? AND kind = ? AND state = 'pending' AND attempts = 0`,
    [recipientId, tx.now, DIGEST],
  )
  if (waiting) {
    const subjects = [...new Set([...(waiting.data.subjects as string[]), subjectId])]
    await tx.update(Message, waiting.id, { data: { subjects } })
    return
  }
  const row = messageRow(tx, {
    key: `${DIGEST}:${recipientId}:${tx.now}`,
    channel,
    to: recipientId,
    kind: DIGEST,
    subjectId: recipientId,
    data: { subjects: [subjectId] },
  })
  await tx.insert(Message, { ...row, nextAt: at })
}
