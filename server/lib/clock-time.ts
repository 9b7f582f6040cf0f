import { z } from 'zod'

/** A time of day as packs write it. */
export const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write a time of day such as "22:00"')

/** A time of day as hour and minute. */
export function clockParts(time: string): { hour: number; minute: number } {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return { hour, minute }
}
