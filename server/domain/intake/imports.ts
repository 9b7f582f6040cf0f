import { stat } from 'node:fs/promises'
import type { Objection } from '../../engines/api/objection.ts'
import { adoptStored, dropStored, storedPath } from '../../engines/files/store.ts'
import type { DeclaredEvent } from '../../engines/packs/events.ts'
import { MINUTE } from '../../lib/clock.ts'
import { type CsvRow, readCsv } from '../../lib/csv.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { AppError, Invalid } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { log } from '../../lib/log.ts'
import { LostRace } from '../../lib/tx.ts'
import { Import, ImportError, type ImportKind } from './import.ts'
import { itemIn, mapColumns } from './row-fields.ts'
import { takeRows } from './take-rows.ts'

const ENDING = 'csv'
const BATCH = 500
/** How many batches a pass makes of one file before others have their turn. */
const BATCHES = 20
/** Whoever works on a file has it for as long; a process that was killed gives it back by that. */
const TURN_MS = 2 * MINUTE
/** Nobody reads more; the counts go on. */
const MOST_ERRORS = 5_000

interface NewImport {
  kind: ImportKind
  source: string
  name: string
  map: Record<string, string>
  usual: Record<string, string[]>
}

/** Takes a file in UTF-8 to be read in by the duty; only its header is read now. Throws Invalid. */
export async function openImport(db: Database, path: string, given: NewImport): Promise<Import> {
  const { kind, source, map, usual } = given
  const { mapping, row } = await readHeader(path, kind, map, usual)
  const { size } = await stat(path)
  const id = await db.write(async (tx) => newId(tx.now))
  await adoptStored(id, ENDING, path)
  return db.write(async (tx) => {
    const counts = { accepted: 0, known: 0, refused: 0, version: 0 }
    const begun = { state: 'running' as const, mapping, size, done: row.end, line: row.line, ...counts }
    const name = given.name.slice(0, 120)
    await tx.insert(Import, { id, kind, source, name, ...begun, createdAt: tx.now, wakeAt: tx.now })
    return (await tx.get(Import, id)) as Import
  })
}

/** Which field each column of a file is, and the row that says so. Throws Invalid. */
export async function readHeader(
  path: string,
  kind: ImportKind,
  map: Record<string, string>,
  usual: Record<string, string[]>,
): Promise<{ mapping: (string | null)[]; row: CsvRow }> {
  for await (const row of readCsv(path)) return { mapping: mapColumns(kind, row.values, map, usual), row }
  throw new Invalid('file', 'import_empty')
}

/** When a file is read on. */
export const importsDue = earliest('imports', 'wakeAt')

/** Reads the files in that are waiting, some batches of each. Returns how many rows it dealt with. */
export async function sweepImports(db: Database, declared: () => ReadonlyMap<string, DeclaredEvent>): Promise<number> {
  const due = await db.read((tx) => tx.find(Import, 'WHERE wakeAt <= ? ORDER BY wakeAt, id LIMIT 10', [tx.now]))
  let rows = 0
  for (const one of due) {
    const mine = await db.write(async (tx) => {
      const change = { wakeAt: tx.now + TURN_MS, version: one.version + 1 }
      return (await tx.update(Import, one.id, change, { version: one.version }))
        ? Object.assign(one, change)
        : undefined
    })
    if (mine) rows += await workOn(db, mine, declared())
  }
  return rows
}

/** The first errors of a file, in the order of its lines. */
export function errorsOf(tx: Tx, importId: string, most: number): Promise<ImportError[]> {
  return tx.find(ImportError, `WHERE importId = ? ORDER BY line, id LIMIT ${most}`, [importId])
}

async function workOn(db: Database, one: Import, declared: ReadonlyMap<string, DeclaredEvent>): Promise<number> {
  let rows = 0
  let batch: CsvRow[] = []
  const flush = async (last: boolean) => {
    await takeBatch(db, one, batch, declared, last)
    rows += batch.length
    batch = []
  }
  try {
    let batches = 0
    for await (const row of readCsv(storedPath(one.id, ENDING), { byte: one.done, line: one.line })) {
      batch.push(row)
      if (batch.length < BATCH) continue
      await flush(false)
      if (++batches >= BATCHES) {
        await db.write((tx) => change(tx, one, { wakeAt: tx.now }))
        return rows
      }
    }
    await flush(true)
  } catch (error) {
    if (!(error instanceof AppError)) {
      // Tried again when the turn is over.
      log.error({ import: one.id, err: error }, 'a file could not be read in')
      return rows
    }
    const over = { state: 'failed' as const, error: error.why, wakeAt: null }
    await db.write((tx) => change(tx, one, { ...over, endedAt: tx.now }))
  }
  await dropStored(one.id, ENDING)
  // The last batch may have been empty: it has been something all the same.
  return rows + 1
}

/** Takes some rows and notes how far the file has come. The rows are taken first: again, they say nothing new. */
async function takeBatch(
  db: Database,
  one: Import,
  rows: CsvRow[],
  declared: ReadonlyMap<string, DeclaredEvent>,
  last: boolean,
): Promise<void> {
  const items = rows.map(({ values }) => itemIn(one.kind, one.mapping, values))
  const outcomes = await takeRows(db, one.kind, items, { source: one.source, declared })
  const counts = { accepted: one.accepted, known: one.known, refused: one.refused }
  const errors: { line: number; objection: Objection }[] = []
  outcomes.forEach((outcome, i) => {
    if (typeof outcome === 'string') counts[outcome]++
    else {
      counts.refused++
      errors.push({ line: rows[i]?.line ?? 0, objection: outcome.refused })
    }
  })
  const end = rows.at(-1)
  await db.write(async (tx) => {
    const room = Math.max(0, MOST_ERRORS - one.refused)
    if (errors.length > 0 && room > 0)
      await tx.insert(
        ImportError,
        errors.slice(0, room).map(({ line, objection: { field, why, data } }) => {
          return { id: newId(tx.now), importId: one.id, line, field, reason: why, data: data ?? {} }
        }),
      )
    const over = last ? { state: 'done' as const, endedAt: tx.now, wakeAt: null } : { wakeAt: tx.now + TURN_MS }
    await change(tx, one, { ...counts, ...(end && { done: end.end, line: end.line }), ...over })
  })
}

async function change(tx: Tx, one: Import, changes: Partial<Import>): Promise<void> {
  const next = { ...changes, version: one.version + 1 }
  // Somebody else has taken the file over, who goes on from what we noted last.
  if (!(await tx.update(Import, one.id, next, { version: one.version }))) throw new LostRace()
  tx.afterCommit(() => Object.assign(one, next))
}
