import type { Booking } from './booking.ts'
import type { Terms } from './terms.ts'

/** When a booking has to be looked at next; null: nothing is to be done by itself. */
export function wakeOf(
  terms: Terms,
  { state, holdUntil, fromAt, untilAt }: Pick<Booking, 'state' | 'holdUntil' | 'fromAt' | 'untilAt'>,
  now: number,
): number | null {
  if (state === 'held') return holdUntil
  if (state === 'confirmed') return first([fromAt - terms.remind.pickup], now) ?? fromAt + terms.no_show_after
  if (state === 'running') return first([untilAt - terms.remind.return, untilAt + terms.overtime.grace], now)
  return null
}

function first(times: number[], now: number): number | null {
  return times.find((at) => at > now) ?? null
}
