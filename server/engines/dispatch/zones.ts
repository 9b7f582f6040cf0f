import { z } from 'zod'
import type { Zone } from '../../lib/geo.ts'

const position = z
  .tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)], z.number())
  .describe('longitude first, then latitude')
const ring = z
  .array(position)
  .min(4)
  .refine((corners) => String(corners[0]) === String(corners.at(-1)), 'a ring ends where it begins')
const rings = z.array(ring).min(1)

/** A pack's `zones/<name>.geojson`: a FeatureCollection whose features name their zone; the first one that fits counts. */
export const zonesSchema = z.looseObject({
  type: z.literal('FeatureCollection'),
  features: z
    .array(
      z.looseObject({
        type: z.literal('Feature'),
        properties: z.looseObject({
          zone: z.string().min(1).max(40),
          /** What holds there for things (GBFS); dispatch reads the name only. */
          rules: z.array(z.record(z.string(), z.unknown())).optional(),
          start: z.iso.datetime({ offset: true }).optional(),
          end: z.iso.datetime({ offset: true }).optional(),
        }),
        /** Without a geometry it is everywhere that no other zone is. */
        geometry: z
          .discriminatedUnion('type', [
            z.looseObject({ type: z.literal('Polygon'), coordinates: rings }),
            z.looseObject({ type: z.literal('MultiPolygon'), coordinates: z.array(rings).min(1) }),
          ])
          .nullable(),
      }),
    )
    .min(1),
})

/** The zones of a file, in its order. */
export function zonesOf({ features }: z.infer<typeof zonesSchema>): Zone[] {
  return features.map(({ properties: { zone, rules, start, end }, geometry }) => ({
    zone,
    polygons: geometry && (geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates),
    ...(rules && { rules }),
    ...(start && { start: Date.parse(start) }),
    ...(end && { end: Date.parse(end) }),
  }))
}
