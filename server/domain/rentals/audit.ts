import type { Found } from '../../engines/audit/findings.ts'
import { DAY } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import type { Tx } from '../../lib/tx.ts'
import { Booking } from '../bookings/booking.ts'
import { termsOf } from '../bookings/bookings.ts'
import { Deposit } from '../payments/deposits.ts'

const MOST = 50
/** Whoever looks after violations has so long; their chain has been told several times by then. */
const GRACE_MS = 7 * DAY

/**
 * Deposits that are kept although their rental is over, or longer than its terms let it wait for violations: nobody has
 * said that they go back.
 */
export async function auditDeposits(db: Database): Promise<Found[]> {
  return db.read(async (tx) => {
    const rows = await tx.joined<[Deposit, Booking]>(
      [Deposit, Booking],
      `JOIN bookings b ON b.id = a.subjectId WHERE a.state = 'held' AND a.subjectType = 'booking' AND a.releaseAt IS NULL
         AND b.state NOT IN ('held', 'confirmed', 'running') ORDER BY a.id`,
      [],
    )
    const found: Found[] = []
    for (const [deposit, booking] of rows) {
      if (found.length >= MOST) break
      if (deposit && booking && (await isOverdue(tx, booking)))
        found.push({ kind: 'deposit_kept', subjectId: booking.id, about: booking.number })
    }
    return found
  })
}

async function isOverdue(tx: Tx, booking: Booking): Promise<boolean> {
  if (booking.returnedAt === null || booking.state === 'closed') return true
  const { violations } = await termsOf(tx, booking)
  return booking.returnedAt + violations.hold_for + GRACE_MS < tx.now
}
