import { DAY, HOUR, MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { log } from '../../lib/log.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Found } from '../audit/findings.ts'
import { Message } from './message.ts'

/** The outbox works every other second; what has been due for so long is not being worked on. */
const GRACE_MS = 5 * MINUTE
/** WeChat reports within minutes what became of a message to a customer. */
const REPORT_MS = HOUR
/**
 * What customers do with their good right or by mistake, and nobody here can mend: they have not agreed to be told, or
 * only to fewer messages (WeChat), the operator has not reached them (reports of text messages), the mailbox is gone.
 */
const REFUSED = `channel = 'customer' AND (${['43101 %', 'wechat 43101:%', 'sms report %', 'mail bounced:%']
  .map((begin) => `COALESCE(error, '') LIKE '${begin}'`)
  .join(' OR ')})`
/** So many of a kind are enough to know by name. */
const MOST = 200

/** Looks for messages that the outbox has lost sight of, sets free what it safely can, and returns what it found. */
export async function auditMessages(db: Database): Promise<Found[]> {
  const asleep = await db.read(sleeping)
  const woken: Found[] = []
  for (const message of asleep)
    if (await wake(db, message)) woken.push({ ...found('message_asleep', message), repaired: true })
  return [
    ...woken,
    ...(await db.read(async (tx) => [
      ...(await overdue(tx, 'sending')).map((message) => found('message_lease', message)),
      ...(await overdue(tx, 'pending')).map((message) => found('message_late', message)),
      ...(await unconfirmed(tx)).map((message) => found('message_unconfirmed', message)),
      ...(
        await dead(tx)
      ).map((message) => found(message.channel === 'customer' ? 'customer_failed' : 'message_failed', message)),
    ])),
  ]
}

/** Messages that wait or are being sent, and at which nothing will ever look. */
async function sleeping(tx: Tx): Promise<Message[]> {
  const of = (state: string) => `WHERE state = '${state}' AND nextAt IS NULL ORDER BY createdAt LIMIT ${MOST}`
  return [...(await tx.find(Message, of('pending'))), ...(await tx.find(Message, of('sending')))]
}

async function wake(db: Database, { id, state, kind }: Message): Promise<boolean> {
  const done = await db.write((tx) => tx.update(Message, id, { nextAt: tx.now }, { state, nextAt: null }))
  if (done) log.warn({ message: id, kind, state }, 'a message had no turn; it has one now')
  return done
}

function overdue(tx: Tx, state: Message['state']): Promise<Message[]> {
  return tx.find(Message, `WHERE nextAt < ? AND state = ? ORDER BY nextAt LIMIT ${MOST}`, [tx.now - GRACE_MS, state])
}

function unconfirmed(tx: Tx): Promise<Message[]> {
  return tx.find(
    Message,
    // Only WeChat owes a report.
    `WHERE channel = 'customer' AND state = 'sent' AND COALESCE(via, 'subscribe') = 'subscribe'
     AND triedAt > ? AND sentAt < ? ORDER BY triedAt LIMIT ${MOST}`,
    [tx.now - DAY, tx.now - REPORT_MS],
  )
}

/** Dead letters of the last days that were not reported yet. */
function dead(tx: Tx): Promise<Message[]> {
  return tx.find(
    Message,
    `WHERE state = 'failed' AND createdAt > ? AND NOT (${REFUSED}) AND NOT EXISTS
       (SELECT 1 FROM audit_findings f WHERE f.subjectId = messages.id AND f.kind IN ('message_failed', 'customer_failed'))
     ORDER BY createdAt LIMIT ${MOST}`,
    [tx.now - 7 * DAY],
  )
}

function found(kind: string, { id, kind: what, error }: Message): Found {
  return { kind, subjectId: id, about: error ? `${what}: ${error}` : what }
}
