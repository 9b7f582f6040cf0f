import { DateTime } from 'luxon'
import { DAY } from '../../lib/clock.ts'
import { spanMs } from '../../lib/span.ts'
import { timeMeant } from '../../lib/when.ts'
import type { Checked, Field, FieldKind, Say } from './field.ts'
import { halfWidth } from './plain.ts'

const ZONE = 'Asia/Shanghai'
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/
const ISO_MINUTE = /^(\d{4}-\d{2}-\d{2})[T ]+(\d{2}:\d{2})(?::00(?:\.0+)?)?$/

const asText = (value: unknown): string => (value as string | undefined) ?? ''

/** A day, kept as `2026-01-31`; while it is known what day it is, also as people say it (周五, 3天后). */
export const date: FieldKind = {
  kind: 'date',
  takes: ['earliest', 'latest', 'within', 'suggest', 'default'],
  missing: 'required_choice',
  check(field, value, { now }) {
    const written = halfWidth(value)
    const day = ISO_DAY.test(written) ? written : meant(written, now)?.slice(0, 10)
    if (!day || !DateTime.fromISO(day).isValid) return { why: 'not_a_date' }
    return outside(field, day, now) ?? { value: day }
  },
  describe: (_field, value, _context, say) => told(String(value), say),
  operand: asText,
}

/** A minute by the wall clock of the business, kept as `2026-01-31 14:30`; with `timeless` a day alone will do. */
export const datetime: FieldKind = {
  ...date,
  kind: 'datetime',
  takes: [...date.takes, 'timeless'],
  check(field, value, { now }) {
    const written = halfWidth(value).replace(ISO_MINUTE, '$1 $2')
    const known = /^\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?$/.test(written) ? written : meant(written, now)
    if (!known || !DateTime.fromSQL(known).isValid) return { why: 'not_a_datetime' }
    const timed = known.length > 10
    if (!timed && !field.timeless) {
      // Who says only the day means the beginning of work; who writes a date is asked for the rest.
      const said = now === undefined || known === written ? undefined : timeMeant(written, now)
      return said ? datetime.check(field, minuteOf(said.at), { now, options: [] }) : { why: 'not_a_datetime' }
    }
    return outside(field, known, now) ?? { value: known }
  },
}

/** The suggestions of a field that nobody could understand. */
export function strangeSuggestions({ suggest = [] }: Field): string[] {
  return suggest.filter((words) => !meant(words, Date.parse('2026-01-05T08:00:00+08:00')))
}

/** What people mean by their words, as a day or a minute; undefined when they name no time that is still to come. */
function meant(words: string, now: number | undefined): string | undefined {
  const when = now === undefined ? undefined : timeMeant(words, now)
  return when && (when.timed ? minuteOf(when.at) : minuteOf(when.at).slice(0, 10))
}

/** A day or a minute as people read it: without words, as it is kept. */
function told(value: string, say: Say): string {
  const at = DateTime.fromSQL(value, { zone: ZONE }).toMillis()
  return say(value.length > 10 ? 'minute' : 'day', { value, at })
}

function minuteOf(at: number): string {
  return DateTime.fromMillis(at, { zone: ZONE }).toFormat('yyyy-MM-dd HH:mm')
}

function outside({ earliest, latest, within }: Field, value: string, now: number | undefined): Checked | undefined {
  const day = value.slice(0, 10)
  if (earliest && day < earliest) return { why: 'too_early', data: { earliest } }
  if (latest && day > latest) return { why: 'too_late', data: { latest } }
  if (!within || now === undefined) return undefined
  if (value < minuteOf(now).slice(0, value.length)) return { why: 'day_past' }
  const last = minuteOf(now + spanMs(within, DAY)).slice(0, 10)
  return day > last ? { why: 'too_late', data: { latest: last } } : undefined
}
