import { createHash } from 'node:crypto'
import { MINUTE } from '../../lib/clock.ts'

/** What is later than this fell due while the house was down. */
export const LATE_MS = 10 * MINUTE
/** Over so long it is spread: nobody's phone, and no platform, shall get a night's work in a second (K5). */
const SPREAD_MS = 10 * MINUTE

/** A time of its own within the spread, always the same for the same thing. */
export function spread(id: string, now: number): number {
  return now + (createHash('sha256').update(id).digest().readUInt32BE(0) % SPREAD_MS)
}
