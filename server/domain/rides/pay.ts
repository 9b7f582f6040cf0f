import type { Actor } from '../../engines/events/events.ts'
import type { Tx } from '../../lib/tx.ts'
import { post } from '../ledger/ledger.ts'
import { askPayment, cancelPayment, type Payment, paymentById, paymentsOf, whenPaid } from '../payments/payments.ts'
import { askRefund } from '../payments/refunds.ts'
import type { RideCard } from './card.ts'
import type { PricePart } from './parts.ts'
import type { Ride } from './ride.ts'

/** Asks the rider for what a ride comes to; what was asked and can still be paid is not asked again. */
export async function askForRide(tx: Tx, ride: Ride, title: string, payBy: number): Promise<Payment> {
  const asked = await paymentsOf(tx, about(ride))
  const { id, customerId } = ride
  const amount = ride.due()
  // One that was paid and went back is no more to be paid than one that is closed.
  const open = asked.find((one) => one.state === 'open' && one.amount === amount)
  if (open) return open
  const key = `ride:${id}:${asked.length}`
  return askPayment(tx, { customerId, subject: about(ride), purpose: 'ride', amount, title, payBy, key })
}

/** Takes back what was asked for a ride and is not paid. */
export async function takeBackAsked(tx: Tx, ride: Ride, why: string): Promise<void> {
  for (const { id, state } of await paymentsOf(tx, about(ride))) if (state === 'open') await cancelPayment(tx, id, why)
}

/** Sends so much of what was paid for a ride back to the rider. */
export async function giveBack(
  tx: Tx,
  ride: Ride,
  { amount, reason, key, by }: { amount: number; reason: string; key: string; by: Actor },
): Promise<void> {
  if (!ride.paymentId) return
  await askRefund(tx, await paymentById(tx, ride.paymentId), { amount, reason, key, by })
}

/** Writes what a ride has earned into the books. What a card has paid for was earned when the card was bought. */
export async function bookRide(tx: Tx, ride: Ride): Promise<void> {
  const of = (...kinds: PricePart['kind'][]) =>
    ride.parts.reduce((sum, { kind, amount }) => (kinds.includes(kind) ? sum + amount : sum), 0)
  const lines = [
    { account: 'customers:owed' as const, amount: ride.amount },
    { account: 'revenue:ride' as const, amount: -of('base', 'time', 'way', 'cap', 'grace', 'card') },
    { account: 'cost:discount' as const, amount: -of('first', 'coupon') },
    { account: 'revenue:fee' as const, amount: -of('no_parking', 'out_of_area') },
  ]
  if (lines.every(({ amount }) => amount === 0)) return
  await post(tx, {
    key: `ride:${ride.id}`,
    kind: 'ride.ended',
    subject: about(ride),
    customerId: ride.customerId,
    lines,
  })
}

/** Writes into the books that a ride comes to so much more, or less, because another coupon is used for it. */
export async function bookCoupon(tx: Tx, ride: Ride, more: number): Promise<void> {
  if (more === 0) return
  await post(tx, {
    key: `ride:${ride.id}:coupon:${ride.version}`,
    kind: 'ride.coupon',
    subject: about(ride),
    customerId: ride.customerId,
    lines: [
      { account: 'customers:owed', amount: more },
      { account: 'cost:discount', amount: -more },
    ],
  })
}

/** Writes into the books that so much of a ride's price is let go. */
export async function bookGoodwill(tx: Tx, ride: Ride, amount: number, key: string): Promise<void> {
  await post(tx, {
    key,
    kind: 'ride.forgiven',
    subject: about(ride),
    customerId: ride.customerId,
    lines: [
      { account: 'cost:discount', amount },
      { account: 'customers:owed', amount: -amount },
    ],
  })
}

/** Asks for the price of a card. */
export function askForCard(tx: Tx, card: RideCard, payBy: number): Promise<Payment> {
  const { id, customerId, title, price: amount } = card
  const subject = { type: 'ride_card', id }
  return askPayment(tx, { customerId, subject, purpose: 'pass', amount, title, payBy, key: `ride_card:${id}` })
}

/** Writes into the books that a card was earned, and what a coupon took off its price. */
export async function bookCard(tx: Tx, { id, customerId, price }: RideCard, off: number): Promise<void> {
  const lines = [
    { account: 'customers:owed' as const, amount: price },
    { account: 'cost:discount' as const, amount: off },
    { account: 'revenue:pass' as const, amount: -price - off },
  ]
  await post(tx, {
    key: `ride_card:${id}`,
    kind: 'pass.bought',
    subject: { type: 'ride_card', id },
    customerId,
    lines,
  })
}

/** Lets rides and cards hear of their payments. */
export function hearPayments(hear: {
  ride: (tx: Tx, payment: Payment) => Promise<'kept' | 'returned'>
  card: (tx: Tx, payment: Payment) => Promise<'kept' | 'returned'>
}): void {
  whenPaid('ride', hear.ride)
  whenPaid('ride_card', hear.card)
}

/** A ride as events, payments and the books name it. */
export function about({ id }: Pick<Ride, 'id'>) {
  return { type: 'ride', id }
}
