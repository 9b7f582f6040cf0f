import { DAY, HOUR, MINUTE } from './clock.ts'
import { dayOf, remember, startOfDay, type Zone, zoneOf } from './zone.ts'

/** The moment to which the time words of a condition are relative. */
export interface When {
  now: number
  /** Whose days count; default: Asia/Shanghai. */
  zone?: string
}

/** A range of values, [from, to). */
export type Range = [from: number, to: number]

/** A time word, made ready for use. */
export interface TimeTest {
  /** The values that it wants at a moment. */
  ranges(when: When): Range[]
  /** The moments after `when` at which it changes its mind about a value, in no order; of endless ones the next few. */
  turns(value: number, when: When): number[]
  /** Whether it changes its mind again and again. */
  endless?: true
}

export interface TimeWord {
  /** Why an operand will not do, or undefined. */
  check(operand: unknown): string | undefined
  make(operand: string): TimeTest
}

const ZONE = 'Asia/Shanghai'
const SPAN = /^(\d+(?:\.\d+)?) ?(min|h|d)$/
const UNITS: Record<string, number> = { min: MINUTE, h: HOUR, d: DAY }
/** `today`, `in 7 d`, `7 d ago`, `next 7 d` and `last 7 d`, both with today. */
const DAYS = /^(?:today|in (?<ahead>\d{1,3}) d|(?<ago>\d{1,3}) d ago|next (?<next>\d{1,3}) d|last (?<last>\d{1,3}) d)$/
const LEAP_DAY = 229
/** Up to here a number is a day of any year, written as month and day: 1231. Above it is an instant. */
const LAST_MONTH_DAY = 1231
/** A day further away than this is not meant relative to today. */
const MOST_DAYS = 366
/** How far back what returns yearly is looked for. */
const FIRST_YEAR = 1970

const checkSpan = (operand: unknown): string | undefined =>
  typeof operand === 'string' && SPAN.test(operand) ? undefined : 'must be a span of the clock such as "30 d" or "12 h"'
const checkDate = (operand: unknown): string | undefined =>
  typeof operand === 'string' && dayNumber(operand) !== undefined ? undefined : 'must be a day such as "2026-01-31"'
const checkDays = (operand: unknown): string | undefined => {
  if (typeof operand !== 'string' || !DAYS.test(operand))
    return 'must be "today", "in 7 d", "7 d ago", "next 7 d" or "last 7 d"'
  return offsets(operand).some((days) => Math.abs(days) > MOST_DAYS)
    ? `must not be more than ${MOST_DAYS} d`
    : undefined
}

/** Words about instants (and `$yearly` also about days of any year) that conditions may use where a moment is known. */
export const TIME_WORDS: Record<string, TimeWord> = {
  /** At least so long ago. */
  $before: bySpan(
    (ms, now) => [[Number.NEGATIVE_INFINITY, now - ms + 1]],
    (ms, value) => [value + ms],
  ),
  /** Within the last so long. */
  $within: bySpan(
    (ms, now) => [[now - ms + 1, now + 1]],
    (ms, value) => [value, value + ms],
  ),
  /** Within the coming so long, and not now. */
  $coming: bySpan(
    (ms, now) => [[now + 1, now + ms + 1]],
    (ms, value) => [value - ms, value],
  ),
  /** On that day or later. */
  $since: byDate((start) => [[start, Number.POSITIVE_INFINITY]], 0),
  /** On that day or earlier. */
  $until: byDate((start) => [[Number.NEGATIVE_INFINITY, start]], 1),
  /** On a day relative to today. */
  $on: {
    check: checkDays,
    make(operand) {
      const [from, to] = offsets(operand)
      return {
        ranges: withDay((zone, today) => [[startOfDay(zone, today + from), startOfDay(zone, today + to + 1)]]),
        turns(value, { zone: name = ZONE }) {
          const zone = zoneOf(name)
          const day = dayOf(zone, value)
          return [startOfDay(zone, day - to), startOfDay(zone, day - from + 1)]
        },
      }
    },
  },
  /** The same day in an earlier year, or a day of any year (`1123` for 23 November), on a day relative to today. */
  $yearly: {
    check: checkDays,
    make(operand) {
      const [from, to] = offsets(operand)
      return {
        endless: true,
        ranges: withDay((zone, today) => returning(zone, today + from, today + to)),
        turns: (value, when) => turnsOfYear(value, [from, to], when),
      }
    },
  },
}

