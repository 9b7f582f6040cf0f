import { type Calendar, makeCalendar } from '../../lib/calendar.ts'
import { DAY } from '../../lib/clock.ts'
import { spanMs } from '../flows/flow.ts'
import type { Rule } from './rule.ts'

const calendars = new WeakMap<object, Calendar>()

/** The calendar of a rule, or undefined where its pack has none. */
export function calendarOf({ calendar }: Rule): Calendar | undefined {
  if (!calendar) return undefined
  let made = calendars.get(calendar)
  if (!made) {
    made = makeCalendar(calendar)
    calendars.set(calendar, made)
  }
  return made
}

/** A span of the clock on the wall in milliseconds. */
export function msOf(span: string): number {
  return spanMs(span, DAY)
}

/** An offset in milliseconds, before or after. */
export function offsetMs(offset: string): number {
  const sign = offset.startsWith('-') ? -1 : 1
  return sign * msOf(offset.replace(/^[-+]/, ''))
}

/** An offset in whole days, if it is one. */
export function offsetDays(offset: string): number | undefined {
  const ms = offsetMs(offset)
  return offset.trimEnd().endsWith('d') && Number.isInteger(ms / DAY) ? ms / DAY : undefined
}

/** The instant after which a span has passed: working days in the rule's working time, all else by the clock on the wall. */
export function afterSpan(rule: Rule, from: number, span: string): number {
  const calendar = calendarOf(rule)
  if (!span.endsWith('workday')) return from + msOf(span)
  return calendar ? calendar.add(from, spanMs(span, calendar.workdayMs)) : from + msOf(span)
}
