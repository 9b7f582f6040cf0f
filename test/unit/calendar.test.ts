import assert from 'node:assert/strict'
import { DateTime } from 'luxon'
import {
  alwaysCalendar,
  type Calendar,
  calendarSchema,
  type Interval,
  makeCalendar,
} from '../../server/lib/calendar.ts'
import { HOUR, MINUTE } from '../../server/lib/clock.ts'
import { CHINA_KNOWN_UNTIL } from '../../server/lib/holidays.ts'
import { test } from '../suite.ts'

const WEEKDAY = ['09:00-12:00', '13:30-18:00']
const OFFICE = { mon: WEEKDAY, tue: WEEKDAY, wed: WEEKDAY, thu: WEEKDAY, fri: WEEKDAY }
const office = made({ zone: 'Asia/Shanghai', week: OFFICE, holidays: 'china' })

function made(definition: unknown): Calendar {
  return makeCalendar(calendarSchema.parse(definition))
}

function at(text: string, zone = 'Asia/Shanghai'): number {
  return DateTime.fromISO(text, { zone }).toMillis()
}

function reads(instant: number, zone = 'Asia/Shanghai'): string {
  return DateTime.fromMillis(instant, { zone }).toFormat("yyyy-MM-dd'T'HH:mm")
}

test('a limit stops over lunch, over night and over the weekend', () => {
  assert.equal(reads(office.add(at('2026-11-23T11:30'), HOUR)), '2026-11-23T14:00')
  assert.equal(reads(office.add(at('2026-11-23T17:30'), HOUR)), '2026-11-24T09:30')
  assert.equal(reads(office.add(at('2026-11-27T17:30'), HOUR)), '2026-11-30T09:30')
  assert.equal(reads(office.add(at('2026-11-28T12:00'), 10 * MINUTE)), '2026-11-30T09:10')
})

test('a limit that is used up when work ends is due then, not the next morning', () => {
  assert.equal(reads(office.add(at('2026-11-27T17:00'), HOUR)), '2026-11-27T18:00')
  assert.equal(reads(office.add(at('2026-11-27T17:00'), HOUR + 1)), '2026-11-30T09:00')
})

test('what must be done by an instant begins so much working time before it, over lunch, night and weekend', () => {
  assert.equal(reads(office.before(at('2026-11-23T14:00'), HOUR)), '2026-11-23T11:30')
  assert.equal(reads(office.before(at('2026-11-24T09:30'), HOUR)), '2026-11-23T17:30')
  assert.equal(reads(office.before(at('2026-11-30T08:00'), HOUR)), '2026-11-27T17:00')
  for (const hours of [1, 5, 40]) {
    const end = at('2026-11-26T15:00')
    assert.equal(office.between(office.before(end, hours * HOUR), end), hours * HOUR)
  }
})

test('a span of nothing is due at once, even at night or in a pause', () => {
  const night = at('2026-11-28T03:00')
  assert.equal(office.add(night, 0), night)
  assert.equal(office.add(night, 0, [{ from: night - 1 }]), night)
})

test('the holidays and make-up days of 2026 are kept', () => {
  const days = (month: string, list: number[]) =>
    list.map((day) => at(`2026-${month}-${String(day).padStart(2, '0')}T10:00`))
  for (const free of [...days('02', [15, 16, 17, 18, 19, 20, 21, 22, 23]), ...days('10', [1, 2, 3, 4, 5, 6, 7])]) {
    assert.equal(office.isWorking(free), false, reads(free))
  }
  for (const makeUp of [...days('01', [4]), ...days('02', [14, 28]), ...days('09', [20]), ...days('10', [10])]) {
    assert.equal(office.isWorking(makeUp), true, reads(makeUp))
  }
  assert.equal(reads(office.add(at('2026-09-30T17:30'), HOUR)), '2026-10-08T09:30')
  assert.equal(reads(office.add(at('2026-10-09T17:30'), HOUR)), '2026-10-10T09:30')
  assert.equal(made({ zone: 'Asia/Shanghai', week: OFFICE, holidays: 'none' }).isWorking(at('2026-10-01T10:00')), true)
})

