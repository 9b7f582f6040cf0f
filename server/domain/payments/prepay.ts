import { HOUR, MINUTE, SECOND } from '../../lib/clock.ts'
import { blindIndex } from '../../lib/crypto.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { Conflict, NotFound, PlatformError } from '../../lib/errors.ts'
import type { PayOrder, Wechatpay } from '../../platforms/wechatpay.ts'
import type { PayParams } from '../../platforms/wechatpay-sign.ts'
import { byIdentity, identityOf } from '../customers/customers.ts'
import { Payment } from './payment.ts'
import { changePayment } from './payments.ts'
import { lookAt } from './sweep.ts'

/** A prepay_id is good for two hours; one that is nearly over is not handed out any more. */
const GOOD_MS = 2 * HOUR - 5 * MINUTE
const FIRST_LOOK_MS = 30 * SECOND
/** The platform says that it is paid, or closed, already. */
const OVER = new Set(['ORDERPAID', 'ORDER_PAID', 'ORDER_CLOSED', 'INVALID_REQUEST'])

/**
 * Opens a customer's payment at the platform and returns what their phone needs to pay it; throws Conflict. `openid` is
 * that of the phone, where it is known: a customer may have several, and only the one for which it was opened can pay.
 */
export async function prepay(
  db: Database,
  pay: Wechatpay | undefined,
  customerId: string,
  paymentId: string,
  openid?: string,
): Promise<PayParams> {
  if (!pay) throw new Conflict('payment_off')
  const { prepayId, order } = await db.write((tx) => begin(tx, customerId, paymentId, openid))
  if (prepayId) return pay.payParams(prepayId)
  try {
    const fresh = await pay.prepay(order)
    await db.write((tx) => keep(tx, paymentId, fresh))
    return pay.payParams(fresh)
  } catch (error) {
    if (!(error instanceof PlatformError) || !OVER.has(String(error.code))) throw error
    await lookAt(db, pay, paymentId)
    const now = await db.read((tx) => ownPayment(tx, customerId, paymentId))
    if (now.state === 'open') throw error
    throw new Conflict(`payment_${now.state}`)
  }
}

/** A customer's payment; throws NotFound, also for somebody else's. */
export async function ownPayment(tx: Tx, customerId: string, id: string): Promise<Payment> {
  const payment = await tx.get(Payment, id)
  if (payment?.customerId !== customerId) throw new NotFound('payment')
  return payment
}

/** Notes that the platform is going to hear of it: from then on it is asked, whatever becomes of the call. */
async function begin(
  tx: Tx,
  customerId: string,
  id: string,
  said?: string,
): Promise<{ prepayId?: string; order: PayOrder }> {
  const payment = await ownPayment(tx, customerId, id)
  if (payment.state !== 'open') throw new Conflict(`payment_${payment.state}`)
  if (payment.payBy <= tx.now) throw new Conflict('payment_closed')
  if (said !== undefined && (await byIdentity(tx, 'openid', said))?.id !== customerId) throw new NotFound('payment')
  const openid = said ?? (await identityOf(tx, customerId, 'openid'))
  if (!openid) throw new Conflict('payment_off')
  const openedFor = blindIndex('openid', openid)
  if (payment.openedFor !== null && payment.openedFor !== openedFor) throw new Conflict('payment_elsewhere')
  const { number, title, amount, payBy, prepayId } = payment
  const order = { number, title, amount, openid, until: payBy }
  if (prepayId && (payment.prepayUntil ?? 0) > tx.now) return { prepayId, order }
  const wakeAt = Math.min(tx.now + FIRST_LOOK_MS, payBy)
  await changePayment(tx, payment, { openedAt: payment.openedAt ?? tx.now, openedFor, wakeAt, attempts: 0 })
  return { order }
}

async function keep(tx: Tx, id: string, prepayId: string): Promise<void> {
  const payment = await tx.get(Payment, id)
  if (payment?.state === 'open') await changePayment(tx, payment, { prepayId, prepayUntil: tx.now + GOOD_MS })
}
