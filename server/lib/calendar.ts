import { z } from 'zod'
import { DAY, MINUTE } from './clock.ts'
import { CHINA_KNOWN_UNTIL } from './holidays.ts'
import { END_OF_TIME, type Interval, type Stretch, union } from './intervals.ts'
import { rangesSchema, spansByDay, WEEKDAYS, workdayMs } from './workday.ts'
import { isZone, remember, zoneOf } from './zone.ts'

export type { Interval } from './intervals.ts'

const date = z.iso.date('must be a day written yyyy-mm-dd')

/**
 * A working calendar as it stands in a pack (P7, P8). Ranges are read on the zone's wall clock; one that ends before
 * it begins crosses midnight and belongs to the day on which it begins. `on` beats `off` beats public holidays beats
 * the week.
 */
export const calendarSchema = z
  .strictObject({
    zone: z.string().refine((zone) => isZone(zone), 'is not a time zone, for example Asia/Shanghai'),
    week: z
      .strictObject(Object.fromEntries(WEEKDAYS.map((day) => [day, rangesSchema.default([])])) as WeekShape)
      .refine((week) => Object.values(week).some((day) => day.length > 0), 'has no working time at all'),
    holidays: z.enum(['china', 'none']).default('none'),
    makeUp: rangesSchema.optional(),
    off: z.array(date).default([]),
    on: z.record(date, rangesSchema).default({}),
  })
  .superRefine(({ off, on }, issues) => {
    for (const [i, day] of off.entries()) {
      if (day in on) issues.addIssue({ code: 'custom', path: ['off', i], message: `${day} also stands under "on"` })
    }
  })
type WeekShape = Record<(typeof WEEKDAYS)[number], z.ZodDefault<typeof rangesSchema>>

export type CalendarDefinition = z.infer<typeof calendarSchema>

/** Working time, told in ms UTC. Built once per definition and shared: it remembers the days it was asked about. */
export interface Calendar {
  readonly zone: string
  /** The last day (yyyymmdd) whose public holidays are known, later ones go by weekday; undefined where none count. */
  readonly knownUntil: number | undefined
  /** How long an ordinary working day is: Monday, or the first weekday that is worked at all. */
  readonly workdayMs: number
  isWorking(at: number): boolean
  /** The first working instant at or after `at`. */
  nextWorking(at: number): number
  /**
   * The deadline: the first instant by which `workMs` of working time outside the pauses have passed since `start`
   * (so the end of a working day rather than the beginning of the next one, and `start` itself for a span of 0).
   * Infinity if a pause that is still open keeps it from ever coming.
   */
  add(start: number, workMs: number, pauses?: readonly Interval[]): number
  /** The last instant from which `workMs` of working time are left until `end`. */
  before(end: number, workMs: number): number
  /** The working ms in [from, to) outside the pauses; 0 if `to` does not lie after `from`. */
  between(from: number, to: number, pauses?: readonly Interval[]): number
  /** The day in the calendar's zone, yyyymmdd. */
  businessDay(at: number): number
}

/** Makes the calendar of a definition that has passed `calendarSchema`. */
export function makeCalendar(definition: CalendarDefinition): Calendar {
  const zone = zoneOf(definition.zone)
  const spansOf = spansByDay(definition)

  // Working time is cut into UTC days: whatever the zone's clock does, these follow each other without gap or overlap.
  const windowsOf = remember((utcDay: number): Stretch[] => {
    const windows: Stretch[] = []
    for (const [from, to, shift] of zone.stretches(utcDay)) {
      const lastDay = Math.floor((to - 1 + shift) / DAY)
      for (let day = Math.floor((from + shift) / DAY); day <= lastDay; day++) {
        for (const span of spansOf(day)) {
          const start = Math.max(from, day * DAY + span[0] * MINUTE - shift)
          const end = Math.min(to, day * DAY + span[1] * MINUTE - shift)
          if (start < end) windows.push([start, end])
        }
      }
    }
    return windows
  })

  /** Shows the free stretches of working time from `start` on, in order, until `take` says it has enough. */
  function walk(start: number, end: number, breaks: Stretch[], take: (from: number, to: number) => boolean): void {
    let next = 0
    for (let day = Math.floor(start / DAY); day * DAY < end; day++) {
      for (const [opens, closes] of windowsOf(day)) {
        let at = Math.max(opens, start)
        const until = Math.min(closes, end)
        while (at < until) {
          let pause = breaks[next]
          while (pause && pause[1] <= at) pause = breaks[++next]
          if (!pause || pause[0] >= until) {
            if (take(at, until)) return
            break
          }
          if (pause[0] > at && take(at, pause[0])) return
          if (pause[1] === Number.POSITIVE_INFINITY) return
          at = pause[1]
        }
      }
    }
  }

  return {
    zone: definition.zone,
    knownUntil: definition.holidays === 'china' ? CHINA_KNOWN_UNTIL : undefined,
    workdayMs: workdayMs(definition),
    isWorking: (at) => windowsOf(Math.floor(instant(at) / DAY)).some(([from, to]) => from <= at && at < to),
    nextWorking(at) {
      let found = Number.POSITIVE_INFINITY
      walk(instant(at), END_OF_TIME, [], (from) => {
        found = from
        return true
      })
      return found
    },
    add(start, workMs, pauses = []) {
      if (!(workMs >= 0 && workMs < END_OF_TIME)) throw new RangeError(`not a span of working time: ${workMs}`)
      if (workMs === 0) return instant(start)
      let left = workMs
      let deadline = Number.POSITIVE_INFINITY
      walk(instant(start), END_OF_TIME, union(pauses), (from, to) => {
        if (left <= to - from) deadline = from + left
        left -= to - from
        return left <= 0
      })
      return deadline
    },
    before(end, workMs) {
      if (!(workMs > 0 && workMs < END_OF_TIME)) throw new RangeError(`not a span of working time: ${workMs}`)
      let left = workMs
      for (let day = Math.floor(instant(end) / DAY); ; day--) {
        for (const [opens, closes] of windowsOf(day).toReversed()) {
          const until = Math.min(closes, end)
          if (left <= until - opens) return until - left
          left -= Math.max(0, until - opens)
        }
      }
    },
    between(from, to, pauses = []) {
      let total = 0
      walk(instant(from), instant(to), union(pauses), (a, b) => {
        total += b - a
        return false
      })
      return total
    },
    businessDay: (at) => Number(zone.wall(instant(at)).toISOString().slice(0, 10).replaceAll('-', '')),
  }
}

/** A calendar that always works: for limits that run around the clock. */
export function alwaysCalendar(zone = 'Asia/Shanghai'): Calendar {
  const week = Object.fromEntries(WEEKDAYS.map((day) => [day, ['00:00-24:00']]))
  return makeCalendar(calendarSchema.parse({ zone, week }))
}

function instant(at: number): number {
  if (!Number.isFinite(at)) throw new RangeError(`not an instant: ${at}`)
  return at
}
