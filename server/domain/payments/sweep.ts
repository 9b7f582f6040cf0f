import { MINUTE } from '../../lib/clock.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { PlatformError } from '../../lib/errors.ts'
import { log } from '../../lib/log.ts'
import type { Trade, Wechatpay } from '../../platforms/wechatpay.ts'
import { isPaid, notePaid } from './news.ts'
import { Payment } from './payment.ts'
import { changePayment, closePayment, paymentById } from './payments.ts'
import { askAfter } from './turns.ts'

const BATCH = 50
/** A call that opens a payment may be under way for so long: until then nothing is concluded from its not being known. */
const UNDER_WAY_MS = MINUTE
/** Somebody has paid it while it was being closed. */
const PAID_MEANWHILE = new Set(['ORDERPAID', 'ORDER_PAID', 'TRADE_SUCCESS'])

/** When a payment is looked at next. */
export const nextPayment = earliest('payments', 'wakeAt')

/**
 * Asks the platform about payments that it was to tell of and has not, and closes those whose time is over or that were
 * taken back. Returns how many it looked at.
 */
export async function sweepPayments(db: Database, pay: Wechatpay | undefined): Promise<number> {
  const due = await db.read((tx) => tx.find(Payment, `WHERE wakeAt <= ? ORDER BY wakeAt, id LIMIT ${BATCH}`, [tx.now]))
  for (const { id, number } of due) {
    try {
      await lookAt(db, pay, id)
    } catch (error) {
      // Its next turn is set already; one that fails must not stop the others.
      log.warn({ payment: number, err: error }, 'a payment could not be looked at')
    }
  }
  return due.length
}

/** Asks the platform about one payment at once, and closes it if it is time; the customer's app does after paying. */
export async function lookAt(db: Database, pay: Wechatpay | undefined, id: string): Promise<void> {
  const payment = await db.write((tx) => take(tx, id))
  if (!payment || !pay) return
  const trade = await pay.query(payment.number)
  if (trade && isPaid(trade)) return db.write((tx) => notePaid(tx, trade))
  const over = payment.state === 'closed' || payment.payBy <= payment.seenAt
  if (!over || !(await isClosed(pay, payment, trade))) return
  await db.write((tx) => finish(tx, id))
}

type Seen = Payment & { seenAt: number }

/** Gives a payment its next turn, and says whether the platform has anything to say about it. */
async function take(tx: Tx, id: string): Promise<Seen | undefined> {
  const payment = await paymentById(tx, id)
  if (payment.state === 'paid' || (payment.state === 'closed' && payment.wakeAt === null)) return undefined
  const over = payment.payBy <= tx.now
  if (payment.openedAt === null) {
    if (payment.state === 'open' && over) await closePayment(tx, payment, 'lapsed', 'pay_by')
    return undefined
  }
  const next = askAfter(tx.now, payment.attempts)
  const wakeAt = payment.state === 'open' && !over ? Math.min(next, payment.payBy) : next
  await changePayment(tx, payment, { wakeAt, attempts: payment.attempts + 1 })
  return Object.assign(payment, { seenAt: tx.now })
}

/** Sees to it that nobody can pay it any more; false where that is not certain yet. */
async function isClosed(pay: Wechatpay, { number, openedAt, seenAt }: Seen, trade?: Trade): Promise<boolean> {
  if (trade?.state === 'CLOSED' || trade?.state === 'REVOKED') return true
  if (!trade && (openedAt ?? 0) > seenAt - UNDER_WAY_MS) return false
  try {
    if (trade) await pay.close(number)
    return true
  } catch (error) {
    // The next turn finds it paid.
    if (error instanceof PlatformError && PAID_MEANWHILE.has(String(error.code))) return false
    if (error instanceof PlatformError && error.code === 'ORDER_CLOSED') return true
    throw error
  }
}

async function finish(tx: Tx, id: string): Promise<void> {
  const payment = await paymentById(tx, id)
  if (payment.state === 'open' && payment.payBy <= tx.now) await closePayment(tx, payment, 'lapsed', 'pay_by')
  else if (payment.state === 'closed') await changePayment(tx, payment, { wakeAt: null, attempts: 0 })
}
