import { DateTime } from 'luxon'
import { Invalid } from './errors.ts'

/** A time that somebody wrote, whether they named more than the day, and the text without it. */
export interface When {
  at: number
  timed: boolean
  rest: string
}

const ZONE = 'Asia/Shanghai'
/** A day named without a time means the beginning of work. */
const MORNING = 9
/** The hour that a part of the day begins with, where no hour is named. */
const PARTS: Record<string, number> = {
  上午: MORNING,
  早上: MORNING,
  中午: 12,
  下午: 14,
  傍晚: 17,
  晚上: 20,
  morning: MORNING,
  noon: 12,
  afternoon: 14,
  evening: 20,
}
const PART = new RegExp(`(?:in the |at )?(${Object.keys(PARTS).join('|')})`, 'i')
const NUMBERS = '零一二三四五六七八九十'
const N = '(\\d{1,4}|[零一二两三四五六七八九十]{1,3})'
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

const SPAN = new RegExp(
  `(?:in )?(?:${N} ?(?:个)?|(半|half )个?(?:an )?|an? )(半)? ?(分钟|分|小时|钟头|天|minutes?|mins?|hours?|hrs?|h|days?)(?![a-z]) ?(?:之后|以后|后)?`,
  'i',
)
const DAY = new RegExp(
  [
    '(?<today>今天|今晚|tonight|today)',
    '(?<tomorrow>明天|明早|明晚|tomorrow)',
    '(?<after>(?<!大)后天|the day after tomorrow)',
    '(?<after3>大后天)',
    '(?<next>下下?个?|next )?(?:周|星期|礼拜|on )?(?<weekday>(?<=(?<!上个?)(?:周|星期|礼拜))[一二三四五六日天]|\\b(?:mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?\\b)',
    '(?<nextmonth>下个?月) ?(?<monthday>3[01]|[12]\\d|0?[1-9])[日号]',
    '(?<![\\d:])(?:(?<year>\\d{4})[-/年])?(?<month>1[0-2]|0?[1-9])[-/月](?<date>3[01]|[12]\\d|0?[1-9])[日号]?(?![\\d:])',
  ].join('|'),
  'i',
)
const TIME =
  /(?<part>上午|下午|中午|晚上|早上|凌晨|傍晚|早|晚)? ?(?:at )?(?:(?<hour>\d{1,2})(?::(?<minute>\d{2})| ?(?<half>am|pm)(?![a-z])| ?[点时](?! ?间)(?<rest>半|一刻|三刻|\d{1,2}分?)?)|(?<word>[零一二两三四五六七八九十]{1,3})点(?<rest2>半|一刻|三刻|\d{1,2}分?)?)(?: ?(?<half2>am|pm)(?![a-z]))?/i

/** The first time that a text names, as of now; undefined when it names none. Throws Invalid for one that has passed or is none. */
export function findTime(text: string, now: number): When | undefined {
  const span = spanIn(text, now)
  const found = span ?? clockIn(text, DateTime.fromMillis(now, { zone: ZONE }))
  if (found && found.at <= now) throw new Invalid('time', 'when_past')
  return found && { ...found, rest: tidied(found.rest) }
}

/** The same, where a time that has passed and one that is none are simply not understood. */
export function timeMeant(text: string, now: number): When | undefined {
  try {
    return findTime(text, now)
  } catch (error) {
    if (error instanceof Invalid) return undefined
    throw error
  }
}

function spanIn(text: string, now: number): When | undefined {
  const match = SPAN.exec(text)
  // "30 minutes" of something is no time; "in 30 minutes" and "30分钟后" are.
  if (!match || !/^in |后$/i.test(match[0].trim())) return undefined
  const [whole, amount, half, andHalf, unit = ''] = match
  const count = (amount ? numberOf(amount) : half ? 0.5 : 1) + (andHalf ? 0.5 : 0)
  const size = /^(分|min)/i.test(unit) ? 60_000 : /^(天|day)/i.test(unit) ? 86_400_000 : 3_600_000
  return { at: now + Math.round(count * size), timed: size < 86_400_000, rest: text.replace(whole, ' ') }
}

