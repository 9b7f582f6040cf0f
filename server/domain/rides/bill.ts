import { MINUTE } from '../../lib/clock.ts'
import type { Tx } from '../../lib/tx.ts'
import { cardAt, cardTerms, useCardDay } from './cards.ts'
import { couponFor } from './coupons.ts'
import type { PricePart } from './parts.ts'
import { priceOf } from './price.ts'
import type { Ride, ZoneResult } from './ride.ts'
import { riddenBefore } from './rides.ts'
import type { Plan, RideTerms } from './terms.ts'

interface Bill {
  terms: RideTerms
  plan: Plan
  result: ZoneResult
}

/** What a ride comes to, part by part: its price, what was free and why, the coupon, the fees. */
export async function partsOf(tx: Tx, ride: Ride, { terms, plan, result }: Bill) {
  const length = { ms: (ride.endedAt ?? 0) - (ride.startedAt ?? 0), meters: ride.meters }
  const { base, time, way, over, total } = priceOf(plan, length, await chargedBefore(tx, ride, plan))
  const parts: PricePart[] = []
  const add = (kind: PricePart['kind'], amount: number, title?: string) => {
    if (amount !== 0) parts.push({ kind, amount, ...(title && { title }) })
  }
  add('base', base)
  add('time', time)
  add('way', way)
  add('cap', -over)
  if (length.ms <= terms.graceMs) {
    add('grace', -total)
    return { parts, fare: 0, cardId: null }
  }
  /** What so many minutes of this ride cost: all of it, if it was no longer. */
  const worth = (minutes: number) => {
    return length.ms <= minutes * MINUTE ? total : priceOf(plan, { ...length, ms: minutes * MINUTE }).total
  }
  let left = total
  const { first_free: free } = terms
  if (free && left > 0 && (await riddenBefore(tx, ride.customerId, ride.id)) < free.rides) {
    const off = Math.min(left, worth(free.minutes))
    add('first', -off)
    left -= off
  }
  const card = left > 0 ? await cardAt(tx, ride.customerId, ride.startedAt ?? 0) : undefined
  let cardId: string | null = null
  if (card) {
    const { minutes, rides_a_day } = await cardTerms(tx, card)
    if (await useCardDay(tx, card, rides_a_day, ride.startedAt ?? 0)) {
      const off = Math.min(left, worth(minutes))
      add('card', -off, card.title)
      left -= off
      cardId = card.id
    }
  }
  const fare = left
  const coupon = left > 0 ? await couponFor(tx, ride, left) : undefined
  if (coupon) add('coupon', -coupon.off, coupon.title)
  if (result !== 'fine') add(result, terms.fees[result])
  return { parts, fare, cardId }
}

/** What was charged by the same plan within the span of its cap before this ride ended. */
async function chargedBefore(tx: Tx, { id, customerId, plan, endedAt }: Ride, { cap }: Plan): Promise<number> {
  if (!cap) return 0
  const [row] = await tx.query<{ sum: number | null }>(
    `SELECT SUM(fare) AS sum FROM rides WHERE customerId = ? AND state IN ('ended', 'paid') AND plan = ? AND id <> ?
     AND endedAt > ?`,
    [customerId, plan, id, (endedAt ?? 0) - cap.perMs],
  )
  return Number(row?.sum ?? 0)
}
