import { IANAZone } from 'luxon'
import { DAY, MINUTE } from './clock.ts'

/** A part of a UTC day, [from, to) in ms UTC, in which the wall clock is `shift` ms ahead of UTC. */
export type Shifted = [from: number, to: number, shift: number]

/** A time zone that remembers what it was asked: looking up an offset costs far more than adding it. */
export interface Zone {
  readonly name: string
  /** The parts of a UTC day (counted from 1970-01-01) between changes of the clock: one, or two on the day of a change. */
  stretches(utcDay: number): Shifted[]
  /** The instant read off the wall clock: the UTC fields of the Date are the local ones. */
  wall(at: number): Date
}

const zones = new Map<string, Zone>()

/** Whether there is a time zone of that name. */
export function isZone(name: string): boolean {
  return IANAZone.isValidZone(name)
}

/** The zone of that IANA name; throws RangeError for an unknown one. */
export function zoneOf(name: string): Zone {
  let zone = zones.get(name)
  if (!zone) {
    if (!isZone(name)) throw new RangeError(`there is no time zone ${name}`)
    const iana = IANAZone.create(name)
    const stretches = remember((utcDay) => cut(utcDay * DAY, (at) => iana.offset(at) * MINUTE))
    zone = {
      name,
      stretches,
      wall(at) {
        const parts = stretches(Math.floor(at / DAY))
        const [, , shift] = parts.find(([, to]) => at < to) ?? [0, 0, 0]
        return new Date(at + shift)
      },
    }
    zones.set(name, zone)
  }
  return zone
}

/** The local day of an instant, counted from 1970-01-01. */
export function dayOf(zone: Zone, at: number): number {
  return Math.floor(zone.wall(at).getTime() / DAY)
}

/** When a local day begins: at midnight, or where the clock jumps over midnight, right after the jump. */
export function startOfDay(zone: Zone, day: number): number {
  for (const utcDay of [day - 1, day, day + 1]) {
    for (const [from, to, shift] of zone.stretches(utcDay)) {
      if (to + shift > day * DAY) return Math.max(from, day * DAY - shift)
    }
  }
  return day * DAY
}

/** Cuts the UTC day that begins at `from` where the offset changes. */
function cut(from: number, offset: (at: number) => number): Shifted[] {
  const to = from + DAY
  const before = offset(from)
  const after = offset(to - 1)
  if (before === after) return [[from, to, before]]
  let low = from
  let high = to
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offset(middle) === before) low = middle
    else high = middle
  }
  return [
    [from, high, before],
    [high, to, after],
  ]
}

/** How many answers are remembered: the days of a few years, well under a megabyte. */
const REMEMBERED = 2000

/** Remembers a bounded number of answers about days, dropping the oldest. */
export function remember<T>(find: (day: number) => T): (day: number) => T {
  const known = new Map<number, T>()
  return (day) => {
    let value = known.get(day)
    if (value === undefined) {
      value = find(day)
      if (known.size >= REMEMBERED) known.delete(known.keys().next().value as number)
      known.set(day, value)
    }
    return value
  }
}
