import { words } from '../words.ts'

// China keeps one zone and no summer time, and not every WeChat client has Intl.
const CHINA_MS = 8 * 3_600_000

/** The day of an instant (ms UTC) in China; with its year where that is not the present one. */
export function sayDay(at: number, now: number): string {
  const date = new Date(at + CHINA_MS)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  if (year === new Date(now + CHINA_MS).getUTCFullYear()) return words.loyalty.day(month, day)
  return words.loyalty.dayOfYear(year, month, day)
}
