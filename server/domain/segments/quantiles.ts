import { Column, Entity, PrimaryColumn } from 'typeorm'
import { HOUR } from '../../lib/clock.ts'
import { jsonText } from '../../lib/crypto.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { dayOf, startOfDay, zoneOf } from '../../lib/zone.ts'
import { ZONE } from './counts.ts'
import { COLUMNS } from './known.ts'
import { below, type Edges, type Rfm, type Scale } from './rfm.ts'

/** The edges of the scores as the customers' own figures draw them; one row. */
@Entity('rfm_edges')
export class RfmEdges {
  @PrimaryColumn({ type: 'varchar', length: 10 }) id: string
  @Column({ type: 'text', transformer: jsonText }) edges: Edges
  /** The values whose score has changed with the last edges: whoever has one is looked at again. */
  @Column({ type: 'text', transformer: jsonText }) moved: Moved[]
  @Column({ type: 'bigint' }) at: number
}

interface Moved {
  fact: string
  from: number
  /** Undefined: and everything above. */
  to?: number
}

const ONLY = 'edges'
/** When in the night they are drawn. */
const NIGHT = 3 * HOUR
const SLICE = 500

/** The edges in force. */
export async function edgesInForce(tx: Tx): Promise<Edges> {
  return (await tx.get(RfmEdges, ONLY))?.edges ?? {}
}

/**
 * Draws the edges once a night from how the customers stand, and has those looked at again whose score they change.
 * What was interrupted is taken up again. Returns how many customers.
 */
export async function drawEdges(db: Database, rfm: Rfm | undefined): Promise<number> {
  const scales = rfm ? [rfm.frequency, rfm.monetary].filter(({ quantiles }) => quantiles !== undefined) : []
  const row = await db.read((tx) => tx.get(RfmEdges, ONLY))
  if (row && row.moved.length > 0) return lookAgain(db, row)
  if (scales.length === 0) return 0
  const fresh = row && row.at >= (await db.read(async ({ now }) => lastNight(now)))
  if (fresh && scales.every(({ of }) => row.edges[of])) return 0
  const edges: Edges = {}
  for (const scale of scales) edges[scale.of] = await db.read((tx) => quantilesOf(tx, scale))
  const moved = Object.entries(edges).flatMap(([fact, list]) => movedBy(fact, row?.edges[fact] ?? [], list))
  const next = await db.write(async (tx) => {
    const columns = { edges, moved, at: tx.now }
    const mine = row
      ? await tx.update(RfmEdges, ONLY, columns, { at: row.at })
      : await tx.insertOnce(RfmEdges, { id: ONLY, ...columns })
    return mine ? { id: ONLY, ...columns } : undefined
  })
  return next ? lookAgain(db, next) : 0
}

/** The values at which one part of equally many customers ends and the next begins; equal ones once. */
async function quantilesOf(tx: Tx, { of, quantiles = 1 }: Scale): Promise<number[]> {
  const column = COLUMNS[of]?.column
  const [row] = await tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM customer_facts WHERE ${column} > 0`)
  const count = Number(row?.n ?? 0)
  const found = new Set<number>()
  for (let part = 1; part < quantiles && count > 0; part++) {
    const offset = Math.min(count - 1, Math.floor((count * part) / quantiles))
    const [edge] = await tx.query<{ value: number }>(
      `SELECT ${column} AS value FROM customer_facts WHERE ${column} > 0 ORDER BY ${column} LIMIT 1 OFFSET ${offset}`,
    )
    if (edge) found.add(Number(edge.value))
  }
  return [...found]
}

/** The ranges of values that have another score by the new edges than by the old ones. */
function movedBy(fact: string, old: number[], edges: number[]): Moved[] {
  const points = [...new Set([...old, ...edges])].sort((a, b) => a - b)
  return points.flatMap((from, i) => {
    if (below(old, from) === below(edges, from)) return []
    const to = points[i + 1]
    return [{ fact, from, ...(to !== undefined && { to }) }]
  })
}

async function lookAgain(db: Database, { moved }: Pick<RfmEdges, 'moved'>): Promise<number> {
  let count = 0
  for (const one of moved) count += await lookAgainAt(db, one)
  await db.write((tx) => tx.update(RfmEdges, ONLY, { moved: [] }))
  return count
}

async function lookAgainAt(db: Database, { fact, from, to }: Moved): Promise<number> {
  const column = COLUMNS[fact]?.column
  if (!column) return 0
  const [where, values] =
    to === undefined ? [`${column} >= ?`, [from]] : [`${column} >= ? AND ${column} < ?`, [from, to]]
  let count = 0
  for (let after = ''; ; ) {
    const rows = await db.read((tx) =>
      tx.query<{ id: string }>(`SELECT id FROM customer_facts WHERE ${where} AND id > ? ORDER BY id LIMIT ${SLICE}`, [
        ...values,
        after,
      ]),
    )
    const ids = rows.map(({ id }) => id)
    if (ids.length > 0) await db.write((tx) => tx.run(dueNow(ids.length), [tx.now, ...ids]))
    count += ids.length
    if (ids.length < SLICE) return count
    after = ids.at(-1) ?? after
  }
}

/** Whoever is judging them at this moment, by what held before, loses the race. */
function dueNow(count: number): string {
  return `UPDATE customer_tallies SET dueAt = ?, version = version + 1 WHERE id IN (${Array(count).fill('?').join(',')})`
}

/** The instant of the night at which they were to be drawn last. */
function lastNight(now: number): number {
  const zone = zoneOf(ZONE)
  const day = dayOf(zone, now)
  const tonight = startOfDay(zone, day) + NIGHT
  return tonight <= now ? tonight : startOfDay(zone, day - 1) + NIGHT
}
