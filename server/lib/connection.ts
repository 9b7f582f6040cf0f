export type Value = string | number | boolean | null | Buffer
export type Row = Record<string, Value>

/** What becomes of a change that nobody waits for. */
export interface Heed {
  /** It must touch exactly one row: otherwise it throws LostRace, then or at the commit, and what came with it fails. */
  one?: boolean
  /** Is given how many rows it touched. */
  told?: (touched: number) => void
}

/** What a transaction needs of a connection. */
export interface Connection {
  /** The rows a statement answers with. */
  query<T = Row>(sql: string, values?: unknown[]): Promise<T[]>
  /** The same rows as lists, in the order of the statement's columns: what becomes an entity needs no names. */
  lists(sql: string, values: unknown[]): Promise<Value[][]>
  /** Runs a change; returns how many rows it touched. */
  run(sql: string, values?: unknown[]): Promise<number>
  /** Runs a change of this table that nobody waits for: before the next statement that names the table, or at the commit. */
  later(table: string, sql: string, values: unknown[], heed?: Heed): Promise<void>
  /** Runs a change, and before it what is to be done later: together with the next statement if one comes in this turn. */
  soon(table: string, sql: string, values: unknown[]): Promise<number>
  commit(): Promise<void>
  rollback(): Promise<void>
  /** How many rows were changed since this was last asked, where somebody wants to know. */
  written?(): number
  release(): Promise<void>
}

/** The row has changed since it was read: `Database.write` runs the transaction again on the present state. */
export class LostRace extends Error {
  readonly code = 'LOST_RACE'
}

/** The driver's own code of an error ('' if it has none), looked up behind TypeORM's wrapper. */
export function errorCode(error: unknown): string {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } }
  return String(driverError?.code ?? code ?? '')
}
