import { Conflict, Invalid } from '../../lib/errors.ts'
import { metresBetween } from '../../lib/geo.ts'
import type { Tx } from '../../lib/tx.ts'
import { Customer } from '../customers/customer.ts'
import { keepsPosition } from '../customers/position.ts'
import type { Coupon } from '../loyalty/coupon.ts'
import { checkUse, termsOf as couponTerms, ownCoupon } from '../loyalty/coupons.ts'
import { offOf } from '../loyalty/template.ts'
import type { Door, Doors } from './booking.ts'
import { type Extras, type Price, type PriceWish, priceOf } from './prices.ts'
import { hoursOf, modelOf, storeOf } from './rental-file.ts'
import type { Store, Terms } from './terms.ts'

/** What a customer wishes. */
export interface Wish extends Extras, Doors {
  store: string
  /** Where it is given back; without, at the same. */
  returnStore?: string
  model: string
  from: number
  until: number
  /** The id of a coupon in their hands. */
  coupon?: string
}

export interface Priced {
  price: Price
  tier: string | null
}

/** Throws Invalid, NotFound or Conflict where a wish cannot be fulfilled whatever is free. */
export function checkWish(terms: Terms, wish: Wish, now: number): void {
  modelOf(terms, wish.model)
  const store = storeOf(terms, wish.store)
  const back = storeOf(terms, wish.returnStore ?? wish.store)
  checkTimes(terms, wish, now)
  checkHours('from', store, wish.from)
  checkHours('until', back, wish.until)
  if (store !== back && !terms.one_way) throw new Invalid('returnStore', 'rental_same_store')
  for (const name of wish.insurances)
    if (!Object.hasOwn(terms.insurances, name)) throw new Invalid('insurances', 'wrong_value')
  for (const [name, count] of Object.entries(wish.extras)) {
    const most = Object.hasOwn(terms.extras, name) ? terms.extras[name]?.most : undefined
    if (most === undefined) throw new Invalid('extras', 'wrong_value')
    if (count > most) throw new Invalid('extras', 'rental_extra_most', { title: terms.extras[name]?.title, most })
  }
  if (wish.deliver) distanceTo('deliver', store, wish.deliver)
  if (wish.collect) distanceTo('collect', back, wish.collect)
}

/** Throws Invalid where a customer does not want their position kept, and the terms do not say that bringing the car needs it. */
export async function checkDoors(tx: Tx, terms: Terms, customerId: string, wish: Wish): Promise<void> {
  const doors = { deliver: wish.store, collect: wish.returnStore ?? wish.store } as const
  for (const [field, store] of Object.entries(doors) as [keyof Doors, string][]) {
    const needs = storeOf(terms, store).delivery?.needs
    if (wish[field] && !(await keepsPosition(tx, customerId, needs))) throw new Invalid(field, 'rental_place_refused')
  }
}

/** Throws Invalid where nothing can be had between two instants. */
export function checkTimes(terms: Terms, { from, until }: Pick<Wish, 'from' | 'until'>, now: number): void {
  const { step, lead, horizon, least } = terms
  if (from % step !== 0) throw new Invalid('from', 'rental_step', { minutes: step / 60_000 })
  if (until % step !== 0) throw new Invalid('until', 'rental_step', { minutes: step / 60_000 })
  if (from < now + lead) throw new Invalid('from', 'rental_lead', { hours: lead / 3_600_000 })
  if (from > now + horizon) throw new Invalid('from', 'rental_horizon', { days: horizon / 86_400_000 })
  checkLength(terms, from, until)
  if (until - from < least) throw new Invalid('until', 'rental_least', { hours: least / 3_600_000 })
}

/** Throws Invalid for an end that no rental may have. */
export function checkLength({ most }: Terms, from: number, until: number): void {
  if (until <= from) throw new Invalid('until', 'wrong_value')
  if (until - from > most) throw new Invalid('until', 'rental_most', { days: most / 86_400_000 })
}

/** Throws Invalid for a time at which a store is closed. */
export function checkHours(field: 'from' | 'until', store: Store, at: number): void {
  const hours = hoursOf(store)
  // Whoever comes at closing time is still let in.
  if (!hours.isWorking(at) && !hours.isWorking(at - 1))
    throw new Invalid(field, 'rental_closed', { store: store.title })
}

/** What a wish costs this customer; throws Conflict for a coupon that is not good for it. */
export async function priceWish(tx: Tx, terms: Terms, customerId: string | undefined, wish: Wish): Promise<Priced> {
  const tier = customerId ? ((await tx.get(Customer, customerId))?.tier ?? null) : null
  const price = priceOf(terms, { ...priceWishOf(terms, wish), tier })
  if (!wish.coupon) return { price, tier }
  if (!customerId) throw new Conflict('coupon_over')
  const coupon = await ownCoupon(tx, customerId, wish.coupon)
  const off = await couponOff(tx, terms, coupon, wish, price.reduced)
  return { price: priceOf(terms, { ...priceWishOf(terms, wish), tier, coupon: () => off }), tier }
}

/** The kinds of purchase that a wish is, in the words of the coupons' `scope`. */
export function kindsOf(terms: Terms, model: string): string[] {
  return [...terms.coupons, model, modelOf(terms, model).class]
}

/** A wish as its price is worked out from it. */
export function priceWishOf(terms: Terms, wish: Wish): PriceWish {
  const returnStore = wish.returnStore ?? wish.store
  const { store, model, from, until, insurances, extras, deliver, collect } = wish
  return {
    ...{ store, returnStore, model, from, until, insurances, extras },
    ...(deliver && { deliverMetres: distanceTo('deliver', storeOf(terms, store), deliver) }),
    ...(collect && { collectMetres: distanceTo('collect', storeOf(terms, returnStore), collect) }),
  }
}

async function couponOff(tx: Tx, terms: Terms, coupon: Coupon, { model }: Wish, amount: number): Promise<number> {
  const template = await couponTerms(tx, coupon)
  checkUse(coupon, template, { order: '', amount, kinds: kindsOf(terms, model) }, tx.now)
  return offOf(template, amount)
}

/** How far a door is from a store; throws Invalid beyond the area into which it delivers. */
function distanceTo(field: 'deliver' | 'collect', { place, delivery, title }: Store, door: Door): number {
  const metres = Math.round(metresBetween(place, door))
  if (!delivery) throw new Invalid(field, 'rental_no_delivery', { store: title })
  if (metres > delivery.within_km * 1000) throw new Invalid(field, 'rental_too_far', { km: delivery.within_km })
  return metres
}
