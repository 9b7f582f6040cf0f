export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
/** When a store is open: ranges such as 08:00-21:00. */
export type Week = Partial<Record<(typeof WEEKDAYS)[number], string[]>>

// China keeps one zone and no summer time, and not every WeChat client has Intl: shift the instant and read it as UTC.
const CHINA_MS = 8 * 3_600_000
export const DAY_MS = 24 * 3_600_000
const HOUR_MS = 3_600_000

/** The day of an instant (ms UTC) in China, YYYY-MM-DD. */
export function dayOf(at: number): string {
  return new Date(at + CHINA_MS).toISOString().slice(0, 10)
}

/** The time of day of an instant in China, HH:MM. */
export function timeOf(at: number): string {
  return new Date(at + CHINA_MS).toISOString().slice(11, 16)
}

/** The instant of a time (HH:MM) on a day in China. 24:00 is the next midnight. */
export function atOf(day: string, time: string): number {
  return Date.parse(`${day}T00:00:00Z`) + minutesOf(time) * 60_000 - CHINA_MS
}

/** The day so many days later. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** Which day of the week it is, 0 for Sunday. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay()
}

/** The times of a day at which a store that is open then hands over cars; the closing time is one of them. */
export function timesOn(week: Week, day: string, step: number): string[] {
  const ranges = week[WEEKDAYS[weekdayOf(day)] ?? 'sun'] ?? []
  const every = step / 60_000
  const times = new Set<number>()
  for (const range of ranges) {
    const [from = 0, until = 0] = range.split('-').map(minutesOf)
    for (let at = Math.ceil(from / every) * every; at <= until; at += every) if (at < 24 * 60) times.add(at)
  }
  return [...times].sort((a, b) => a - b).map(clockOf)
}

/** The time of those offered that is nearest to the one wished for. */
export function nearest(times: string[], wished: string): string | undefined {
  const far = (time: string) => Math.abs(minutesOf(time) - minutesOf(wished))
  return [...times].sort((a, b) => far(a) - far(b))[0]
}

/** Whole days and hours that have begun: how a rental is charged, and said. */
export function lengthOf(from: number, until: number): { days: number; hours: number } {
  const hours = Math.max(0, Math.ceil((until - from) / HOUR_MS))
  return { days: Math.floor(hours / 24), hours: hours % 24 }
}

export interface Month {
  year: number
  month: number
  /** How many places its first week leaves empty. */
  blanks: number
  days: string[]
}

/** The months in which the days from one to another lie, in weeks that begin on Sunday; weeks that are over are left out. */
export function monthsOf(first: string, last: string): Month[] {
  const months: Month[] = []
  const sunday = addDays(first, -weekdayOf(first))
  for (let start = `${first.slice(0, 7)}-01`; start <= last; ) {
    const [year = 0, month = 0] = start.split('-').map(Number)
    const next = addDays(start, new Date(Date.UTC(year, month, 0)).getUTCDate())
    const begins = start < sunday ? sunday : start
    const days: string[] = []
    for (let day = begins; day < next; day = addDays(day, 1)) days.push(day)
    months.push({ year, month, blanks: weekdayOf(begins), days })
    start = next
  }
  return months
}

/** What most people want: a day from as soon as can be, two days from tomorrow, the coming weekend. */
export type Quick = 'soon' | 'tomorrow' | 'weekend'

/** From when until when each quick choice would be, where the store is open; those that cannot be are left out. */
export function quickTimes(
  week: Week,
  { step, lead }: { step: number; lead: number },
  now: number,
): { quick: Quick; from: number; until: number }[] {
  const today = dayOf(now)
  const saturday = addDays(today, (6 - weekdayOf(today) + 7) % 7)
  return [
    span('soon', today, '', 1),
    span('tomorrow', addDays(today, 1), '10:00', 2),
    span('weekend', saturday === today ? addDays(today, 7) : saturday, '10:00', 2),
  ].flatMap((one) => (one ? [one] : []))

  function span(quick: Quick, day: string, wished: string, days: number) {
    const times = timesOn(week, day, step).filter((time) => atOf(day, time) >= now + lead)
    const time = wished ? nearest(times, wished) : times[0]
    const back = time && nearest(timesOn(week, addDays(day, days), step), time)
    if (!time || !back) return undefined
    return { quick, from: atOf(day, time), until: atOf(addDays(day, days), back) }
  }
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

function clockOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
