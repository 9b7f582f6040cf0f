import type { Tx } from '../../lib/tx.ts'
import { Coupon } from './coupon.ts'
import { termsOf } from './coupons.ts'
import { PointsLot } from './lot.ts'
import { pointsTitle } from './programme.ts'

const MOST = 5

/** What loyalty adds to the look at a customer: coupons that are good, and points to spend. */
export const loyaltyLook = {
  dimension: 'profile' as const,
  async find(tx: Tx, customerId: string): Promise<Record<string, unknown>> {
    const good = await tx.find(
      Coupon,
      `WHERE customerId = ? AND state = 'active' AND startsAt <= ? AND endsAt > ? ORDER BY endsAt, id LIMIT ${MOST}`,
      [customerId, tx.now, tx.now],
    )
    const coupons = await Promise.all(
      good.map(async (coupon) => ({ title: (await termsOf(tx, coupon)).title, ends_at: coupon.endsAt })),
    )
    const lots = await tx.find(PointsLot, `WHERE customerId = ? AND state = 'active'`, [customerId])
    const spendable = lots.filter(({ endsAt }) => endsAt === null || endsAt > tx.now)
    const points = spendable.reduce((sum, { remaining }) => sum + remaining, 0)
    return {
      ...(coupons.length > 0 && { coupons }),
      ...(points > 0 && { points, points_title: pointsTitle() }),
    }
  },
}
