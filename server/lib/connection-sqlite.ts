import type { DataSource } from 'typeorm'
import { type Connection, LostRace, type Value } from './connection.ts'

interface Statement {
  reader: boolean
  raw(on: boolean): Statement
  all(values: unknown[]): unknown[]
  run(values?: unknown[]): { changes: number }
}

const REMEMBERED = 500

/**
 * SQLite's connection as the driver opened it. Its query runner would look after loggers and subscribers, which we have
 * none of, with half a dozen promises a statement: on a call that answers at once that is most of the time.
 */
export function sqliteConnection(source: DataSource): Connection {
  const { databaseConnection } = source.driver as unknown as { databaseConnection: { prepare(sql: string): Statement } }
  const naming = new Map<string, Statement>()
  const listing = new Map<string, Statement>()
  let written = 0

  function changed(sql: string, values: unknown[]): number {
    const { changes } = prepared(sql).run(values.map(bindable))
    written += changes
    return changes
  }

  function prepared(sql: string, asLists = false): Statement {
    const statements = asLists ? listing : naming
    let statement = statements.get(sql)
    if (!statement) {
      statement = databaseConnection.prepare(sql)
      if (asLists) statement.raw(true)
      if (statements.size >= REMEMBERED) statements.delete(statements.keys().next().value as string)
      statements.set(sql, statement)
    }
    return statement
  }

  return {
    async query<T>(sql: string, values: unknown[] = []) {
      const statement = prepared(sql)
      if (statement.reader) return statement.all(values.map(bindable)) as T[]
      changed(sql, values)
      return []
    },
    lists: async (sql, values) => prepared(sql, true).all(values.map(bindable)) as Value[][],
    run: async (sql, values = []) => changed(sql, values),
    async later(_table, sql, values, { one, told } = {}) {
      const touched = changed(sql, values)
      if (one && touched !== 1) throw new LostRace()
      told?.(touched)
    },
    soon: async (_table, sql, values) => changed(sql, values),
    written() {
      const rows = written
      written = 0
      return rows
    },
    async commit() {
      prepared('COMMIT').run()
    },
    async rollback() {
      prepared('ROLLBACK').run()
    },
    release: async () => undefined,
  }
}

/** SQLite has no truths, only numbers. */
function bindable(value: unknown): unknown {
  return typeof value === 'boolean' ? Number(value) : value
}