function clockIn(text: string, now: DateTime): When | undefined {
  const day = DAY.exec(text)
  const later = day ? text.replace(day[0], ' ') : text
  const time = TIME.exec(later)
  if (!day && !time) return undefined
  const date = day ? dayOf(day, now) : now.startOf('day')
  const part = day && !time ? PART.exec(later) : undefined
  const [hour, minute] = time ? timeOf(time, day?.[0] ?? '') : [hourOf(part?.[1], day?.[0] ?? ''), 0]
  if (!date.isValid || hour > 23 || minute > 59) throw new Invalid('time', 'when_wrong')
  const at = date.set({ hour, minute })
  const said = time ?? part
  const rest = said ? later.replace(said[0], ' ') : later
  const timed = Boolean(said) || /[早晚]|tonight/.test(day?.[0] ?? '')
  return { at: (at <= now ? nextTime(at, day) : at).toMillis(), timed, rest }
}

/** A time of day alone means the next time that the clock shows it, and a weekday the next of its name. */
function nextTime(at: DateTime, day: RegExpExecArray | null): DateTime {
  if (!day) return at.plus({ days: 1 })
  return day.groups?.weekday && !day.groups.next ? at.plus({ weeks: 1 }) : at
}

function hourOf(part: string | undefined, day: string): number {
  if (part) return PARTS[part.toLowerCase()] ?? MORNING
  return /晚|tonight/.test(day) ? 20 : MORNING
}

function dayOf({ groups = {} }: RegExpExecArray, now: DateTime): DateTime {
  const today = now.startOf('day')
  if (groups.today) return today
  if (groups.tomorrow) return today.plus({ days: 1 })
  if (groups.after) return today.plus({ days: 2 })
  if (groups.after3) return today.plus({ days: 3 })
  if (groups.weekday) {
    const named = '一二三四五六'.indexOf(groups.weekday)
    const place = named >= 0 ? named : WEEKDAYS.indexOf(groups.weekday.slice(0, 3).toLowerCase())
    const weekday = place >= 0 ? place + 1 : 7
    if (groups.next) return today.startOf('week').plus({ weeks: /下下/.test(groups.next) ? 2 : 1, days: weekday - 1 })
    return today.plus({ days: (weekday - now.weekday + 7) % 7 })
  }
  if (groups.nextmonth)
    return today
      .startOf('month')
      .plus({ months: 1 })
      .set({ day: Number(groups.monthday) })
  const date = DateTime.fromObject(
    { year: Number(groups.year ?? now.year), month: Number(groups.month), day: Number(groups.date) },
    { zone: ZONE },
  )
  return !groups.year && date < today ? date.plus({ years: 1 }) : date
}

function timeOf({ groups = {} }: RegExpExecArray, day: string): [hour: number, minute: number] {
  const said = groups.hour ? Number(groups.hour) : numberOf(groups.word ?? '')
  const rest = groups.rest ?? groups.rest2 ?? ''
  const minute = groups.minute
    ? Number(groups.minute)
    : ({ 半: 30, 一刻: 15, 三刻: 45 }[rest] ?? (Number.parseInt(rest, 10) || 0))
  const half = (groups.half ?? groups.half2 ?? '').toLowerCase()
  const part = groups.part ?? (/晚|tonight/.test(day) ? '晚上' : '')
  const afternoon = half === 'pm' || ['下午', '晚上', '傍晚', '晚'].includes(part) || (part === '中午' && said < 11)
  if (afternoon && said < 12) return [said + 12, minute]
  return [half === 'am' && said === 12 ? 0 : said, minute]
}

function numberOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  const digits = [...text.replace('两', '二')]
  const ten = digits.indexOf('十')
  const value = (one: string | undefined, none: number) => (one === undefined ? none : NUMBERS.indexOf(one))
  if (ten < 0) return digits.reduce((sum, digit) => sum * 10 + NUMBERS.indexOf(digit), 0)
  return value(digits[ten - 1], 1) * 10 + value(digits[ten + 1], 0)
}

function tidied(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/^[\s,，、:：]+|[\s,，、:：]+$/g, '')
}
