import { z } from 'zod'

/** A span as people write it: `10 min`, `4 h`, `2 d` (24 hours each) or `1 workday` (the length of the calendar's Monday). */
export const spanSchema = z
  .string()
  .regex(/^\d+(\.\d+)? ?(min|h|d|workday)$/, 'write a span such as "10 min", "4 h", "1 workday"')

/** A span that passes by the clock on the wall, or in working time. */
export interface Span {
  ms: number
  working?: true
}

/** A span in milliseconds; `workdayMs` is the length of one working day. */
export function spanMs(span: string, workdayMs: number): number {
  const [, amount, unit] = /^([\d.]+) ?(\w+)$/.exec(span) ?? []
  const size = { min: 60_000, h: 3_600_000, d: 86_400_000, workday: workdayMs }[unit ?? '']
  if (!size) throw new Error(`not a span: ${span}`)
  return Math.round(Number(amount) * size)
}

/** Days and hours pass by the clock on the wall; what is written in working days passes in working time. */
export function spanOf(span: string, workdayMs: number): Span {
  return { ms: spanMs(span, workdayMs), ...(span.endsWith('workday') && { working: true }) }
}
