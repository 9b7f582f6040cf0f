import { DAY, HOUR } from '../../lib/clock.ts'
import { type RateName, ratesOf } from './rates.ts'
import type { Terms } from './terms.ts'

/** What is wanted beside the car. */
export interface Extras {
  insurances: string[]
  /** How many of each. */
  extras: Record<string, number>
}

/** What a price is worked out from: nothing of it is looked up here. */
export interface PriceWish extends Extras {
  store: string
  returnStore: string
  model: string
  from: number
  until: number
  /** How far the car is brought, and fetched from; without, the customer comes to the store. */
  deliverMetres?: number
  collectMetres?: number
  tier?: string | null
  /** What a coupon takes off an amount. */
  coupon?: (amount: number) => number
}

export type PartKind =
  | 'days'
  | 'hours'
  | 'long'
  | 'tier'
  | 'coupon'
  | 'insurance'
  | 'extra'
  | 'deliver'
  | 'collect'
  | 'one_way'

/** A part of a price; `about` holds what its words in templates/messages/bookings.yaml say. */
export interface Part {
  kind: PartKind
  amount: number
  about: Record<string, string | number>
}

/** A price with its parts, in fen; frozen into the booking. */
export interface Price {
  parts: Part[]
  total: number
  /** What the car itself costs, before anything is taken off. */
  rent: number
  /** What the reductions were taken from, and the coupon: the rent less what long rentals and tiers take off. */
  reduced: number
  /** Days that are charged, also those that have only begun. */
  days: number
  hours: number
  /** How far one may go for it; null: as far as one likes. */
  km: number | null
}

/** The price of a wish under some terms, with its parts. The names in the wish are known to be those of the terms. */
export function priceOf(terms: Terms, wish: PriceWish): Price {
  const model = terms.models[wish.model]
  if (!model) throw new Error(`no model ${wish.model}`)
  const hours = Math.ceil((wish.until - wish.from) / HOUR)
  const days = Math.ceil(hours / 24)
  const rented = rentParts(terms, wish, hours)
  const rent = sum(rented)
  const off = reductions(terms, wish, rent, days)
  const reduced = rent + sum(off)
  const coupon = wish.coupon ? Math.min(wish.coupon(reduced), reduced) : 0
  const parts = [
    ...rented,
    ...off,
    ...(coupon > 0 ? [{ kind: 'coupon' as const, amount: -coupon, about: {} }] : []),
    ...besides(terms, wish, days),
  ]
  return { parts, total: sum(parts), rent, reduced, days, hours, km: model.km ? model.km.per_day * days : null }
}

/** The coupon's part of a price, or undefined. */
export function couponPart({ parts }: Price): Part | undefined {
  return parts.find(({ kind }) => kind === 'coupon')
}

/** The rent of each day by its rate, and of what is left over by the hour. */
function rentParts(terms: Terms, { model: name, from }: PriceWish, hours: number): Part[] {
  const rates = ratesOf(terms, name)
  const whole = Math.floor(hours / 24)
  const counts = new Map<RateName, { days: number; each: number }>()
  for (let day = 0; day < whole; day++) {
    const { rate, price } = rates(from + day * DAY)
    const count = counts.get(rate) ?? { days: 0, each: price }
    counts.set(rate, { ...count, days: count.days + 1 })
  }
  const parts: Part[] = [...counts].map(([rate, { days, each }]) => ({
    kind: 'days',
    amount: days * each,
    about: { rate, days, each },
  }))
  const left = hours - whole * 24
  if (left === 0) return parts
  const { rate, price } = rates(from + whole * DAY)
  const each = terms.models[name]?.price.hour ?? price
  const capped = left * each >= price
  if (capped) {
    const same = parts.find(({ about }) => about.rate === rate)
    const days = Number(same?.about.days ?? 0) + 1
    const whole = { kind: 'days' as const, amount: days * price, about: { rate, days, each: price } }
    return [...parts.filter((part) => part !== same), whole]
  }
  return [...parts, { kind: 'hours', amount: left * each, about: { hours: left, each } }]
}

/** What is taken off the rent: for a long rental first, then for the tier of what is left. */
function reductions({ long, tiers }: Terms, { tier }: PriceWish, rent: number, days: number): Part[] {
  const parts: Part[] = []
  const step = long.filter((one) => one.days <= days).reduce((best, one) => Math.max(best, one.off), 0)
  const forLong = Math.floor((rent * step) / 1000)
  if (forLong > 0) parts.push({ kind: 'long', amount: -forLong, about: { days, percent: step / 10 } })
  const share = tier && Object.hasOwn(tiers, tier) ? (tiers[tier] ?? 0) : 0
  const forTier = Math.floor(((rent - forLong) * share) / 1000)
  if (forTier > 0) parts.push({ kind: 'tier', amount: -forTier, about: { tier: tier ?? '', percent: share / 10 } })
  return parts
}

/** What is paid beside the rent: nothing of it is reduced. */
function besides(terms: Terms, wish: PriceWish, days: number): Part[] {
  const parts: Part[] = []
  for (const [name, { title, per_day, most, required }] of Object.entries(terms.insurances)) {
    if (!required && !wish.insurances.includes(name)) continue
    const amount = Math.min(per_day * days, most ?? Number.POSITIVE_INFINITY)
    parts.push({ kind: 'insurance', amount, about: { name, title, days, each: per_day } })
  }
  for (const [name, { title, per_day, once = 0 }] of Object.entries(terms.extras)) {
    const count = wish.extras[name] ?? 0
    if (count === 0) continue
    const amount = count * (per_day === undefined ? once : per_day * days)
    parts.push({ kind: 'extra', amount, about: { name, title, count } })
  }
  const ways = { deliver: [wish.store, wish.deliverMetres], collect: [wish.returnStore, wish.collectMetres] } as const
  for (const [kind, [store, metres]] of Object.entries(ways)) {
    if (metres === undefined) continue
    const amount = deliveryFee(terms, store, metres)
    parts.push({ kind: kind as 'deliver' | 'collect', amount, about: { km: Math.ceil(metres / 100) / 10 } })
  }
  if (wish.store !== wish.returnStore) {
    const amount = oneWayFee(terms, wish.store, wish.returnStore)
    parts.push({ kind: 'one_way', amount, about: { to: terms.stores[wish.returnStore]?.title ?? wish.returnStore } })
  }
  return parts
}

function deliveryFee({ stores }: Terms, name: string, metres: number): number {
  const delivery = stores[name]?.delivery
  if (!delivery) return 0
  const beyond = Math.max(0, Math.ceil(metres / 1000 - delivery.free_km))
  return delivery.fee + beyond * delivery.per_km
}

function oneWayFee({ one_way }: Terms, from: string, to: string): number {
  const pair = one_way?.pairs.find(({ between }) => between.includes(from) && between.includes(to))
  return (pair ?? one_way)?.fee ?? 0
}

function sum(parts: Part[]): number {
  return parts.reduce((total, { amount }) => total + amount, 0)
}
