import { capitalAmount } from './capital.ts'
import { type Clock, DAY, HOUR, MINUTE } from './clock.ts'
import { zoneOf } from './zone.ts'

/** What a helper was handed beside its arguments. */
export interface HelperCall {
  /** The named arguments: `{{datetime dueAt now=sentAt}}`. */
  hash: Record<string, unknown>
  /** The data with which the whole template is rendered. */
  root: Record<string, unknown>
}
export type Helper = (args: unknown[], call: HelperCall) => unknown

/** Where the helpers take their words and their time from. */
export interface FormatSettings {
  /** Renders a word of templates/messages/format.yaml. */
  say(word: string, data: Record<string, unknown>): string
  zone: string
  clock: Clock
}

/** The words that templates/messages/format.yaml must have. */
export const FORMAT_WORDS = [
  'date',
  'date_with_year',
  'yesterday',
  'today',
  'tomorrow',
  'other_day',
  'dated',
  'md',
  'ymd',
  'workdays',
  'days',
  'hours',
  'minutes',
  'under_a_minute',
  'money',
  'debt',
  ...['digits', 'tens', 'groups', 'money', 'whole'].map((sign) => `capital.${sign}`),
  'separator',
  ...[0, 1, 2, 3, 4, 5, 6].map((day) => `weekdays.${day}`),
]

/** What the units of a pack's spans are called in templates/messages/format.yaml. */
const UNITS: Record<string, string> = { min: 'minutes', h: 'hours', d: 'days', workday: 'workdays' }

/** The helpers that templates may use. They only format; each throws RangeError for a value that it cannot show. */
export function formatHelpers({ say, zone, clock }: FormatSettings): Record<string, Helper> {
  const { wall } = zoneOf(zone)
  // The local day and time stand in the UTC fields.
  const local = (at: unknown): Date => wall(number(at))
  const nowOf = ({ hash, root }: HelperCall): Date => local(hash.now ?? root.now ?? clock.now())
  const timeOf = (at: Date): string => at.toISOString().slice(11, 16)

  function day(at: Date, now: Date): string {
    const year = at.getUTCFullYear()
    const weekday = say(`weekdays.${(at.getUTCDay() + 6) % 7}`, {})
    const data = { year, month: at.getUTCMonth() + 1, day: at.getUTCDate(), weekday }
    return say(year === now.getUTCFullYear() ? 'date' : 'date_with_year', data)
  }

  function moment(at: Date, now: Date): string {
    const time = timeOf(at)
    const ahead = Math.floor(at.getTime() / DAY) - Math.floor(now.getTime() / DAY)
    if (ahead === 0) return say('today', { time })
    if (ahead === 1) return say('tomorrow', { time })
    if (ahead === -1) return say('yesterday', { time })
    return say('other_day', { date: day(at, now), time })
  }

  /** At most two units, to the nearest of the smaller one; below zero counts as nothing. */
  function span(ms: number, inHours: boolean): string {
    const minutes = Math.round(Math.max(0, ms) / MINUTE)
    if (minutes === 0) return say('under_a_minute', {})
    const words = inHours || minutes * MINUTE < DAY ? ['hours', 'minutes'] : ['days', 'hours']
    const small = words[0] === 'hours' ? minutes : Math.round((minutes * MINUTE) / HOUR)
    const size = words[0] === 'hours' ? HOUR / MINUTE : DAY / HOUR
    const parts = [Math.floor(small / size), small % size]
    return parts.flatMap((n, i) => (n > 0 ? say(words[i] as string, { n }) : [])).join(' ')
  }

  return {
    /** 11月24日 周二; with the year where it is not the present one. */
    date: ([at], call) => day(local(at), nowOf(call)),
    /** 11月24日, where there is little room. */
    md([at]) {
      const then = local(at)
      return say('md', { month: then.getUTCMonth() + 1, day: then.getUTCDate() })
    },
    /** 2026年11月24日, for papers. */
    ymd([at]) {
      const then = local(at)
      return say('ymd', { year: then.getUTCFullYear(), month: then.getUTCMonth() + 1, day: then.getUTCDate() })
    },
    /** 14:30 */
    time: ([at]) => timeOf(local(at)),
    /** 2026-11-24 14:30, as machines and forms want it. */
    stamp: ([at]) => local(at).toISOString().slice(0, 16).replace('T', ' '),
    /** 今天 14:30, 明天 09:10, 11月24日 周二 14:30; today is the day of `now`, in the call, the data or on the clock. */
    datetime: ([at], call) => moment(local(at), nowOf(call)),
    /** 11月24日 14:30, for what is read again on another day: the same whenever it is written. */
    dated([at]) {
      const then = local(at)
      return say('dated', { month: then.getUTCMonth() + 1, day: then.getUTCDate(), time: timeOf(then) })
    },
    /** Milliseconds as 10 分钟, 1 小时 30 分钟, 2 天; `in='hours'` for working time, where a day is not 24 hours. */
    duration: ([ms], { hash }) => span(number(ms), hash.in === 'hours'),
    /** A span of a pack, `2 h` or `1 workday`, in our words: 2 小时, 1 个工作日. */
    span([written]) {
      const [, n, unit = ''] = /^([\d.]+) ?(\w+)$/.exec(text(written)) ?? []
      const word = UNITS[unit]
      if (!word) throw new RangeError(`${String(written)} is no span`)
      return say(word, { n })
    },
    /** 138****1234 */
    phone: ([value]) => maskPhone(text(value)),
    /** 王** */
    name: ([value]) => maskName(text(value)),
    /** Fen as ￥1,234.50. */
    money([value]) {
      const fen = number(value)
      return say(fen < 0 ? 'debt' : 'money', { yuan: groupedYuan(Math.abs(fen)) })
    },
    /** Fen as 12,345.00, for tables and papers. */
    amount: ([value]) => groupedYuan(number(value)),
    /** Fen written out: 壹万陆仟肆佰零玖元零贰分. */
    capital([value]) {
      const sign = (name: string) => say(`capital.${name}`, {})
      const signs = { digits: sign('digits'), tens: sign('tens'), groups: sign('groups'), money: sign('money') }
      return capitalAmount(number(value), { ...signs, whole: sign('whole') })
    },
    /** The first argument that is there and not empty. */
    default: (args) => args.find((value) => value !== undefined && value !== null && value !== '') ?? '',
    eq: ([a, b]) => a === b,
    /** The size in which a text is no wider than this, at most the one that is wanted: drawings do not break lines. */
    fit: ([value, width, size]) => fitting(text(value), number(width), number(size)),
    /** A list with a separator between its items. */
    join([list, separator = say('separator', {})]) {
      if (!Array.isArray(list)) throw new RangeError('is no list')
      return Array.from(list, text).join(text(separator))
    },
  }
}

