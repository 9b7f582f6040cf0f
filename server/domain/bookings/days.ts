import { dayOf, startOfDay, zoneOf } from '../../lib/zone.ts'

/** The whole days of a stretch of time, counted from 1970-01-01: the first, and the first behind the last. */
export function daysIn(zoneName: string, { fromAt, untilAt }: { fromAt: number; untilAt: number }) {
  const zone = zoneOf(zoneName)
  const begun = dayOf(zone, fromAt)
  return { fromDay: startOfDay(zone, begun) === fromAt ? begun : begun + 1, untilDay: dayOf(zone, untilAt) }
}
