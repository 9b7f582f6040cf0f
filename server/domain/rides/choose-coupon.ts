import { Conflict } from '../../lib/errors.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { ownCoupon } from '../loyalty/coupons.ts'
import { templateLook } from '../loyalty/look.ts'
import { changeRide, ownRide } from './change.ts'
import { giveCouponBack, rideBuying, spend, type Usable, usable, usedFor } from './coupons.ts'
import { sumOf } from './parts.ts'
import { bookCoupon, takeBackAsked } from './pay.ts'
import { NO_COUPON, type Ride } from './ride.ts'
import { payRide, settleFree } from './settle.ts'

/** While a ride runs nobody knows what it will come to: coupons are told by what they would take off so much. */
const ANY_AMOUNT = 1_000_000

/** Whether the rider can still say which coupon is used: until it is paid, or somebody has let some of it go. */
export function canChoose(ride: Ride): boolean {
  if (ride.isOpen()) return true
  return ride.state === 'ended' && ride.fare > 0 && ride.refunded === 0 && ride.ticketId === null
}

/** The coupons for a ride, and which of them is used, or will be. */
export async function couponChoice(tx: Tx, words: Words, ride: Ride) {
  const open = ride.isOpen()
  const found = await usable(tx, rideBuying(ride, open ? ANY_AMOUNT : ride.fare))
  const used = open ? undefined : await usedFor(tx, { customerId: ride.customerId, order: ride.number })
  const chosen = open ? (ride.couponId ?? found.find(({ template }) => template.scope)?.coupon.id) : used?.couponId
  return {
    coupons: found.map(({ coupon, template, off }: Usable) => ({
      ...{ id: coupon.id, ...templateLook(template, words) },
      ...(!open && { off }),
    })),
    chosen: chosen && chosen !== NO_COUPON ? chosen : null,
    can: canChoose(ride),
  }
}

/**
 * The rider says which coupon pays for a ride, or that none does. Of one that is over and not paid the price is made
 * anew: the coupon of before is theirs again. Throws NotFound, Conflict.
 */
export async function chooseCoupon(tx: Tx, customerId: string, id: string, wanted: string | null): Promise<void> {
  const ride = await ownRide(tx, customerId, id)
  if (!canChoose(ride)) throw new Conflict('ride_coupon_late')
  if (wanted !== null) await ownCoupon(tx, customerId, wanted)
  const couponId = wanted ?? NO_COUPON
  if (ride.isOpen()) return changeRide(tx, ride, { couponId })
  const buying = rideBuying(ride, ride.fare)
  const used = await usedFor(tx, buying)
  if ((used?.couponId ?? NO_COUPON) === couponId) return
  await giveCouponBack(tx, buying)
  const taken = wanted === null ? undefined : await spend(tx, buying, wanted)
  const others = ride.parts.filter(({ kind }) => kind !== 'coupon')
  const at = others.findIndex(({ kind }) => kind === 'no_parking' || kind === 'out_of_area')
  const coupon = taken ? [{ kind: 'coupon' as const, amount: -taken.off, title: taken.title }] : []
  const parts = others.toSpliced(at < 0 ? others.length : at, 0, ...coupon)
  const [before, amount] = [ride.amount, Math.max(0, sumOf(parts))]
  await takeBackAsked(tx, ride, 'coupon')
  await changeRide(tx, ride, { parts, amount, couponId })
  await bookCoupon(tx, ride, amount - before)
  if (amount === 0) await settleFree(tx, ride)
  else await payRide(tx, customerId, id)
}
