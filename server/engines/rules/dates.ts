import { DateTime } from 'luxon'
import { clockParts } from '../../lib/clock-time.ts'
import { offsetDays, offsetMs } from './times.ts'
import type { DateTrigger } from './trigger.ts'

/** How an instant is reckoned from a date. */
interface Reckoning {
  offset: string
  at?: string
  zone: string
}

/**
 * The instant that lies so far from a date as facts tell it: milliseconds, `yyyymmdd` or `yyyy-mm-dd`; undefined where
 * it is none. Whole days are days of the calendar, and a time of day is one of that day.
 */
export function instantOf(value: unknown, { offset, at, zone }: Reckoning): number | undefined {
  const date = dateOf(value, zone)
  if (!date) return undefined
  const days = offsetDays(offset)
  const moved = days === undefined ? date.plus({ milliseconds: offsetMs(offset) }) : date.plus({ days })
  return onTime(moved, at)
}

/** A firing of a trigger that goes by a date. */
export interface DateFiring {
  /** The day that is kept: the date itself, or this year's. */
  occursAt: number
  firesAt: number
  /** How many years it is since the date, where it tells a year. */
  years?: number
}

/** The first firing for a date that is not before an instant; undefined where there is none. */
export function nextFiring(
  value: unknown,
  { offset, at, yearly }: Pick<DateTrigger, 'offset' | 'at' | 'yearly'>,
  zone: string,
  from: number,
): DateFiring | undefined {
  if (!yearly) {
    const firesAt = instantOf(value, { offset, at, zone })
    const occursAt = dateOf(value, zone)?.toMillis()
    if (firesAt === undefined || occursAt === undefined || firesAt < from) return undefined
    return { occursAt, firesAt }
  }
  const kept = keptOf(value, zone)
  if (!kept) return undefined
  const here = DateTime.fromMillis(from, { zone })
  // An offset may lead over the turn of a year, either way.
  for (let year = here.year - 1; year <= here.year + 2; year++) {
    const day = onYear(kept, year, zone)
    // The day itself is no anniversary.
    if (kept.year !== undefined && year <= kept.year) continue
    const firesAt = instantOf(day.toMillis(), { offset, at: at ?? '00:00', zone })
    if (firesAt === undefined || firesAt < from) continue
    return { occursAt: day.toMillis(), firesAt, ...(kept.year !== undefined && { years: year - kept.year }) }
  }
  return undefined
}

interface Kept {
  year?: number
  month: number
  day: number
}

/** The 29th of February is kept on the 28th where the year has none. */
function onYear({ month, day }: Kept, year: number, zone: string): DateTime {
  const first = DateTime.fromObject({ year, month, day: 1 }, { zone })
  return first.set({ day: Math.min(day, first.daysInMonth ?? day) })
}

/** Month and day of a date, with its year if it tells one: `MMDD` and `MM-DD` do not. */
function keptOf(value: unknown, zone: string): Kept | undefined {
  const text = String(value ?? '')
  const [, month, day] = /^(\d{1,2})-?(\d{2})$/.exec(text) ?? []
  if (month && day && text.length <= 5) {
    const kept = { month: Number(month), day: Number(day) }
    // 2024 had a 29th of February.
    return DateTime.fromObject({ year: 2024, ...kept }).isValid ? kept : undefined
  }
  const date = dateOf(value, zone)
  return date && { year: date.year, month: date.month, day: date.day }
}

function dateOf(value: unknown, zone: string): DateTime | undefined {
  const date = parsed(value, zone)
  return date?.isValid ? date : undefined
}

function parsed(value: unknown, zone: string): DateTime | undefined {
  if (typeof value === 'number') {
    // Eight digits are a day; as milliseconds they, and all that is less, would be one of 1970.
    if (value < 10_000_000) return undefined
    if (value < 100_000_000) return DateTime.fromFormat(String(value), 'yyyyMMdd', { zone })
    return DateTime.fromMillis(value, { zone })
  }
  if (typeof value !== 'string') return undefined
  if (/^\d{8}$/.test(value)) return DateTime.fromFormat(value, 'yyyyMMdd', { zone })
  return /^\d{4}-\d{2}-\d{2}/.test(value) ? DateTime.fromISO(value, { zone }) : undefined
}

function onTime(date: DateTime, at: string | undefined): number {
  return (at === undefined ? date : date.startOf('day').set(clockParts(at))).toMillis()
}
