import { DAY, HOUR } from '../../lib/clock.ts'
import { chinaDay } from '../../lib/holidays.ts'
import { WEEKDAYS } from '../../lib/workday.ts'
import { zoneOf } from '../../lib/zone.ts'
import type { Terms } from './terms.ts'

export type RateName = 'day' | 'weekend' | 'holiday'

/**
 * What a model costs on the day of an instant: public holidays before weekends, and a weekend that is worked as a make-up
 * day (调休) costs what any day costs.
 */
export function ratesOf(terms: Terms, model: string): (at: number) => { rate: RateName; price: number } {
  const zone = zoneOf(terms.zone)
  const { day = 0, weekend, holiday } = terms.models[model]?.price ?? {}
  return (at) => {
    const wall = zone.wall(at)
    const china = chinaDay(wall.toISOString().slice(0, 10))
    if (china === 'holiday' && holiday !== undefined) return { rate: 'holiday', price: holiday }
    const name = WEEKDAYS[(wall.getUTCDay() + 6) % 7] ?? 'mon'
    if (china !== 'makeUp' && weekend !== undefined && terms.weekend.includes(name))
      return { rate: 'weekend', price: weekend }
    return { rate: 'day', price: day }
  }
}

/** What hours beyond the end cost: by the hour, but for each 24 of them no more than the day. */
export function overtimePrice(terms: Terms, model: string, from: number, until: number): number {
  const hours = Math.ceil((until - from - terms.overtime.grace) / HOUR)
  if (hours <= 0) return 0
  const rates = ratesOf(terms, model)
  const each = terms.models[model]?.overtime ?? 0
  let total = 0
  for (let day = 0; day * 24 < hours; day++)
    total += Math.min(Math.min(24, hours - day * 24) * each, rates(from + day * DAY).price)
  const { late } = terms.overtime
  return total + (late && until - from > late.after ? late.fee : 0)
}

/** What comes back, in thousandths, to who cancels now a booking that begins then. */
export function refundShare({ cancel }: Terms, from: number, now: number): number {
  return cancel.find(({ before }) => from - now >= before)?.refund ?? 0
}
