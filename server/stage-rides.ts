import { operatorKey } from './domain/customers/operator.ts'
import type { Clock } from './lib/clock.ts'
import { metresBetween, type Point } from './lib/geo.ts'
import { newId } from './lib/ids.ts'
import { log } from './lib/log.ts'
import type { DeskCity } from './sandbox/desk-city.ts'

/** So often a ride begins or ends, on the process's own clock. */
const EVERY_MS = 4_000
/** So many ride at once at most. */
const MOST_RIDES = 6
/** About fifty metres. */
const ASIDE = 0.0005
/** What stands so near to a person, in metres, is left for them. */
const IN_REACH = 600

/**
 * Riders who ride while somebody looks at the map: a ride begins, another ends somewhere else. The locks tell it at the
 * operator's door, as they do in a real city.
 */
export function makeRides(url: () => string, clock: Clock): (city: DeskCity, beside?: Point) => void {
  let nextAt = Number.NEGATIVE_INFINITY
  return (city, beside) => {
    if (performance.now() < nextAt) return
    nextAt = performance.now() + EVERY_MS
    const riding = city.vehicles.filter(({ state, ours }) => state === 'on_trip' && !ours)
    const free = city.vehicles.filter(
      (one) => one.state === 'available' && !(beside && metresBetween(one, beside) < IN_REACH),
    )
    const ends = free.length === 0 || riding.length >= MOST_RIDES || (riding.length > 0 && Math.random() < 0.5)
    const vehicle = oneOf(ends ? riding : free)
    if (!vehicle) return
    const event = { id: newId(clock.now()), code: vehicle.code, at: clock.now() }
    tell(url(), ends ? { ...event, types: ['trip_end'], place: arrival(city) } : { ...event, types: ['trip_start'] })
  }
}

/** A ride ends at a station, or a few steps beside one. */
function arrival({ stations }: DeskCity) {
  const { code, lat, lng } = oneOf(stations) ?? { code: '', lat: 0, lng: 0 }
  if (Math.random() < 0.5) return { lat, lng, station: code }
  const aside = () => (Math.random() - 0.5) * 8 * ASIDE
  return { lat: lat + aside(), lng: lng + aside() }
}

function tell(url: string, event: object): void {
  fetch(`${url}/api/operator/asset-events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events: [event] }),
  }).catch((error) => log.debug({ err: error }, 'a make-believe ride was not told'))
}

function oneOf<T>(list: T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)]
}
