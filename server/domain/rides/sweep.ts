import { MINUTE } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { finishRide } from './finish.ts'
import { Ride } from './ride.ts'
import { voidRide } from './rides.ts'
import { termsById } from './terms.ts'

const BATCH = 100
/** One that cannot be looked at is put off for so long. */
const PUT_OFF_MS = 10 * MINUTE

/**
 * Looks after rides whose time has come: locks that never said anything, pauses that nobody ended, rides that somebody
 * has forgotten. Returns how many.
 */
export async function sweepRides(db: Database): Promise<number> {
  const due = await db.read((tx) => tx.find(Ride, `WHERE wakeAt <= ? ORDER BY wakeAt, id LIMIT ${BATCH}`, [tx.now]))
  for (const { id } of due) {
    try {
      await db.write((tx) => wake(tx, id))
    } catch (error) {
      // One that cannot be looked at must not stop the others.
      log.error({ ride: id, err: error }, 'a ride cannot be looked at')
      await db.write((tx) => tx.run('UPDATE rides SET wakeAt = ? WHERE id = ?', [tx.now + PUT_OFF_MS, id]))
    }
  }
  return due.length
}

/** When the next one is looked after. */
export const nextRide = earliest('rides', 'wakeAt')

async function wake(tx: Tx, id: string): Promise<void> {
  const ride = await tx.get(Ride, id)
  if (!ride || ride.wakeAt === null || ride.wakeAt > tx.now) return
  if (ride.state === 'unlocking') return voidRide(tx, ride, 'lock_silent')
  if (ride.state !== 'riding') {
    if (!(await tx.update(Ride, id, { wakeAt: null }, { version: ride.version }))) throw new LostRace()
    return
  }
  const { pauseMs = 0 } = await termsById(tx, ride.termsId)
  // Its lock was shut for the pause. One that was never seen to shut stands open somewhere.
  const paused = ride.pausedAt !== null && ride.wakeAt === ride.pausedAt + pauseMs
  await finishRide(tx, ride, { at: ride.wakeAt, by: 'server', ...(!paused && { open: true }) })
}
