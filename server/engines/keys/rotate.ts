import type { DataSource } from 'typeorm'
import { jsonText, keyIds, reseal, resealMarked, sealedJson, sealedText, sealedWire } from '../../lib/crypto.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { log } from '../../lib/log.ts'
import { LostRace } from '../../lib/tx.ts'
import { KeyRotation } from './key.ts'

/** A column that holds what is sealed, as a whole or in its places. */
interface Sealed {
  id: string
  table: string
  column: string
  primary: string
  reseal: (text: string) => string
}

const BATCH = 500
/** How long one run of the duty goes on: the writer of SQLite has others to serve. */
const RUN_MS = 1_500

const WAYS = new Map<unknown, (text: string) => string>([
  [sealedText, reseal],
  [sealedJson, reseal],
  [sealedWire, reseal],
  [jsonText, resealMarked],
])

/** Every sealed column of every table, found from the entities: a new one cannot be forgotten. */
export function sealedColumns(source: DataSource): Sealed[] {
  return source.entityMetadatas.flatMap(({ tableName: table, columns, primaryColumns }) =>
    columns.flatMap(({ databaseName: column, transformer }) => {
      const way = WAYS.get(transformer)
      const primary = primaryColumns[0]?.databaseName ?? 'id'
      return way ? [{ id: `${table}.${column}`, table, column, primary, reseal: way }] : []
    }),
  )
}

/**
 * Seals by the first key of the ring what older keys have sealed, batch by batch, until a pass over all columns finds
 * nothing: then the older keys can leave the ring. With one key alone there is nothing to do. Returns how many rows.
 */
export async function rotateKeys(db: Database, patience = RUN_MS): Promise<number> {
  const [current, ...older] = keyIds()
  if (!current || older.length === 0) return 0
  const until = Date.now() + patience
  let changed = 0
  for (const column of sealedColumns(db.source)) {
    for (;;) {
      const batch = await db.write((tx) => rotateBatch(tx, column, current))
      if (batch === undefined) break
      changed += batch
      if (Date.now() > until) return changed || 1
    }
  }
  if (changed > 0) await tellIfDone(db, current, older)
  return changed
}

/** How many columns are not known to be sealed by the first key alone, and how many rows were sealed anew. */
export async function rotationState(tx: Tx, source: DataSource): Promise<{ left: number; rewritten: number }> {
  const [current, ...older] = keyIds()
  const rows = await tx.find(KeyRotation, 'WHERE keyId = ?', [current ?? ''])
  const rewritten = rows.reduce((sum, { total }) => sum + Number(total), 0)
  if (older.length === 0) return { left: 0, rewritten }
  const done = new Set(rows.filter(({ doneAt }) => doneAt !== null).map(({ id }) => id))
  return { left: sealedColumns(source).filter(({ id }) => !done.has(id)).length, rewritten }
}

/** One batch of a column; undefined when nothing is left in it. */
async function rotateBatch(tx: Tx, sealed: Sealed, current: string): Promise<number | undefined> {
  const state = await passOf(tx, sealed.id, current)
  if (state.doneAt !== null) return undefined
  const { table, column, primary } = sealed
  const rows = await tx.query<{ id: string; body: string | null }>(
    `SELECT ${primary} AS id, ${column} AS body FROM ${table} WHERE ${primary} > ? ORDER BY ${primary} LIMIT ${BATCH}`,
    [state.afterId],
  )
  let changed = 0
  for (const { id, body } of rows) {
    if (body === null) continue
    const next = sealed.reseal(body)
    if (next === body) continue
    // Whoever wrote it meanwhile has sealed it by the present key.
    changed += await tx.run(`UPDATE ${table} SET ${column} = ? WHERE ${primary} = ? AND ${column} = ?`, [
      next,
      id,
      body,
    ])
  }
  const rewritten = state.rewritten + changed
  const total = Number(state.total) + changed
  const last = rows.at(-1)
  const moved =
    rows.length === BATCH && last
      ? { afterId: last.id, rewritten, total }
      : // A process with the ring of before may have written behind us: one more pass looks.
        { afterId: '', rewritten: 0, total, doneAt: rewritten === 0 ? tx.now : null }
  if (!(await tx.update(KeyRotation, state.id, moved, { afterId: state.afterId, keyId: current }))) throw new LostRace()
  return changed
}

async function passOf(tx: Tx, id: string, keyId: string): Promise<KeyRotation> {
  const known = await tx.get(KeyRotation, id)
  if (known?.keyId === keyId) return known
  const fresh = { id, keyId, afterId: '', rewritten: 0, total: 0, doneAt: null }
  if (known) await tx.update(KeyRotation, id, fresh)
  else if (!(await tx.insertOnce(KeyRotation, fresh))) throw new LostRace()
  return fresh
}

async function tellIfDone(db: Database, current: string, older: string[]): Promise<void> {
  const { left, rewritten } = await db.read((tx) => rotationState(tx, db.source))
  if (left > 0) return
  log.info({ key: current, rewritten, older }, 'all is sealed by the first key; the older ones can leave DATA_KEYS')
}
