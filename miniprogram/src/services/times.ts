import { words } from '../words.ts'

// China keeps one zone and no summer time, and not every WeChat client has Intl: shift the instant and read it as UTC.
const CHINA_MS = 8 * 3_600_000
const DAY_MS = 24 * 3_600_000

/** An instant (ms UTC) as people in China say it, seen from `now`: 今天 14:30. */
export function sayTime(at: number, now: number): string {
  const date = new Date(at + CHINA_MS)
  const time = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}`
  const days = Math.floor((at + CHINA_MS) / DAY_MS) - Math.floor((now + CHINA_MS) / DAY_MS)
  if (days === 0) return words.times.today(time)
  if (days === -1) return words.times.yesterday(time)
  if (days === 1) return words.times.tomorrow(time)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  if (year === new Date(now + CHINA_MS).getUTCFullYear()) return words.times.day(month, day, time)
  return words.times.year(year, month, day)
}

/** As `sayTime`, where today goes without saying: 14:30, 明天 09:00. */
export function sayHour(at: number, now: number): string {
  return sayTime(at, now).replace(words.times.today(''), '')
}

/** A day as people in China say it; with the year where it is not the present one. */
export function sayDay(at: number, now: number): string {
  const date = new Date(at + CHINA_MS)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  if (year !== new Date(now + CHINA_MS).getUTCFullYear()) return words.times.year(year, month, day)
  return words.times.monthDay(month, day)
}

/** What is left, in ms, as 4:05 or 1:02:09. */
export function sayLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const rest = pad(seconds % 60)
  return hours > 0 ? `${hours}:${pad(minutes)}:${rest}` : `${minutes}:${rest}`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