/** Fen as yuan with separators between thousands: 12,345.00. */
export function groupedYuan(fen: number): string {
  if (!Number.isSafeInteger(fen)) throw new RangeError(`${fen} is no whole number of fen`)
  const [yuan = '', part = ''] = (Math.abs(fen) / 100).toFixed(2).split('.')
  return `${fen < 0 ? '-' : ''}${yuan.replace(/\B(?=(\d{3})+$)/g, ',')}.${part}`
}

/** Hides the middle of a phone number: 138****1234. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/[\s-]/g, '')
  return digits.length < 8 ? '*'.repeat(digits.length) : `${digits.slice(0, 3)}****${digits.slice(-4)}`
}

/** Hides the middle of the number of an identity card: 11010119******1234. */
export function maskIdNumber(number: string): string {
  return `${number.slice(0, 8)}${'*'.repeat(Math.max(number.length - 12, 4))}${number.slice(-4)}`
}

/** Hides what is private; of a long number the end stays, by which its owner knows it: ****6789. */
export function maskPrivate(text: string): string {
  const number = text.replace(/[\s-]/g, '')
  return /^[0-9A-Za-z]{8,}$/.test(number) ? `****${number.slice(-4)}` : '******'
}

/** Leaves the first character of a name: 王**. */
export function maskName(name: string): string {
  const [first = '', ...rest] = name.trim()
  return first && `${first}${'*'.repeat(Math.min(Math.max(rest.length, 1), 2))}`
}

/** Chinese characters are as wide as they are high, others little more than half. */
function fitting(words: string, width: number, size: number): number {
  const ems = [...words].reduce(
    (sum, one) => sum + (/[\u1100-\u115f\u2e80-\uffe6]|\p{Emoji_Presentation}/u.test(one) ? 1 : 0.6),
    0,
  )
  return Math.floor(Math.min(size, width / Math.max(ems, 1)) * 10) / 10
}

function number(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new RangeError(value === undefined || value === null ? 'got no value' : `${String(value)} is no number`)
}

function text(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new RangeError(value === undefined || value === null ? 'got no value' : 'got no text')
}
