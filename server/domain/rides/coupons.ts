import { AppError } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { Coupon } from '../loyalty/coupon.ts'
import { termsOf, useCoupon } from '../loyalty/coupons.ts'
import { type CouponTemplate, offOf } from '../loyalty/template.ts'
import type { Ride } from './ride.ts'

/** What coupons for rides name in their scope, beside single kinds of vehicles. */
const KIND = 'ride'
const MOST = 50

/**
 * Uses a coupon for a ride: the one that the rider has chosen, else of those that are for rides the one that takes most
 * off, of two alike the one that ends first. One that cannot be used stays the rider's.
 */
export async function couponFor(
  tx: Tx,
  ride: Ride,
  amount: number,
): Promise<{ off: number; title: string } | undefined> {
  const { customerId, number, kind } = ride
  const coupon = ride.couponId ? await tx.get(Coupon, ride.couponId) : await best(tx, ride, amount)
  if (!coupon) return undefined
  const { title } = await termsOf(tx, coupon)
  try {
    return { title, off: await useCoupon(tx, customerId, coupon.id, { order: number, amount, kinds: [KIND, kind] }) }
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

async function best(tx: Tx, { customerId, kind }: Ride, amount: number): Promise<Coupon | undefined> {
  const theirs = await tx.find(
    Coupon,
    `WHERE customerId = ? AND state = 'active' AND startsAt <= ? AND endsAt > ? ORDER BY endsAt, id LIMIT ${MOST}`,
    [customerId, tx.now, tx.now],
  )
  let found: { coupon: Coupon; off: number } | undefined
  for (const coupon of theirs) {
    const template = await termsOf(tx, coupon)
    const off = isFor(template, kind, amount) ? offOf(template, amount) : 0
    if (off > (found?.off ?? 0)) found = { coupon, off }
  }
  return found?.coupon
}

/** Coupons for everything are left to the rider: they may want them for something else. */
function isFor({ scope = [], at_least = 0 }: CouponTemplate, kind: string, amount: number): boolean {
  return amount >= at_least && scope.some((one) => one === KIND || one === kind)
}
