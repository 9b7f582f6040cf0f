import { SYSTEM } from '../../engines/events/events.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import { Coupon } from './coupon.ts'
import { tell } from './coupons.ts'
import { Ledger } from './ledger.ts'

const BATCH = 200
const PEOPLE = 50

/** Ends coupons whose time is over; returns how many. */
export async function sweepCoupons(db: Database): Promise<number> {
  const due = await db.read((tx) => tx.find(Coupon, `WHERE sweepAt <= ? ORDER BY sweepAt, id LIMIT ${BATCH}`, [tx.now]))
  if (due.length === 0) return 0
  return db.write(async (tx) => {
    let ended = 0
    for (const coupon of due) {
      const mine = await tx.update(Coupon, coupon.id, { state: 'expired', sweepAt: null }, { state: 'active' })
      if (!mine) continue
      ended += 1
      await tell(tx, 'coupon.expired', coupon, SYSTEM, {})
    }
    return ended
  })
}

/** Lets points begin and end whose time has come; returns of how many customers. */
export async function sweepPoints(db: Database): Promise<number> {
  const due = await db.read((tx) =>
    tx.query<{ customerId: string }>(
      `SELECT customerId FROM points_lots WHERE sweepAt <= ? ORDER BY sweepAt, id LIMIT ${PEOPLE}`,
      [tx.now],
    ),
  )
  let done = 0
  for (const customerId of new Set(due.map((one) => one.customerId))) {
    try {
      // One at a time: opening the ledger brings it up to date.
      await db.write((tx) => Ledger.open(tx, customerId))
      done += 1
    } catch (error) {
      log.error({ customerId, err: error }, 'points could not be brought up to date')
    }
  }
  return done
}

/** When coupons end next. */
export const nextCoupon = earliest('coupons', 'sweepAt')
/** When points begin or end next. */
export const nextPoints = earliest('points_lots', 'sweepAt')
