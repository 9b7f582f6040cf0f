/** A half-open interval [from, to) in ms UTC; without `to` (or with Infinity) it is still open. */
export interface Interval {
  from: number
  to?: number
}

/** A stretch with both ends, half-open. */
export type Stretch = [from: number, to: number]

/** The last instant that a Date can hold. */
export const END_OF_TIME = 8.64e15

/** Intervals as a set: sorted, merged where they overlap or touch, without the empty ones; throws RangeError for NaN. */
export function union(intervals: readonly Interval[]): Stretch[] {
  if (intervals.length === 0) return []
  const sorted: Stretch[] = []
  for (const { from, to = Number.POSITIVE_INFINITY } of intervals) {
    if (Number.isNaN(from) || Number.isNaN(to)) throw new RangeError('an interval without a beginning or an end')
    if (from < to) sorted.push([from, to >= END_OF_TIME ? Number.POSITIVE_INFINITY : to])
  }
  sorted.sort((a, b) => a[0] - b[0])
  const merged: Stretch[] = []
  for (const [from, to] of sorted) {
    const last = merged.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}
