import { createHash } from 'node:crypto'
import type { Event } from '../../engines/events/event.ts'
import type { Heard } from '../../engines/events/events.ts'
import { compile } from '../../lib/condition.ts'
import { dayOf, startOfDay, zoneOf } from '../../lib/zone.ts'
import type { Fact, FactSource } from './fact.ts'

/** The days of our customers. */
export const ZONE = 'Asia/Shanghai'

/** When something happened, which event it was, and what it said. */
type Moment = [at: number, id: string, value: string | number | boolean]
/** What has been counted of one customer, by fact: the order in which events arrive makes no difference to it. */
export type Counts = Record<string, number | Record<string, number> | Moment | number[]>
export type Happened = Pick<Event, 'id' | 'at' | 'name' | 'actorType' | 'data'> | Heard

/** Sums are kept in thousandths, whole numbers: those add up in any order. */
const PARTS = 1000
/** The most values that `distinct` tells apart; the same ones whatever comes first. */
const MOST_DISTINCT = 500
/** A fact is a word or two, not what somebody wrote. */
const LONGEST_TEXT = 60
const zone = zoneOf(ZONE)

/** Counts an event in. `now` tells which days are too old to be kept. */
export function countIn(counts: Counts, facts: readonly Fact[], event: Happened, now: number): void {
  for (const fact of facts) {
    const source = fact.sources.find((one) => fits(one, event))
    if (source) put(counts, fact, event, source.minus ? -1 : 1, now)
  }
}

/** Whether an event is one of those; a condition sees the event's data and by whom it was. */
function fits({ names, by, when }: FactSource, event: Happened): boolean {
  if (names && !names.has(event.name)) return false
  if (by && by !== event.actorType) return false
  return !when || compile(when)({ by: event.actorType, ...event.data })
}

function put(counts: Counts, { fact, how, of, days }: Fact, event: Happened, sign: 1 | -1, now: number): void {
  const value = of ? scalarAt(event.data, of) : undefined
  if (of && value === undefined) return
  const day = dayOf(zone, event.at)
  if (days !== undefined && day <= dayOf(zone, now) - days) return
  const before = counts[fact]
  if (how === 'count') counts[fact] = added(before, days && day, sign)
  else if (how === 'sum') {
    if (typeof value === 'number') counts[fact] = added(before, days && day, sign * Math.round(value * PARTS))
  } else if (how === 'distinct') counts[fact] = distinguished(before as Record<string, number>, value ?? '', day)
  else if (how === 'gap') counts[fact] = lastTwo([...((before as number[] | undefined) ?? []), event.at])
  else if (value === undefined) {
    const known = (before as number | undefined) ?? event.at
    counts[fact] = how === 'last' ? Math.max(known, event.at) : Math.min(known, event.at)
  } else counts[fact] = chosen(before as Moment | undefined, [event.at, event.id, value], how)
}

function added(
  before: Counts[string] | undefined,
  day: number | undefined,
  much: number,
): number | Record<string, number> {
  if (day === undefined) return ((before as number | undefined) ?? 0) + much
  const buckets = { ...(before as Record<string, number> | undefined) }
  buckets[day] = (buckets[day] ?? 0) + much
  return buckets
}

/** The values by their marks, each with the last day on which it came. */
function distinguished(before: Record<string, number> = {}, value: unknown, day: number): Record<string, number> {
  const mark = createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 12)
  const marks = { ...before, [mark]: Math.max(before[mark] ?? 0, day) }
  const all = Object.keys(marks)
  if (all.length > MOST_DISTINCT) delete marks[all.reduce((last, one) => (one > last ? one : last))]
  return marks
}

function lastTwo(times: number[]): number[] {
  return times.sort((a, b) => b - a).slice(0, 2)
}

/** Of two at the same time the one that arrived later is the last. */
function chosen(before: Moment | undefined, one: Moment, how: 'last' | 'first'): Moment {
  if (!before) return one
  const later = one[0] > before[0] || (one[0] === before[0] && one[1] > before[1])
  return later === (how === 'last') ? one : before
}

