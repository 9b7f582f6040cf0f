import type { BenchRow } from './row.ts'

const NAME_WIDTH = 44

/** One line of the table: name, ratio, goal, whether it is met, and the figures behind it. */
export function lineOf({ name, ratio, goal, met, raw }: BenchRow): string {
  const figures = Object.entries(raw).map(([key, value]) => `${key} ${figure(value)}`)
  const verdict = goal === undefined ? 'told only        ' : `goal ${goal.toFixed(2)}  ${met ? 'met   ' : 'MISSED'}`
  return `  ${name.padEnd(NAME_WIDTH)} ${ratio.toFixed(2).padStart(6)}  ${verdict}  ${figures.join(', ')}\n`
}

function figure(value: number | string): string {
  if (typeof value === 'string') return value
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}
