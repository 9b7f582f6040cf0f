import { z } from 'zod'
import { metresTo, type Point, type Rings, type Zone } from '../../lib/geo.ts'
import type { Occasion } from './run.ts'

/** Where something must have happened: in a zone of `zones/<name>.geojson`, or so near to it. */
export const nearSchema = z.strictObject({
  zones: z.string().regex(/^zones\/[a-z0-9_-]+$/, 'write zones/<name>'),
  zone: z.string().min(1).max(40),
  within: z
    .string()
    .regex(/^\d+(\.\d+)? ?(m|km)$/, 'write a distance such as "300 m" or "1.5 km"')
    .default('0 m'),
  /** Where the event tells its place. */
  at: z.string().max(40).default('place'),
})
/** The same with the zone's outline. */
export type Near = z.infer<typeof nearSchema> & { polygons?: Rings[] }

/** Puts the outline of a zone to what names it. */
export function freezeNear(near: Near, zones: ReadonlyMap<string, Zone[]>): Near {
  const polygons = zones.get(near.zones)?.find(({ zone }) => zone === near.zone)?.polygons
  return { ...near, polygons: polygons ?? [] }
}

/** Whether an event happened near enough; one that tells no place did not. */
export function isNear({ polygons = [], within, at }: Near, event: Occasion): boolean {
  const place = event[at]
  if (!isPoint(place) || polygons.length === 0) return false
  return metresTo({ zone: '', polygons }, place) <= metresIn(within)
}

function isPoint(place: unknown): place is Point {
  const { lat, lng } = (place ?? {}) as Partial<Point>
  return Number.isFinite(lat) && Number.isFinite(lng)
}

function metresIn(distance: string): number {
  return Number.parseFloat(distance) * (distance.endsWith('km') ? 1000 : 1)
}
