import { DateTime } from 'luxon'

const ZONE = 'Asia/Shanghai'
/** A day that is named without a time. */
const NOON = 12
const DAYS: Record<string, number> = { 今天: 0, today: 0, 昨天: 1, yesterday: 1, 前天: 2 }
const DAY = `(?<word>${Object.keys(DAYS).join('|')})|(?:(?<year>\\d{4})[-/年.])?(?<month>1[0-2]|0?[1-9])[-/月](?<date>3[01]|[12]\\d|0?[1-9])[日号]?`
const TIME =
  '(?<part>凌晨|早上|上午|中午|下午|傍晚|晚上)?\\s*(?<hour>2[0-3]|[01]?\\d)(?::(?<minute>[0-5]\\d)|[点时](?:(?<half>半)|(?<minutes>[0-5]?\\d)分?)?)'
const WHOLE = new RegExp(`(?<!\\d)(?:(?:${DAY})[\\s,，T]*(?:${TIME})?|${TIME.replaceAll('?<', '?<only_')})(?!\\d)`, 'i')

/**
 * The last time before now that a text names by day, time or both, and the text without it; undefined when it names
 * none. A month without its year is that of the year that has passed.
 */
export function pastTime(text: string, now: number): { at: number; rest: string } | undefined {
  const found = WHOLE.exec(text)
  if (!found?.groups) return undefined
  const said = found.groups
  const of = (name: string): string | undefined => said[name] ?? said[`only_${name}`]
  const today = DateTime.fromMillis(now, { zone: ZONE }).startOf('day')
  const day = dayOf(said, today)
  const hour = of('hour')
  const minute = of('half') ? 30 : Number(of('minute') ?? of('minutes') ?? 0)
  const time = { hour: hour === undefined ? NOON : hourOf(Number(hour), of('part')), minute }
  let at = day.set(time)
  if (!at.isValid) return undefined
  if (at.toMillis() > now && said.month && !said.year) at = at.minus({ years: 1 })
  // A time alone is that of today, or of yesterday where today's is to come.
  if (at.toMillis() > now && said.only_hour) at = at.minus({ days: 1 })
  const rest = text.slice(0, found.index) + text.slice(found.index + found[0].length)
  return { at: Math.min(at.toMillis(), hour === undefined ? now : at.toMillis()), rest }
}

function dayOf(said: Record<string, string | undefined>, today: DateTime): DateTime {
  if (said.word) return today.minus({ days: DAYS[said.word.toLowerCase()] ?? 0 })
  if (!said.month) return today
  return today.set({ year: Number(said.year ?? today.year), month: Number(said.month), day: Number(said.date) })
}

function hourOf(hour: number, part = ''): number {
  const later = /下午|傍晚|晚上/.test(part) || (part === '中午' && hour < 3)
  return later && hour < 12 ? hour + 12 : hour
}
