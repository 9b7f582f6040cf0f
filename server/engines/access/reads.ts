import { HOUR } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import type { Viewer } from './access.ts'
import { AccessRead } from './read.ts'

interface Reading {
  customerId: string
  door: AccessRead['door']
  fields: readonly string[]
  why: string
}

const SWEPT = 1000

/** Notes that somebody has read personal data in full; again within the hour it is the same row. */
export async function noteRead(tx: Tx, viewer: Viewer, { customerId, door, fields, why }: Reading): Promise<void> {
  if (fields.length === 0) return
  const readerType = 'staff' in viewer ? ('staff' as const) : ('program' as const)
  const readerId = 'staff' in viewer ? viewer.staff : viewer.program
  const id = `${readerId}:${customerId}:${door}:${Math.floor(tx.now / HOUR)}`
  const before = await tx.get(AccessRead, id)
  if (before) {
    const all = [...new Set([...before.fields, ...fields])]
    await tx.update(AccessRead, id, { fields: all, times: before.times + 1, lastAt: tx.now, why })
    return
  }
  const row = { id, readerType, readerId, customerId, door, fields: [...fields], why, times: 1 }
  if (!(await tx.insertOnce(AccessRead, { ...row, at: tx.now, lastAt: tx.now }))) throw new LostRace()
}

/** Who has read what of a customer, the latest first. */
export function readsOf(tx: Tx, customerId: string, most: number): Promise<AccessRead[]> {
  return tx.find(AccessRead, `WHERE customerId = ? ORDER BY lastAt DESC, id LIMIT ${most}`, [customerId])
}

/** Forgets what was read longer ago than the pack wants to know. Returns how many rows. */
export async function forgetReads(db: Database, keepMs: number): Promise<number> {
  const old = await db.read((tx) =>
    tx.query<{ id: string }>(`SELECT id FROM access_reads WHERE lastAt < ? ORDER BY lastAt LIMIT ${SWEPT}`, [
      tx.now - keepMs,
    ]),
  )
  if (old.length === 0) return 0
  return db.write((tx) =>
    tx.run(
      `DELETE FROM access_reads WHERE id IN (${old.map(() => '?').join(',')})`,
      old.map(({ id }) => id),
    ),
  )
}
