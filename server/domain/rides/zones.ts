import { covers, type Point } from '../../lib/geo.ts'
import { type Fleet, fleet, type Zone, type ZoneRule } from '../assets/fleet.ts'
import type { ZoneResult } from './ride.ts'

interface Ruled {
  /** The zone whose rule it is; without one it is a rule for everywhere. */
  zone?: string
  rule: ZoneRule
}

/** Whether a ride may begin here: by the first zone that says something of this kind of vehicle, else by the global rules. */
export function mayStart(kind: string, place: Point | undefined, at: number, rules: Fleet = fleet()): boolean {
  if (!place) return true
  return ruleAt(kind, place, at, rules)?.rule.ride_start_allowed ?? true
}

/** How a ride that ends here has ended by the zones (GBFS); without a place nothing can be held against anybody. */
export function endingAt(
  kind: string,
  place: (Point & { stationId?: string | null }) | undefined,
  at: number,
  rules: Fleet = fleet(),
): { zone: string | null; result: ZoneResult } {
  if (!place) return { zone: null, result: 'fine' }
  const name = zonesAt(place, at, rules)[0]?.properties.zone ?? null
  const ruled = ruleAt(kind, place, at, rules)
  if (!ruled) return { zone: name, result: 'fine' }
  const { zone, rule } = ruled
  const away = rule.station_parking === true && !place.stationId
  if (rule.ride_end_allowed && !away) return { zone: zone ?? name, result: 'fine' }
  return { zone: zone ?? name, result: zone === undefined && !rule.ride_end_allowed ? 'out_of_area' : 'no_parking' }
}

function ruleAt(kind: string, place: Point, at: number, all: Fleet): Ruled | undefined {
  const holds = ({ vehicle_type_ids }: ZoneRule) => !vehicle_type_ids || vehicle_type_ids.includes(kind)
  for (const { properties } of zonesAt(place, at, all)) {
    const rule = properties.rules?.find(holds)
    if (rule) return { zone: properties.zone, rule }
  }
  const global = all.rules.find(holds)
  return global && { rule: global }
}

function zonesAt(place: Point, at: number, { zones }: Fleet): Zone[] {
  return zones.filter(({ properties: { zone, start, end }, geometry }) => {
    if ((start && at < Date.parse(start)) || (end && at >= Date.parse(end))) return false
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
    return covers({ zone, polygons }, place)
  })
}
