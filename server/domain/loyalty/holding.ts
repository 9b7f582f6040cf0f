import type { Holding } from '../../engines/privacy/holding.ts'
import { blankRows, keepRows, sum, tellRows } from '../../engines/privacy/rows.ts'
import { Coupon } from './coupon.ts'
import { PointsMove } from './lot.ts'

/** Coupons: how many were given out and used, and what they took off, stays in the books. */
export const couponHolding: Holding = {
  name: 'coupons',
  tell: (tx, customerId, after) =>
    tellRows(tx, Coupon, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ template, state, claimedAt, startsAt, endsAt, usedAt, usedFor }) => {
        return { template, state, claimedAt, startsAt, endsAt, usedAt, usedFor }
      },
    }),
  async erase(tx, { customerId, alias }) {
    const swap = (text: string | null) => text?.replaceAll(customerId, alias) ?? null
    const coupons = await blankRows(tx, Coupon, 'customerId = ?', [customerId], (coupon) => ({
      customerId: alias,
      claimKey: swap(coupon.claimKey) as string,
      place: swap(coupon.place),
      // Nobody is there to use it.
      ...(coupon.state === 'active' && { state: 'expired' as const, sweepAt: null }),
    }))
    return sum([coupons, await keepRows(tx, 'coupon_uses', 'customerId = ?', [alias], 'customerId = ?', [customerId])])
  },
}

/** Points: the ledger adds up without the person as well. */
export const pointsHolding: Holding = {
  name: 'points',
  tell: (tx, customerId, after) =>
    tellRows(tx, PointsMove, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ kind, points, balance, why, at }) => ({ kind, points, balance, why, at }),
    }),
  async erase(tx, { customerId, alias }) {
    // All of a ledger at once, or it would belong to two.
    await tx.run('UPDATE points_accounts SET id = ? WHERE id = ?', [alias, customerId])
    let kept = 0
    for (const table of ['points_lots', 'points_entries'])
      kept += await tx.run(`UPDATE ${table} SET customerId = ? WHERE customerId = ?`, [alias, customerId])
    await tx.run('UPDATE points_lots SET sweepAt = NULL WHERE customerId = ?', [alias])
    kept += await tx.run(`UPDATE points_moves SET customerId = ?, about = '{}' WHERE customerId = ?`, [
      alias,
      customerId,
    ])
    return { kept }
  },
}
