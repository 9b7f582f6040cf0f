import type { EntityTarget, ObjectLiteral } from 'typeorm'
import { opened } from '../../lib/crypto.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Erased, Page } from './holding.ts'

/** How many rows one transaction tells or lets go of. */
export const BATCH = 200

interface Told<E> {
  /** `customerId = ?`, with `value` in its place. */
  where: string
  values: unknown[]
  after: string
  /** Makes of a row what its owner reads. */
  look: (row: E) => Record<string, unknown>
}

/** A page of an entity's rows in the order of their ids. */
export async function tellRows<E extends ObjectLiteral & { id: string }>(
  tx: Tx,
  entity: EntityTarget<E>,
  { where, values, after, look }: Told<E>,
): Promise<Page> {
  const rows = await tx.find(entity, `WHERE (${where}) AND id > ? ORDER BY id LIMIT ${BATCH}`, [...values, after])
  const last = rows.at(-1)
  return {
    rows: rows.map((row) => plain(look(row)) as Record<string, unknown>),
    ...(rows.length === BATCH && last && { next: last.id }),
  }
}

/** Takes rows away, some at a time. */
export async function dropRows(tx: Tx, table: string, where: string, values: unknown[]): Promise<Erased> {
  const ids = await idsOf(tx, table, where, values)
  if (ids.length === 0) return {}
  await tx.run(`DELETE FROM ${table} WHERE id IN (${slots(ids)})`, ids)
  return { deleted: ids.length, more: ids.length === BATCH }
}

/** Changes rows so that they no longer match, some at a time; they are kept. */
export async function keepRows(
  tx: Tx,
  table: string,
  set: string,
  setValues: unknown[],
  where: string,
  values: unknown[],
): Promise<Erased> {
  const ids = await idsOf(tx, table, where, values)
  if (ids.length === 0) return {}
  await tx.run(`UPDATE ${table} SET ${set} WHERE id IN (${slots(ids)})`, [...setValues, ...ids])
  return { kept: ids.length, more: ids.length === BATCH }
}

/** The same by an entity's own columns, row by row. */
export async function blankRows<E extends ObjectLiteral & { id: string }>(
  tx: Tx,
  entity: EntityTarget<E>,
  where: string,
  values: unknown[],
  change: (row: E) => Partial<E>,
): Promise<Erased> {
  const rows = await tx.find(entity, `WHERE ${where} ORDER BY id LIMIT ${BATCH}`, values)
  for (const row of rows) await tx.update(entity, row.id, change(row))
  return rows.length === 0 ? {} : { kept: rows.length, more: rows.length === BATCH }
}

/** Several things let go of in one step. */
export function sum(all: Erased[]): Erased {
  return {
    deleted: all.reduce((total, { deleted = 0 }) => total + deleted, 0),
    kept: all.reduce((total, { kept = 0 }) => total + kept, 0),
    more: all.some(({ more }) => more),
  }
}

export function slots(values: unknown[]): string {
  return values.map(() => '?').join(',')
}

async function idsOf(tx: Tx, table: string, where: string, values: unknown[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM ${table} WHERE ${where} ORDER BY id LIMIT ${BATCH}`,
    values,
  )
  return rows.map(({ id }) => id)
}

/** A value with its secrets opened: to their owner alone. */
function plain(value: unknown): unknown {
  const inner = opened(value)
  if (Array.isArray(inner)) return inner.map(plain)
  if (typeof inner !== 'object' || inner === null) return inner
  return Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, plain(one)]))
}
