import { DateTime } from 'luxon'
import { z } from 'zod'
import { spanMs, spanSchema } from '../../engines/flows/flow.ts'
import { DAY } from '../../lib/clock.ts'

const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'use lower-case letters, digits and underscores')
const day = z.iso.date('write a day such as "2026-12-31"')
const fen = z.int().min(1)

/** A kind of coupon, `coupons/*.yaml` of a pack. Money is in fen. */
export const templateSchema = z
  .strictObject({
    coupon: identifier,
    title: z.string().min(1).max(20),
    /** What holds for it, in words for the customer. */
    terms: z.string().min(1).max(40),
    /** An amount off, or a share of the price, if wanted with an upper bound. */
    off: z.union([
      z.strictObject({ amount: fen }),
      z.strictObject({ percent: z.int().min(1).max(100), at_most: fen.optional() }),
    ]),
    /** The order must come to so much. */
    at_least: fen.optional(),
    /** What it may be used for: an order tells its own kinds. Without it: for everything. */
    scope: z.array(identifier).min(1).optional(),
    /** So many are given out in all; without it there is no end to them. */
    stock: z.int().min(1).optional(),
    /** So many a customer may take themselves; without it none: it is only given, by rules and people. */
    per_customer: z.int().min(1).max(100).optional(),
    /** Between these days, both included, customers may take it themselves. */
    claim: z.strictObject({ from: day.optional(), until: day.optional() }).default({}),
    /** How long it is good: so long from the claim, to the end of that day; or between two days, both included. */
    valid: z.union([z.strictObject({ for: spanSchema }), z.strictObject({ from: day.optional(), until: day })]),
    zone: z.string().default('Asia/Shanghai'),
  })
  .refine(({ claim }) => !claim.from || !claim.until || claim.from <= claim.until, {
    path: ['claim', 'until'],
    message: 'ends before it begins',
  })
  .refine(({ valid }) => !('until' in valid) || !valid.from || valid.from <= valid.until, {
    path: ['valid', 'until'],
    message: 'ends before it begins',
  })
export type CouponTemplate = z.infer<typeof templateSchema>

/** What a coupon takes off an amount, never more than all of it. */
export function offOf({ off }: CouponTemplate, amount: number): number {
  if ('amount' in off) return Math.min(off.amount, amount)
  return Math.min(Math.floor((amount * off.percent) / 100), off.at_most ?? amount, amount)
}

/** Between which instants a coupon that is claimed now is good; undefined when that time is over. */
export function validity(
  { valid, zone }: CouponTemplate,
  now: number,
): { startsAt: number; endsAt: number } | undefined {
  if ('for' in valid) {
    const ends = DateTime.fromMillis(now + spanMs(valid.for, DAY), { zone })
    return { startsAt: now, endsAt: ends.plus({ days: 1 }).startOf('day').toMillis() }
  }
  const startsAt = valid.from ? Math.max(now, startOf(valid.from, zone)) : now
  const endsAt = endOf(valid.until, zone)
  return endsAt > now ? { startsAt, endsAt } : undefined
}

/** Whether customers may take it themselves now, as far as its days go. */
export function claimTime({ claim, zone }: CouponTemplate, now: number): 'early' | 'open' | 'over' {
  if (claim.from && now < startOf(claim.from, zone)) return 'early'
  return claim.until && now >= endOf(claim.until, zone) ? 'over' : 'open'
}

function startOf(date: string, zone: string): number {
  return DateTime.fromISO(date, { zone }).toMillis()
}

function endOf(date: string, zone: string): number {
  return DateTime.fromISO(date, { zone }).plus({ days: 1 }).toMillis()
}
