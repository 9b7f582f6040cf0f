import { backoff } from '../../engines/messages/deliver.ts'
import { MINUTE } from '../../lib/clock.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import type { RefundNews, RefundOrder, Wechatpay } from '../../platforms/wechatpay.ts'
import { openDifference, tellStuck } from './differences.ts'
import { noteRefund } from './news.ts'
import { paymentById } from './payments.ts'
import { changeRefund, Refund, refundById } from './refunds.ts'
import { askAfter } from './turns.ts'

const BATCH = 50
/** Who was killed while asking leaves it to others after so long. */
const LEASE_MS = 2 * MINUTE

/** When a refund is looked at next. */
export const nextRefund = earliest('refunds', 'wakeAt')

/** Asks the platform for refunds that are due, and how those stand that it has. Returns how many it looked at. */
export async function sweepRefunds(db: Database, pay: Wechatpay): Promise<number> {
  const due = await db.read((tx) => tx.find(Refund, `WHERE wakeAt <= ? ORDER BY wakeAt, id LIMIT ${BATCH}`, [tx.now]))
  for (const { id, number } of due) {
    try {
      await send(db, pay, id)
    } catch (error) {
      log.warn({ refund: number, err: error }, 'a refund could not be asked for')
    }
  }
  return due.length
}

async function send(db: Database, pay: Wechatpay, id: string): Promise<void> {
  const taken = await db.write((tx) => take(tx, id))
  if (!taken) return
  const { refund, order } = taken
  let news: RefundNews | undefined
  try {
    news = refund.state === 'due' ? await pay.refund(order) : await pay.queryRefund(order.number)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return db.write((tx) => failed(tx, id, error))
  }
  await db.write((tx) => (news ? noteRefund(tx, news) : again(tx, id)))
}

/** Gives a refund its next turn; undefined where somebody else has it. */
async function take(tx: Tx, id: string): Promise<{ refund: Refund; order: RefundOrder } | undefined> {
  const refund = await refundById(tx, id)
  if (refund.state === 'done' || refund.wakeAt === null || refund.wakeAt > tx.now) return undefined
  const due = refund.state === 'due'
  const attempts = refund.attempts + (due ? 1 : 0)
  await changeRefund(tx, refund, { wakeAt: due ? tx.now + LEASE_MS : askAfter(tx.now, attempts), attempts })
  const { number, received } = await paymentById(tx, refund.paymentId)
  const { amount, reason } = refund
  return { refund, order: { payment: number, total: received, number: refund.number, amount, reason } }
}

/** What may help later is asked again under the same number; what cannot help is for finance. */
async function failed(tx: Tx, id: string, error: PlatformError): Promise<void> {
  const refund = await refundById(tx, id)
  if (refund.state === 'done') return
  const code = String(error.code).slice(0, 40)
  const { number, amount: ours } = refund
  log.warn({ refund: number, code, retryable: error.retryable }, 'a refund was refused')
  if (code === 'NOT_ENOUGH') await openDifference(tx, { kind: 'no_money', number, refund, ours, code })
  if (error.retryable || refund.state !== 'due') {
    const wait = Math.max(error.retryAfterMs ?? 0, backoff(Math.max(1, refund.attempts)))
    return changeRefund(tx, refund, { error: code, wakeAt: tx.now + wait })
  }
  await changeRefund(tx, refund, { state: 'stuck', error: code, wakeAt: null })
  await tellStuck(tx, refund, code)
}

/** The platform does not know what it has taken: it is asked for again, under the same number. */
async function again(tx: Tx, id: string): Promise<void> {
  const refund = await refundById(tx, id)
  if (refund.state !== 'done')
    await changeRefund(tx, refund, { state: 'due', wakeAt: tx.now + backoff(refund.attempts + 1) })
}