test('a make-up day can have hours of its own, and the company may decide otherwise', () => {
  const calendar = made({
    zone: 'Asia/Shanghai',
    week: OFFICE,
    holidays: 'china',
    makeUp: ['10:00-15:00'],
    off: ['2026-02-28', '2026-12-31'],
    on: { '2026-10-01': ['09:00-12:00'] },
  })
  assert.equal(reads(calendar.nextWorking(at('2026-02-14T00:00'))), '2026-02-14T10:00')
  assert.equal(calendar.isWorking(at('2026-02-28T11:00')), false)
  assert.equal(calendar.isWorking(at('2026-12-31T11:00')), false)
  assert.equal(calendar.between(at('2026-10-01T00:00'), at('2026-10-08T00:00')), 3 * HOUR)
})

test('beyond the published holidays the weekday decides, and the calendar says how far it knows', () => {
  const year = Math.floor(CHINA_KNOWN_UNTIL / 10_000)
  assert.ok(year >= 2026)
  assert.equal(office.knownUntil, year * 10_000 + 1231)
  assert.equal(made({ zone: 'Asia/Shanghai', week: OFFICE }).knownUntil, undefined)
  const monday = DateTime.fromObject({ year: year + 2, month: 10, day: 1 })
    .startOf('week')
    .plus({ days: 7 })
  assert.equal(office.isWorking(at(`${monday.toISODate()}T10:00`)), true)
})

test('a night shift belongs to the day on which it begins', () => {
  const night = made({ zone: 'Asia/Shanghai', week: { fri: ['22:00-06:00'] }, off: ['2026-11-28'] })
  assert.equal(night.isWorking(at('2026-11-28T05:59')), true)
  assert.equal(night.isWorking(at('2026-11-28T06:00')), false)
  assert.equal(night.isWorking(at('2026-11-27T05:00')), false)
  assert.equal(reads(night.add(at('2026-11-27T21:00'), 3 * HOUR)), '2026-11-28T01:00')
  assert.equal(reads(night.add(at('2026-11-27T21:00'), 9 * HOUR)), '2026-12-04T23:00')
})

test('around the clock is the wall clock', () => {
  const always = alwaysCalendar()
  const start = at('2026-10-01T23:59')
  assert.equal(always.add(start, 100 * HOUR), start + 100 * HOUR)
  assert.equal(always.nextWorking(start), start)
  assert.equal(always.between(start, start + 5 * HOUR, [{ from: start, to: start + HOUR }]), 4 * HOUR)
})

test('pauses are a set: overlapping, touching, repeated, unsorted and empty ones count once', () => {
  const start = at('2026-11-23T09:00')
  const pause = (from: string, to: string): Interval => ({ from: at(`2026-11-23T${from}`), to: at(`2026-11-23T${to}`) })
  const pauses = [
    pause('10:30', '11:00'),
    pause('09:30', '10:00'),
    pause('10:00', '10:30'),
    pause('09:30', '09:40'),
    pause('09:30', '10:00'),
    pause('11:30', '11:30'),
    pause('11:50', '11:40'),
    pause('12:10', '13:00'),
  ]
  assert.equal(reads(office.add(start, HOUR, pauses)), '2026-11-23T11:30')
  assert.equal(office.between(start, at('2026-11-23T12:00'), pauses), 90 * MINUTE)
  assert.deepEqual(pauses[0], pause('10:30', '11:00'))
})

test('while a pause is open there is no deadline, unless the time was used up before it', () => {
  const start = at('2026-11-23T09:00')
  const open = at('2026-11-23T10:00')
  for (const pause of [{ from: open }, { from: open, to: Number.POSITIVE_INFINITY }]) {
    assert.equal(office.add(start, HOUR + 1, [pause]), Number.POSITIVE_INFINITY)
    assert.equal(office.add(start, HOUR, [pause]), open)
    assert.equal(office.between(start, at('2026-12-23T09:00'), [pause]), HOUR)
  }
})

