import { z } from 'zod'
import { DAY, HOUR, MINUTE } from './clock.ts'
import { chinaDay } from './holidays.ts'
import { type Stretch, union } from './intervals.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const RANGE = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/

const range = z
  .string()
  .regex(RANGE, 'must be written HH:MM-HH:MM, for example 09:00-12:00')
  .refine((text) => text.slice(0, 5) !== text.slice(6), 'begins when it ends; a whole day is written 00:00-24:00')

/** The working ranges of one day, on the wall clock. */
export const rangesSchema = z.array(range).superRefine((list, issues) => {
  const spans = list.filter((text) => RANGE.test(text)).map(parseRange)
  spans.sort((a, b) => a[0] - b[0])
  for (const [i, span] of spans.entries()) {
    const before = spans[i - 1]
    if (before && span[0] < before[1]) issues.addIssue({ code: 'custom', message: 'two ranges of one day overlap' })
  }
})

/** What a day's working time depends on. */
export interface Workweek {
  week: Record<(typeof WEEKDAYS)[number], string[]>
  holidays: 'china' | 'none'
  makeUp?: string[]
  off: string[]
  on: Record<string, string[]>
}

/** The working minutes of a local day (counted from 1970-01-01): its own ranges and what crosses midnight into it. */
export function spansByDay(workweek: Workweek): (day: number) => Stretch[] {
  const parse = (list: string[]): Stretch[] => list.map(parseRange)
  const week = WEEKDAYS.map((day) => parse(workweek.week[day]))
  const makeUp = workweek.makeUp ? parse(workweek.makeUp) : (week.find((spans) => spans.length > 0) ?? [])
  const on = new Map(Object.entries(workweek.on).map(([day, list]) => [day, parse(list)]))
  const off = new Set(workweek.off)

  function begunOn(day: number): Stretch[] {
    const name = isoDay(day)
    const exception = on.get(name)
    if (exception) return exception
    if (off.has(name)) return []
    const holiday = workweek.holidays === 'china' ? chinaDay(name) : undefined
    if (holiday) return holiday === 'makeUp' ? makeUp : []
    // 1970-01-01 was a Thursday.
    return week[(((day + 3) % 7) + 7) % 7] ?? []
  }

  return (day) => {
    const spans = begunOn(day).map(([from, to]): Stretch => [from, Math.min(to, DAY / MINUTE)])
    for (const [, to] of begunOn(day - 1)) if (to > DAY / MINUTE) spans.push([0, to - DAY / MINUTE])
    return union(spans.map(([from, to]) => ({ from, to })))
  }
}

/** How long an ordinary working day is, in ms: Monday, or the first weekday that is worked at all. */
export function workdayMs(workweek: Pick<Workweek, 'week'>): number {
  const ranges = WEEKDAYS.map((day) => workweek.week[day]).find((list) => list.length > 0) ?? []
  return ranges.map(parseRange).reduce((sum, [from, to]) => sum + (to - from) * MINUTE, 0)
}

/** `22:00-06:00` as minutes [1320, 1800): what crosses midnight ends after 24:00. */
function parseRange(text: string): Stretch {
  const minutes = (clock: string): number => (Number(clock.slice(0, 2)) * HOUR) / MINUTE + Number(clock.slice(3))
  const from = minutes(text.slice(0, 5))
  const to = minutes(text.slice(6))
  return [from, to > from ? to : to + DAY / MINUTE]
}

/** A day counted from 1970-01-01 as `yyyy-mm-dd`. */
function isoDay(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10)
}
