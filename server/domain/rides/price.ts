import { MINUTE } from '../../lib/clock.ts'

const KM = 1000

/** A part of a price by time or by way, in GBFS's own terms; `start`, `end` and `interval` are minutes or kilometres. */
export interface Segment {
  /** So much must have gone by before it begins to count. */
  start: number
  /** From here on it counts no more. */
  end?: number
  /** How often its rate is charged again; 0: once. */
  interval: number
  /** In fen; what is given back is below zero. */
  rate: number
}

/** What a ride costs by a plan: what it costs to begin, by the minute and by the kilometre, and never more than the cap. */
export interface PricePlan {
  base: number
  perMin: Segment[]
  perKm: Segment[]
  /** No more than so much, in fen, within any span of so long. */
  cap?: { amount: number; perMs: number }
}

export interface Length {
  ms: number
  meters: number
}

/** What a ride comes to, by its parts. */
export interface Priced {
  base: number
  time: number
  way: number
  /** What the cap takes off; below zero where more would be given back than there is. */
  over: number
  total: number
}

/**
 * The price of a ride by a plan, in fen, never below zero. `before`: what was charged by the same plan within the span of
 * the cap before this ride ended.
 */
export function priceOf({ base, perMin, perKm, cap }: PricePlan, { ms, meters }: Length, before = 0): Priced {
  const time = sum(perMin, ms, MINUTE)
  const way = sum(perKm, meters, KM)
  const whole = base + time + way
  const most = cap ? Math.max(0, cap.amount * spans(ms, cap.perMs) - before) : Number.POSITIVE_INFINITY
  const total = Math.min(Math.max(0, whole), most)
  return { base, time, way, over: whole - total, total }
}

/** How often a segment's rate is charged for so much: once as it begins, and again with each interval that begins. */
export function timesOf({ start, end, interval }: Segment, amount: number, unit: number): number {
  const from = start * unit
  const to = end === undefined ? amount : Math.min(amount, end * unit)
  if (to <= from) return 0
  return interval === 0 ? 1 : Math.ceil((to - from) / (interval * unit))
}

function sum(segments: Segment[], amount: number, unit: number): number {
  return segments.reduce((all, segment) => all + segment.rate * timesOf(segment, amount, unit), 0)
}

/** How many spans a ride of this length has begun. */
function spans(ms: number, perMs: number): number {
  return Math.max(1, Math.ceil(ms / perMs))
}
