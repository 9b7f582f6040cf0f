import { DAY } from '../../lib/clock.ts'
import type { Tx } from '../../lib/tx.ts'
import { dayOf, zoneOf } from '../../lib/zone.ts'
import { FOREVER } from './span.ts'
import type { Terms } from './terms.ts'

/** How many cars of each model can be had at a store between two instants, and be given back at another. */
export async function countFree(
  tx: Tx,
  terms: Terms,
  { store, returnStore = store, from, until }: { store: string; returnStore?: string; from: number; until: number },
): Promise<Map<string, number>> {
  const models = Object.keys(terms.models)
  // Named one by one, each is found from the first piece to the last that has begun by then.
  const rows = await tx.query<{ model: string; n: number }>(
    `SELECT model, COUNT(*) AS n FROM asset_spans
     WHERE state = 'free' AND store = ? AND model IN (${models.map(() => '?').join(',')}) AND fromAt <= ?
     AND untilAt >= ? AND (toStore = ? OR untilAt = ${FOREVER}) GROUP BY model`,
    [store, ...models, from, until + terms.turnaround, returnStore],
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
 * How many cars of each model are free all day, day by day. One statement for the whole fleet: pieces that have the same
 * days are counted together by the database, which finds them in that order.
 */
export async function freeDays(
  tx: Tx,
  terms: Terms,
  { store, model, days }: { store?: string; model?: string; days: number },
): Promise<FreeDays> {
  const firstDay = dayOf(zoneOf(terms.zone), tx.now)
  const rows = await tx.query<{ model: string; fromDay: number; untilDay: number; n: number }>(
    `SELECT model, fromDay, untilDay, COUNT(*) AS n FROM asset_spans
     WHERE state = 'free'${model ? ' AND model = ?' : ''} AND fromDay < ? AND untilDay > ? AND untilDay > fromDay
     ${store ? 'AND store = ?' : ''} GROUP BY model, fromDay, untilDay`,
    [...(model ? [model] : []), firstDay + days, firstDay, ...(store ? [store] : [])],
  )
  const steps = new Map<string, number[]>()
  for (const row of rows) {
    const from = Math.max(0, Number(row.fromDay) - firstDay)
    const until = Math.min(days, Number(row.untilDay) - firstDay)
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
