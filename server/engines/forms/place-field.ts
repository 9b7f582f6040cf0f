import library from 'gcoord'
import type { FieldKind } from './field.ts'
import { tidy, toNumber } from './plain.ts'

/** A place: coordinates in GCJ-02, as phones in China give them, and what people call it. */
export interface Place {
  lat: number
  lng: number
  address?: string
}

// The package's types speak of an ES module, node is handed CommonJS.
const gcoord = library as unknown as typeof library.default
const MAX_ADDRESS = 200
/** Finer than a hand's breadth says nothing. */
const PRECISION = 1e6

/**
 * A place. `datum: wgs84` beside the coordinates (a browser's) has them turned into GCJ-02. With `typed: true` an
 * address without coordinates will do: its value has neither `lat` nor `lng`.
 */
export const location: FieldKind = {
  kind: 'location',
  takes: ['typed', 'needs'],
  missing: 'required_place',
  check({ typed }, value) {
    const given = typeof value === 'string' ? { address: value } : value
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return { why: 'not_a_place' }
    const { lat, lng, address, datum } = given as Record<string, unknown>
    const name = typeof address === 'string' ? tidy(address.replace(/\s+/gu, ' ')) : ''
    if ([...name].length > MAX_ADDRESS) return { why: 'too_long', data: { max: MAX_ADDRESS, length: [...name].length } }
    const point = pointOf(lat, lng, datum)
    if (point) return { value: { ...point, ...(name && { address: name }) } }
    if (isGiven(lat) || isGiven(lng)) return { why: 'not_a_place' }
    if (!name) return { why: 'not_a_place' }
    return typed ? { value: { address: name } } : { why: 'place_without_point' }
  },
  describe(_field, value, _context, say) {
    const { lat, lng, address } = value as Partial<Place>
    return address ?? say('place', { point: `${lat?.toFixed(5)}, ${lng?.toFixed(5)}` })
  },
}

function pointOf(lat: unknown, lng: unknown, datum: unknown): { lat: number; lng: number } | undefined {
  const [north, east] = [toNumber(lat), toNumber(lng)]
  if (north === undefined || east === undefined || Math.abs(north) > 90 || Math.abs(east) > 180) return undefined
  // Nobody stands at 0, 0: it is what broken receivers say.
  if (north === 0 && east === 0) return undefined
  const [x, y] = datum === 'wgs84' ? gcoord.transform([east, north], gcoord.WGS84, gcoord.GCJ02) : [east, north]
  return { lat: Math.round(y * PRECISION) / PRECISION, lng: Math.round(x * PRECISION) / PRECISION }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}
