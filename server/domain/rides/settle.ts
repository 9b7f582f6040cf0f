import { type Actor, record } from '../../engines/events/events.ts'
import { Conflict } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Payment } from '../payments/payments.ts'
import { changeRide, ownRide } from './change.ts'
import { about, askForRide, bookGoodwill, giveBack, takeBackAsked } from './pay.ts'
import { Ride } from './ride.ts'
import { termsById } from './terms.ts'

/** A ride was paid. What comes for one that is settled already, or is not what is due, goes back. */
export async function ridePaid(tx: Tx, payment: Payment): Promise<'kept' | 'returned'> {
  const ride = await tx.get(Ride, payment.subjectId)
  if (ride?.state === 'paid' && ride.paymentId === payment.id) return 'kept'
  if (ride?.state !== 'ended' || payment.amount !== ride.due()) return 'returned'
  await changeRide(tx, ride, { state: 'paid', paymentId: payment.id })
  const { customerId, number, code } = ride
  await record(tx, 'ride.paid', {
    by: { type: 'customer', id: customerId },
    subject: about(ride),
    customerId,
    data: { number, asset: code, amount: payment.amount },
  })
  return 'kept'
}

/** Asks for a ride again whose payment has lapsed; returns what is to be paid. Throws NotFound, Conflict. */
export async function payRide(tx: Tx, customerId: string, id: string): Promise<Payment> {
  const ride = await ownRide(tx, customerId, id)
  if (ride.state !== 'ended') throw new Conflict('ride_paid')
  const payment = await askAgain(tx, ride)
  if (payment.id !== ride.paymentId) await changeRide(tx, ride, { paymentId: payment.id })
  return payment
}

/** A coupon pays for all of a ride. */
export async function settleFree(tx: Tx, ride: Ride): Promise<void> {
  await changeRide(tx, ride, { state: 'paid', paymentId: null })
  const { customerId, number, code } = ride
  await record(tx, 'ride.paid', {
    by: { type: 'customer', id: customerId },
    subject: about(ride),
    customerId,
    data: { number, asset: code, amount: 0 },
  })
}

interface Forgiving {
  /** In fen; of more than is left, what is left. */
  amount: number
  /** Names it. */
  key: string
  reason: string
  by: Actor
}

/** Lets so much of a ride's price go: paid, it goes back; not paid yet, less is due. Returns how much it was. */
export async function forgiveRide(tx: Tx, ride: Ride, { amount, key, reason, by }: Forgiving): Promise<number> {
  const off = Math.min(amount, ride.due())
  if (off <= 0 || ride.isOpen() || ride.state === 'void') return 0
  const paid = ride.state === 'paid'
  if (paid) await giveBack(tx, ride, { amount: off, reason, key, by })
  else await takeBackAsked(tx, ride, 'forgiven')
  const refunded = ride.refunded + off
  await changeRide(tx, ride, { refunded, ...(!paid && refunded === ride.amount && { state: 'paid', paymentId: null }) })
  await bookGoodwill(tx, ride, off, key)
  if (ride.state === 'ended') await changeRide(tx, ride, { paymentId: (await askAgain(tx, ride)).id })
  const { customerId, number } = ride
  await record(tx, paid ? 'ride.refunded' : 'ride.forgiven', {
    by,
    subject: about(ride),
    customerId,
    data: { number, amount: off },
  })
  return off
}

async function askAgain(tx: Tx, ride: Ride): Promise<Payment> {
  const { plans, payMs } = await termsById(tx, ride.termsId)
  const title = plans.find(({ plan }) => plan === ride.plan)?.title ?? ride.number
  return askForRide(tx, ride, title, tx.now + payMs)
}