function bySpan(
  ranges: (ms: number, now: number) => Range[],
  turns: (ms: number, value: number) => number[],
): TimeWord {
  return {
    check: checkSpan,
    make(operand) {
      const [, amount, unit = ''] = SPAN.exec(operand) ?? []
      const ms = Math.round(Number(amount) * (UNITS[unit] ?? Number.NaN))
      return { ranges: ({ now }) => ranges(ms, now), turns: (value) => turns(ms, value) }
    },
  }
}

function byDate(ranges: (start: number) => Range[], more: number): TimeWord {
  return {
    check: checkDate,
    make(operand) {
      const day = (dayNumber(operand) ?? Number.NaN) + more
      return { ranges: ({ zone = ZONE }) => ranges(startOfDay(zoneOf(zone), day)), turns: () => [] }
    },
  }
}

/** Ranges that depend on the day alone are remembered by it. */
function withDay(find: (zone: Zone, today: number) => Range[]): TimeTest['ranges'] {
  const byZone = new Map<string, (today: number) => Range[]>()
  return ({ now, zone: name = ZONE }) => {
    const zone = zoneOf(name)
    let found = byZone.get(name)
    if (!found) {
      found = remember((today) => find(zone, today))
      byZone.set(name, found)
    }
    return found(dayOf(zone, now))
  }
}

/** The first and the last day that are meant, counted from today. */
function offsets(phrase: string): [from: number, to: number] {
  const { ahead, ago, next, last } = DAYS.exec(phrase)?.groups ?? {}
  if (next) return [0, Number(next)]
  if (last) return [-Number(last), 0]
  const day = ahead ? Number(ahead) : ago ? -Number(ago) : 0
  return [day, day]
}

/** What falls on the days from `first` to `last`: as days of any year, and as instants of the years before. */
function returning(zone: Zone, first: number, last: number): Range[] {
  const ranges = monthDays(first, last)
  const [begin, end] = [dateOf(first), dateOf(last)]
  // Whoever was born on 29 February celebrates on the 28th of common years, and so belongs to that day alone.
  const lastDay = end.monthDay === LEAP_DAY - 1 && !isLeap(end.year) ? LEAP_DAY : end.monthDay
  for (let ago = 1; end.year - ago >= FIRST_YEAR; ago++) {
    const from = dayIn(begin.year - ago, begin.monthDay)
    const to = dayIn(end.year - ago, lastDay === LEAP_DAY && !isLeap(end.year - ago) ? LEAP_DAY - 1 : lastDay)
    // Nobody came in the first seconds of 1970, which are days of any year.
    const start = Math.max(startOfDay(zone, from), LAST_MONTH_DAY + 1)
    if (to >= from) ranges.push([start, startOfDay(zone, to + 1)])
  }
  return ranges
}

/** Days of any year, month by month. */
function monthDays(first: number, last: number): Range[] {
  const ranges: Range[] = []
  for (let day = first; day <= last; day++) {
    const { year, monthDay } = dateOf(day)
    const end = (monthDay === LEAP_DAY - 1 && !isLeap(year) ? LEAP_DAY : monthDay) + 1
    const before = ranges.at(-1)
    if (before && before[1] === monthDay) before[1] = end
    else ranges.push([monthDay, end])
  }
  return ranges
}

function turnsOfYear(value: number, [from, to]: [number, number], { now, zone: name = ZONE }: When): number[] {
  const zone = zoneOf(name)
  const today = dayOf(zone, now)
  const born = value <= LAST_MONTH_DAY ? { year: 0, monthDay: Math.floor(value) } : dateOf(dayOf(zone, value))
  const thisYear = dateOf(today).year
  const turns: number[] = []
  for (let year = thisYear - 2; year <= thisYear + 2; year++) {
    if (year <= born.year) continue
    const day = born.monthDay === LEAP_DAY && !isLeap(year) ? dayIn(year, LEAP_DAY - 1) : dayIn(year, born.monthDay)
    turns.push(startOfDay(zone, day - to), startOfDay(zone, day - from + 1))
  }
  return turns
}

/** A day `yyyy-mm-dd` counted from 1970-01-01, or undefined if there is no such day. */
function dayNumber(date: string): number | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN
  return new Date(at).getTime() === at && new Date(at).toISOString().startsWith(date) ? at / DAY : undefined
}

function dateOf(day: number): { year: number; monthDay: number } {
  const date = new Date(day * DAY)
  return { year: date.getUTCFullYear(), monthDay: (date.getUTCMonth() + 1) * 100 + date.getUTCDate() }
}

function dayIn(year: number, monthDay: number): number {
  return Date.UTC(year, Math.floor(monthDay / 100) - 1, monthDay % 100) / DAY
}

function isLeap(year: number): boolean {
  return new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1
}