test('the business day is the day of the zone', () => {
  assert.equal(office.businessDay(Date.UTC(2026, 10, 22, 15, 59)), 20_261_122)
  assert.equal(office.businessDay(Date.UTC(2026, 10, 22, 16, 0)), 20_261_123)
  assert.equal(alwaysCalendar('America/New_York').businessDay(Date.UTC(2026, 0, 1, 4, 59)), 20_251_231)
  assert.equal(alwaysCalendar('America/New_York').businessDay(Date.UTC(2026, 10, 1, 4, 30)), 20_261_101)
})

test('what is no instant and no span is refused instead of walked for ever', () => {
  assert.throws(() => office.add(Number.NaN, HOUR), RangeError)
  assert.throws(() => office.add(0, -1), RangeError)
  assert.throws(() => office.add(0, Number.POSITIVE_INFINITY), RangeError)
  assert.throws(() => office.before(at('2026-11-23T14:00'), 0), RangeError)
  assert.throws(() => office.between(0, Number.POSITIVE_INFINITY), RangeError)
  assert.throws(() => office.add(0, 1, [{ from: Number.NaN, to: 1 }]), RangeError)
  assert.equal(office.between(5, 4), 0)
})

test('an ordinary working day has a length', () => {
  assert.equal(office.workdayMs, 7.5 * HOUR)
  assert.equal(made({ zone: 'UTC', week: { sat: ['22:00-06:00'] } }).workdayMs, 8 * HOUR)
})

test('a wrong calendar is refused with the reason and the place', () => {
  const wrong: [unknown, string, RegExp][] = [
    [{ zone: 'Asia/Peking', week: OFFICE }, 'zone', /not a time zone/],
    [{ zone: 'Asia/Shanghai', week: { mon: ['9-12'] } }, 'week.mon.0', /HH:MM-HH:MM/],
    [{ zone: 'Asia/Shanghai', week: { mon: ['09:00-09:00'] } }, 'week.mon.0', /00:00-24:00/],
    [{ zone: 'Asia/Shanghai', week: { mon: ['09:00-12:00', '11:00-13:00'] } }, 'week.mon', /overlap/],
    [{ zone: 'Asia/Shanghai', week: {} }, 'week', /no working time/],
    [{ zone: 'Asia/Shanghai', week: { monday: WEEKDAY } }, 'week', /monday/],
    [{ zone: 'Asia/Shanghai', week: OFFICE, off: ['2026-02-30'] }, 'off.0', /yyyy-mm-dd/],
    [{ zone: 'Asia/Shanghai', week: OFFICE, off: ['2026-02-03'], on: { '2026-02-03': [] } }, 'off.0', /also stands/],
  ]
  for (const [definition, path, reason] of wrong) {
    const issues = calendarSchema.safeParse(definition).error?.issues ?? []
    assert.ok(
      issues.some((issue) => issue.path.join('.') === path && reason.test(issue.message)),
      `${path}: ${JSON.stringify(issues)}`,
    )
  }
})

