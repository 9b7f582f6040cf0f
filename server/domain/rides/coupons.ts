import { AppError } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { Coupon, CouponUse } from '../loyalty/coupon.ts'
import { checkUse, returnCoupon, termsOf, useCoupon } from '../loyalty/coupons.ts'
import { type CouponTemplate, offOf } from '../loyalty/template.ts'
import { NO_COUPON, type Ride } from './ride.ts'

/** What coupons for rides, and for cards, name in their scope, beside single kinds of vehicles and single cards. */
const RIDE = 'ride'
const CARD = 'card'
const MOST = 50

/** Something that a coupon can be used for. */
interface Buying {
  customerId: string
  /** Names it: a ride's number, a card's id. */
  order: string
  amount: number
  kinds: string[]
}

/** A coupon that could be used, and what it would take off. */
export interface Usable {
  coupon: Coupon
  template: CouponTemplate
  off: number
}

/** A ride so far as coupons are concerned: what is left of its price after card and free minutes. */
export function rideBuying({ customerId, number, kind }: Ride, amount: number): Buying {
  return { customerId, order: number, amount, kinds: [RIDE, kind] }
}

/** The same of a card that is to be bought. */
export function cardBuying(
  customerId: string,
  { id, card, price }: { id: string; card: string; price: number },
): Buying {
  return { customerId, order: id, amount: price, kinds: [CARD, card] }
}

/**
 * Uses a coupon for a ride: the one that the rider has chosen, if they have chosen at all, else of those that are for
 * rides the one that takes most off, of two alike the one that ends first. One that cannot be used stays the rider's.
 */
export async function couponFor(
  tx: Tx,
  ride: Ride,
  amount: number,
): Promise<{ off: number; title: string } | undefined> {
  if (ride.couponId === NO_COUPON) return undefined
  const buying = rideBuying(ride, amount)
  const coupon = ride.couponId ? await tx.get(Coupon, ride.couponId) : (await best(tx, buying))?.coupon
  if (!coupon) return undefined
  try {
    return await spend(tx, buying, coupon.id)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

/** Uses a coupon; returns what it takes off, and what it is called. Throws NotFound, Conflict. */
export async function spend(tx: Tx, buying: Buying, couponId: string): Promise<{ off: number; title: string }> {
  const { customerId, order, amount, kinds } = buying
  const off = await useCoupon(tx, customerId, couponId, { order, amount, kinds })
  const coupon = await tx.get(Coupon, couponId)
  return { off, title: coupon ? (await termsOf(tx, coupon)).title : '' }
}

/** The use of a coupon for something, if one is used for it. */
export function usedFor(
  tx: Tx,
  { customerId, order }: Pick<Buying, 'customerId' | 'order'>,
): Promise<CouponUse | undefined> {
  return tx.first(CouponUse, 'WHERE customerId = ? AND orderId = ? AND returnedAt IS NULL', [customerId, order])
}

/** Gives the coupon back that is used for something, if one is. */
export async function giveCouponBack(tx: Tx, buying: Pick<Buying, 'customerId' | 'order'>): Promise<void> {
  const use = await usedFor(tx, buying)
  if (use) await returnCoupon(tx, use.couponId, buying.order)
}

/**
 * The coupons that a customer could use for something, those that take most off first; the one that is used for it
 * already is among them.
 */
export async function usable(tx: Tx, buying: Buying): Promise<Usable[]> {
  const { customerId, amount, kinds } = buying
  const used = await usedFor(tx, buying)
  const theirs = await tx.find(
    Coupon,
    `WHERE customerId = ? AND (state = 'active' AND startsAt <= ? AND endsAt > ? OR id = ?) ORDER BY endsAt, id LIMIT ${MOST}`,
    [customerId, tx.now, tx.now, used?.couponId ?? ''],
  )
  const found: Usable[] = []
  for (const coupon of theirs) {
    const template = await termsOf(tx, coupon)
    if (coupon.id === used?.couponId) found.push({ coupon, template, off: used.off })
    else if (fits(coupon, template, { amount, kinds }, tx.now))
      found.push({ coupon, template, off: offOf(template, amount) })
  }
  return found.sort((a, b) => b.off - a.off)
}

function fits(coupon: Coupon, template: CouponTemplate, of: Pick<Buying, 'amount' | 'kinds'>, now: number): boolean {
  try {
    checkUse(coupon, template, { ...of, order: '' }, now)
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

/** Coupons for everything are left to the rider: they may want them for something else. */
async function best(tx: Tx, buying: Buying): Promise<Usable | undefined> {
  return (await usable(tx, buying)).find(({ template, off }) => template.scope !== undefined && off > 0)
}
