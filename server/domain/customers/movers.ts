import type { Tx } from '../../lib/tx.ts'

/** How much goes into one statement. */
const SLICE = 500

/** What a noun does when two customers turn out to be one, and when it turns out that they are not. */
export interface Mover {
  /** The tables whose columns name a customer that it looks after: every such column has somebody. */
  tables: string[]
  /** Makes what is `fromId`'s `toId`'s; returns what `back` must know, or undefined where there was nothing. */
  move(tx: Tx, fromId: string, toId: string): Promise<unknown>
  /** Gives `fromId` back what was theirs. What has come since stays with `toId`. */
  back(tx: Tx, fromId: string, toId: string, moved: unknown): Promise<void>
}

const movers = new Map<string, Mover>()

/** Lets a noun take part in merges, under a name that the journal keeps. */
export function lendMover(name: string, mover: Mover): void {
  movers.set(name, mover)
}

/** Everybody who takes part, in the order in which they were lent. */
export function allMovers(): ReadonlyMap<string, Mover> {
  return movers
}

/** A column of rows whose other columns say nothing of the customer. */
export interface Pointer {
  table: string
  column: string
  /** What else must hold of the rows: `channel = 'customer'`. */
  where?: string
  /** Rows are compared by their version before they are changed. */
  versioned?: boolean
}

/** A mover that only points rows elsewhere: the journal keeps their ids. */
export function pointing(...pointers: Pointer[]): Mover {
  return {
    tables: pointers.map(({ table }) => table),
    async move(tx, fromId, toId) {
      const moved: Record<string, string[]> = {}
      for (const pointer of pointers) {
        const ids = await point(tx, pointer, fromId, toId)
        if (ids.length > 0) moved[`${pointer.table}.${pointer.column}`] = ids
      }
      return Object.keys(moved).length > 0 ? moved : undefined
    },
    async back(tx, fromId, toId, moved) {
      for (const pointer of pointers) {
        const ids = (moved as Record<string, string[]>)[`${pointer.table}.${pointer.column}`] ?? []
        await pointBack(tx, pointer, fromId, toId, ids)
      }
    },
  }
}

/** Points rows from one customer to another; returns their ids. */
export async function point(tx: Tx, pointer: Pointer, fromId: string, toId: string): Promise<string[]> {
  const { table, column, where } = pointer
  const tail = where ? ` AND ${where}` : ''
  const rows = await tx.query<{ id: string }>(`SELECT id FROM ${table} WHERE ${column} = ?${tail} ORDER BY id`, [
    fromId,
  ])
  const ids = rows.map(({ id }) => id)
  await pointBack(tx, pointer, toId, fromId, ids)
  return ids
}

/** Points these rows to `fromId`, as far as they are still `toId`'s. */
export async function pointBack(
  tx: Tx,
  { table, column, versioned }: Pointer,
  fromId: string,
  toId: string,
  ids: string[],
): Promise<void> {
  const set = versioned ? `${column} = ?, version = version + 1` : `${column} = ?`
  for (const slice of slices(ids))
    await tx.run(`UPDATE ${table} SET ${set} WHERE ${column} = ? AND id IN (${slots(slice)})`, [fromId, toId, ...slice])
}

/** Rows as the database keeps them: what is sealed in them stays so. */
export type RawRow = Record<string, unknown>

/** Takes rows out of a table, for the journal. */
export async function takeOut(tx: Tx, table: string, where: string, values: unknown[]): Promise<RawRow[]> {
  const rows = await tx.query<RawRow>(`SELECT * FROM ${table} WHERE ${where}`, values)
  if (rows.length > 0) await tx.run(`DELETE FROM ${table} WHERE ${where}`, values)
  return rows.map((row) => ({ ...row }))
}

/** Puts rows back that were taken out; in place of such as have come there since. */
export async function putBack(tx: Tx, table: string, rows: RawRow[]): Promise<void> {
  for (const row of rows) {
    await tx.run(`DELETE FROM ${table} WHERE id = ?`, [row.id])
    const columns = Object.keys(row)
    await tx.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${slots(columns)})`, Object.values(row))
  }
}

/** Ids in parts that fit into a statement. */
export function slices(ids: string[]): string[][] {
  const parts: string[][] = []
  for (let from = 0; from < ids.length; from += SLICE) parts.push(ids.slice(from, from + SLICE))
  return parts
}

/** As many places for values as there are. */
export function slots(list: unknown[]): string {
  return list.map(() => '?').join(',')
}
