import type { BenchRow } from './row.ts'

/** A row of the table from a ratio in which more is better. */
export function rowOf(name: string, ratio: number, goal: number | undefined, raw: BenchRow['raw']): BenchRow {
  return { name, ratio, goal, met: goal === undefined || ratio >= goal, raw }
}

/** The middle of some figures: one noisy round does not decide. */
export function median(values: number[]): number {
  return percentile(values, 0.5)
}

/** The value below which this share of the figures lies. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** How often per second work was done that took `ms` for `count` times. */
export function perSecond(count: number, ms: number): number {
  return (count * 1000) / ms
}

/** How many milliseconds some work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
