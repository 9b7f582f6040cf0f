import { z } from 'zod'

/** An instant as other systems write it: milliseconds UTC, or ISO 8601 with its offset. */
export const instantSchema = z.union([z.int().min(0).max(8_640_000_000_000_000), z.iso.datetime({ offset: true })])

/** Such an instant in milliseconds UTC. */
export function instantOf(given: z.infer<typeof instantSchema>): number {
  return typeof given === 'number' ? given : Date.parse(given)
}
