import { DAY } from './clock.ts'

/** A day counted from 1970-01-01 as yyyymmdd. */
export function ymdOf(day: number): number {
  return Number(isoOf(day).replaceAll('-', ''))
}

/** A day counted from 1970-01-01 as yyyy-mm-dd. */
export function isoOf(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10)
}

/** The day, counted from 1970-01-01, that yyyymmdd names. */
export function dayOfYmd(ymd: number): number {
  return Date.UTC(Math.floor(ymd / 10_000), (Math.floor(ymd / 100) % 100) - 1, ymd % 100) / DAY
}
