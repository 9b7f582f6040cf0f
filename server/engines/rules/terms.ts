import { z } from 'zod'
import { WEEKDAYS } from '../../lib/workday.ts'

/** A span that passes by the clock on the wall. */
export const wallSpan = z
  .string()
  .regex(/^\d+(\.\d+)? ?(min|h|d)$/, 'write a span of the clock such as "10 min" or "3 d"')

/** Days of the week. */
export const daysSchema = z.array(z.enum(WEEKDAYS)).min(1).max(7)

/** Something that is known of somebody or something: `customer.tier`. */
export const pathSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)+$/, 'is not a field path such as "customer.tier"')

/** A share of a whole. */
export const shareSchema = z.string().regex(/^(100|[1-9]?\d)(\.\d)? ?%$/, 'write a share from "0.1 %" to "100 %"')
