import { DAY, HOUR, MINUTE, SECOND } from '../../lib/clock.ts'

/** What the platform was to tell by itself and has not, it is asked for: soon at first, then less and less often. */
const PAUSES = [30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR]

/** What only somebody at the platform's own pages gets going again is looked at once a day. */
export const LOST_FROM_SIGHT = DAY

/** When to ask after something next that was asked for so many times. */
export function askAfter(now: number, attempts: number): number {
  return now + (PAUSES[Math.min(attempts, PAUSES.length - 1)] as number)
}
