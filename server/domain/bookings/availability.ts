import { DAY } from '../../lib/clock.ts'
import type { Tx } from '../../lib/tx.ts'
import { zoneOf } from '../../lib/zone.ts'
import { FOREVER } from './span.ts'
import type { Terms } from './terms.ts'

/** How many cars of each model can be had at a store between two instants, and be given back at another. */
export async function countFree(
  tx: Tx,
  terms: Terms,
  { store, returnStore = store, from, until }: { store: string; returnStore?: string; from: number; until: number },
): Promise<Map<string, number>> {
  const rows = await tx.query<{ model: string; n: number }>(
    `SELECT model, COUNT(*) AS n FROM asset_spans
     WHERE state = 'free' AND store = ? AND untilAt >= ? AND fromAt <= ? AND (toStore = ? OR untilAt = ${FOREVER})
     GROUP BY model`,
    [store, until + terms.turnaround, from, returnStore],
  )
  return new Map(rows.map(({ model, n }) => [model, Number(n)]))
}

export interface FreeDays {
  /** The first day, as the wall clock's ms UTC. */
  firstDay: number
  /** How many cars are free from midnight to midnight on each day from the first on, by model. */
  counts: Map<string, number[]>
}

/**
 * How many cars of each model are free all day, day by day. One statement for the whole fleet: pieces that begin and end
 * on the same days are counted together by the database.
 */
export async function freeDays(
  tx: Tx,
  terms: Terms,
  { store, model, days }: { store?: string; model?: string; days: number },
): Promise<FreeDays> {
  const shift = zoneOf(terms.zone).wall(tx.now).getTime() - tx.now
  const firstDay = Math.floor((tx.now + shift) / DAY)
  // Written out: a number that is bound may come as one with a fraction.
  const begins = `(fromAt + ${shift + DAY - 1}) - (fromAt + ${shift + DAY - 1}) % ${DAY}`
  const ends = `(untilAt + ${shift}) - (untilAt + ${shift}) % ${DAY}`
  const rows = await tx.query<{ model: string; begins: number; ends: number; n: number }>(
    `SELECT model, ${begins} AS begins, ${ends} AS ends, COUNT(*) AS n FROM asset_spans
     WHERE state = 'free'${store ? ' AND store = ?' : ''}${model ? ' AND model = ?' : ''}
     AND untilAt > ${tx.now} AND fromAt <= ${tx.now + days * DAY} AND untilAt - fromAt >= ${DAY}
     GROUP BY model, begins, ends`,
    [...(store ? [store] : []), ...(model ? [model] : [])],
  )
  const steps = new Map<string, number[]>()
  for (const row of rows) {
    const from = Math.max(0, Number(row.begins) / DAY - firstDay)
    const until = Math.min(days, Number(row.ends) / DAY - firstDay)
    if (from >= until) continue
    const line = steps.get(row.model) ?? new Array<number>(days + 1).fill(0)
    line[from] = (line[from] ?? 0) + Number(row.n)
    line[until] = (line[until] ?? 0) - Number(row.n)
    steps.set(row.model, line)
  }
  return { firstDay: firstDay * DAY, counts: new Map([...steps].map(([name, line]) => [name, sums(line, days)])) }
}

function sums(line: number[], days: number): number[] {
  let count = 0
  return Array.from({ length: days }, (_, day) => {
    count += line[day] ?? 0
    return count
  })
}