/** What the counts say at a moment, and when time alone makes them say something else. */
export function factsIn(
  counts: Counts,
  facts: readonly Fact[],
  now: number,
): { values: Record<string, string | number | boolean>; nextAt?: number } {
  const values: Record<string, string | number | boolean> = {}
  const today = dayOf(zone, now)
  let next = Number.POSITIVE_INFINITY
  for (const fact of facts) {
    const count = counts[fact.fact]
    const value = valueIn(fact, count, today)
    if (value !== undefined) values[fact.fact] = value
    if (fact.days === undefined || count === undefined) continue
    for (const day of daysIn(count, fact, today)) if (day + fact.days < next) next = day + fact.days
  }
  return { values, ...(Number.isFinite(next) && { nextAt: startOfDay(zone, next) }) }
}

function valueIn(fact: Fact, count: Counts[string] | undefined, today: number): string | number | boolean | undefined {
  const { how, days, kind } = fact
  if (how === 'count' || how === 'sum') {
    const sum = days === undefined ? ((count as number | undefined) ?? 0) : sumOf(count, fact, today)
    return how === 'sum' ? sum / PARTS : sum
  }
  if (how === 'distinct') return daysIn(count, fact, today).length
  if (count === undefined) return undefined
  if (how === 'gap') {
    const [last = 0, before] = count as number[]
    return before === undefined ? undefined : dayOf(zone, last) - dayOf(zone, before)
  }
  const value = typeof count === 'number' ? count : (count as Moment)[2]
  if (kind === 'month_day') return monthDay(value)
  return kind === 'text' && typeof value !== 'string' ? undefined : value
}

function sumOf(count: Counts[string] | undefined, { days = 0 }: Fact, today: number): number {
  const buckets = (count as Record<string, number> | undefined) ?? {}
  let sum = 0
  for (const day in buckets) if (Number(day) > today - days) sum += buckets[day] ?? 0
  return sum
}

/** The days that still count: of buckets the days themselves, of distinct values the last day of each. */
function daysIn(count: Counts[string] | undefined, { how, days }: Fact, today: number): number[] {
  const entries = (count as Record<string, number> | undefined) ?? {}
  const all = how === 'distinct' ? Object.values(entries) : Object.keys(entries).map(Number)
  return days === undefined ? all : all.filter((day) => day > today - days)
}

/** The counts without the days that no longer count; the same object if there are none. */
export function pruned(counts: Counts, facts: readonly Fact[], now: number): Counts {
  const today = dayOf(zone, now)
  let kept = counts
  for (const { fact, how, days } of facts) {
    const entries = counts[fact] as Record<string, number> | undefined
    if (days === undefined || entries === undefined) continue
    const first = today - days + 1
    const oldest = how === 'distinct' ? Math.min(...Object.values(entries)) : oldestKey(entries)
    if (oldest >= first) continue
    const living = Object.entries(entries).filter(([key, last]) => (how === 'distinct' ? last : Number(key)) >= first)
    kept = { ...kept, [fact]: Object.fromEntries(living) }
  }
  return kept
}

/** The first of an object's keys that are whole numbers: such keys stand in ascending order. */
function oldestKey(buckets: Record<string, number>): number {
  for (const day in buckets) return Number(day)
  return Number.POSITIVE_INFINITY
}

/** `1990-11-23`, `11-23` or 1123 as a day of any year, or undefined. */
function monthDay(value: string | number | boolean): number | undefined {
  const [, month, day] = /^(?:\d{4}-?)?(\d{2})-?(\d{2})$/.exec(String(value).padStart(4, '0')) ?? []
  const found = Number(month) * 100 + Number(day)
  const date = new Date(Date.UTC(2024, Number(month) - 1, Number(day)))
  return date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day) ? found : undefined
}

function scalarAt(data: unknown, path: string): string | number | boolean | undefined {
  let found: unknown = data
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  if (typeof found === 'number') return Number.isFinite(found) ? found : undefined
  if (typeof found === 'string') return found.slice(0, LONGEST_TEXT)
  return typeof found === 'boolean' ? found : undefined
}
