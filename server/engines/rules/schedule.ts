import { DateTime } from 'luxon'
import { clockParts } from '../../lib/clock-time.ts'
import { WEEKDAYS } from '../../lib/workday.ts'
import type { Rule } from './rule.ts'
import { calendarOf } from './times.ts'
import type { ScheduleTrigger } from './trigger.ts'

/** Further than this nobody looks: the 29th of February comes every eight years at the latest. */
const DAYS_AHEAD = 366 * 9

/** The first firing of a schedule behind an instant. */
export function nextOccurrence(rule: Rule, trigger: ScheduleTrigger, after: number): number | undefined {
  return search(rule, trigger, after, 1)
}

/** The last firing of a schedule that is not behind an instant. */
export function lastOccurrence(rule: Rule, trigger: ScheduleTrigger, until: number): number | undefined {
  return search(rule, trigger, until, -1)
}

function search(rule: Rule, trigger: ScheduleTrigger, from: number, way: 1 | -1): number | undefined {
  const today = DateTime.fromMillis(from, { zone: rule.zone }).startOf('day')
  for (let n = 0; n < DAYS_AHEAD; n++) {
    const day = today.plus({ days: n * way })
    if (!isOn(rule, trigger, day)) continue
    const at = day.set(clockParts(trigger.at)).toMillis()
    if (way === 1 ? at > from : at <= from) return at
  }
  return undefined
}

function isOn(rule: Rule, { every, on }: ScheduleTrigger, day: DateTime): boolean {
  switch (every) {
    case 'day':
      return true
    case 'workday': {
      const calendar = calendarOf(rule)
      return calendar ? calendar.between(day.toMillis(), day.plus({ days: 1 }).toMillis()) > 0 : day.weekday <= 5
    }
    case 'week':
      return Array.isArray(on) && on.includes(WEEKDAYS[day.weekday - 1] as (typeof WEEKDAYS)[number])
    case 'month':
      // The 31st is the last day of a month that has fewer.
      return day.day === Math.min(Number(on), day.daysInMonth ?? 31)
    case 'year':
      return on === day.toFormat('MM-dd') || (on === '02-29' && !day.isInLeapYear && day.toFormat('MM-dd') === '02-28')
  }
}
