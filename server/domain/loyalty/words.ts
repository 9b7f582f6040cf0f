import { z } from 'zod'
import { SYSTEM } from '../../engines/events/events.ts'
import { spanMs, spanSchema } from '../../engines/flows/flow.ts'
import { DAY } from '../../lib/clock.ts'
import { Conflict } from '../../lib/errors.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { grantCoupon } from './coupons.ts'
import { couponData } from './look.ts'
import { grantPoints } from './points.ts'

/** What these words need to know of the rule that says them. */
interface Turn {
  /** Names the effect. */
  key: string
  customerId: string | null
}

/** A word that rules can say, in the shape of the rule engine's registry. */
interface Word<Args> {
  name: string
  args: z.ZodType<Args>
  /** It changes only what the house knows: nobody is told anything. */
  inside: true
  markets?(args: Args): boolean
  refers?: { coupon: 'coupon' }
  gives: string[]
  run(tx: Tx, turn: Turn, args: Args): Promise<Record<string, unknown>>
}

interface GrantedPoints {
  points: number
  why: string
  after?: string
  expire?: string
}

/** The words that loyalty lends to the rules (R2). What they return is kept in the trace, and at hand for messages. */
export function loyaltyWords(words: Words) {
  const coupon: Word<{ coupon: string }> = {
    name: 'grant_coupon',
    args: z.strictObject({ coupon: z.string().min(1).max(40) }),
    inside: true,
    markets: () => true,
    refers: { coupon: 'coupon' },
    gives: ['coupon'],
    async run(tx, { key, customerId }, { coupon: template }) {
      const given = await grantCoupon(tx, { customerId: customerOf(customerId), template, key, by: SYSTEM })
      return { coupon: { id: given.id, ...(await couponData(tx, given, words)) } }
    },
  }
  const points: Word<GrantedPoints> = {
    name: 'grant_points',
    args: z.strictObject({
      points: z.int().min(1).max(1_000_000),
      why: z.string().min(1).max(60).default('gift'),
      /** They become good so long from now. */
      after: spanSchema.optional(),
      /** They end so long after that; else as the packs say. */
      expire: spanSchema.optional(),
    }),
    inside: true,
    gives: ['points', 'balance'],
    async run(tx, { key, customerId }, { points: amount, why, after, expire }) {
      const startsAt = tx.now + (after ? spanMs(after, DAY) : 0)
      const expiresAt = expire && startsAt + spanMs(expire, DAY)
      const move = await grantPoints(tx, {
        customerId: customerOf(customerId),
        points: amount,
        key,
        why,
        startsAt,
        ...(expiresAt && { expiresAt }),
      })
      return { points: amount, balance: move.balance }
    },
  }
  return [coupon, points] as [Word<unknown>, Word<unknown>]
}

function customerOf(id: string | null): string {
  if (!id) throw new Conflict('rule_no_customer')
  return id
}