/** A small seeded generator, so that a failure can be repeated. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % sides
  }
}

const SCENES = [
  ['Asia/Shanghai', '2026-11-20'],
  ['Europe/Berlin', '2026-03-26'],
  ['Europe/Berlin', '2026-10-22'],
  ['America/New_York', '2026-10-29'],
  ['Australia/Lord_Howe', '2026-04-02'],
  ['America/Havana', '2026-03-05'],
  ['Pacific/Apia', '2011-12-27'],
  ['Asia/Kathmandu', '2026-05-01'],
] as const
const DAYS = 8

test('calendar and minute-by-minute oracle agree on random calendars, pauses and spans', () => {
  for (const [round, [zone, firstDay]] of SCENES.entries()) {
    const roll = dice(round + 1)
    const definition = randomDefinition(zone, firstDay, roll)
    const calendar = made(definition)
    const start = at(firstDay, zone)
    const working = oracle(definition, start)
    for (let i = 0; i < 300; i++) {
      const from = roll(working.length)
      const pauses = Array.from({ length: roll(5) }, () => {
        const begin = roll(working.length)
        return { from: start + begin * MINUTE, to: start + (begin + roll(600)) * MINUTE }
      })
      const free = (minute: number): boolean => {
        const instant = start + minute * MINUTE
        return working[minute] === true && !pauses.some((pause) => pause.from <= instant && instant < pause.to)
      }
      const context = JSON.stringify({ zone, definition, from, pauses })
      const to = Math.min(working.length, from + roll(3000))
      let between = 0
      for (let minute = from; minute < to; minute++) if (free(minute)) between++
      assert.equal(calendar.between(start + from * MINUTE, start + to * MINUTE, pauses), between * MINUTE, context)

      const span = 1 + roll(900)
      let due = from
      for (let left = span; due < working.length && left > 0; due++) if (free(due)) left -= 1
      const added = calendar.add(start + from * MINUTE, span * MINUTE, pauses)
      if (due < working.length) assert.equal(added, start + due * MINUTE, context)
      assert.equal(calendar.between(start + from * MINUTE, added, pauses), span * MINUTE, context)
      assert.equal(calendar.between(start + from * MINUTE, added - 1, pauses), span * MINUTE - 1, context)

      assert.equal(calendar.isWorking(start + from * MINUTE), working[from], context)
      const next = working.indexOf(true, from)
      if (next >= 0) assert.equal(calendar.nextWorking(start + from * MINUTE), start + next * MINUTE, context)
    }
  }
})

interface Definition {
  zone: string
  week: Record<string, string[]>
  off: string[]
  on: Record<string, string[]>
}

function randomDefinition(zone: string, firstDay: string, roll: (sides: number) => number): Definition {
  const clock = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
  const ranges = (): string[] => {
    const kind = roll(6)
    if (kind === 0) return []
    if (kind === 1) return ['00:00-24:00']
    const cuts = [...new Set(Array.from({ length: 4 }, () => roll(1440)))].sort((a, b) => a - b)
    const [a = 1, b = 2, c = 3, d = 4] = cuts
    // Half of the time the last range crosses midnight.
    const last = kind < 4 ? [`${clock(c)}-${clock(Math.min(a, 60))}`] : d > c ? [`${clock(c)}-${clock(d)}`] : []
    return [`${clock(a)}-${clock(b)}`, ...last]
  }
  const day = (n: number): string => DateTime.fromISO(firstDay).plus({ days: n }).toISODate() as string
  const week = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((name) => [name, ranges()]))
  return { zone, week: { ...week, tue: ['08:15-17:45'] }, off: [day(2)], on: { [day(3)]: ranges() } }
}

/** Says for every minute from `start` whether its wall clock reading lies in a range, in the plainest way there is. */
function oracle(definition: Definition, start: number): boolean[] {
  const rangesOf = (day: DateTime): string[] => {
    const name = day.toISODate() as string
    if (definition.on[name]) return definition.on[name]
    return definition.off.includes(name) ? [] : (definition.week[day.toFormat('ccc').toLowerCase()] ?? [])
  }
  return Array.from({ length: DAYS * 1440 }, (_, minute) => {
    const local = DateTime.fromMillis(start + minute * MINUTE, { zone: definition.zone, locale: 'en' })
    const reading = local.toFormat('HH:mm')
    // The calendar day before, counted on the wall calendar: it may never have happened (Samoa, 30 December 2011).
    const before = DateTime.fromISO(local.toISODate() as string, { zone: 'utc', locale: 'en' }).minus({ days: 1 })
    const today = rangesOf(local).some((range) => {
      const [from = '', to = ''] = range.split('-')
      return from <= reading && (reading < to || to <= from)
    })
    const sinceYesterday = rangesOf(before).some((range) => {
      const [from = '', to = ''] = range.split('-')
      return to <= from && reading < to
    })
    return today || sinceYesterday
  })
}
