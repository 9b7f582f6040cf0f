import type { DataSource, QueryRunner } from 'typeorm'

export type Value = string | number | boolean | null | Buffer
export type Row = Record<string, Value>

/** What a transaction needs of a connection. */
export interface Connection {
  /** The rows a statement answers with. */
  query<T = Row>(sql: string, values?: unknown[]): Promise<T[]>
  /** Runs a change; returns how many rows it touched. */
  run(sql: string, values?: unknown[]): Promise<number>
  /** Runs a change of this table that nobody waits for: before the next statement that names the table, or at the commit. */
  later(table: string, sql: string, values: unknown[]): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
  release(): Promise<void>
}

interface PoolConnection {
  query(sql: string, done: Done): void
  /** The statement as text with its values written out, escaped. */
  format(sql: string, values: unknown[]): string
  execute(sql: string, values: unknown[], done: Done): void
}
type Done = (error: Error | null, result: unknown) => void

/**
 * In these a transaction begins by itself: a statement less for each, of a dozen that a card press makes. Values that are
 * written out rely on the backslash.
 */
const BEGIN_BY_ITSELF = `SET autocommit = 0, sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')`
const chained = new WeakSet<PoolConnection>()

/**
 * A connection from MySQL's pool, asked in the binary protocol: a statement is parsed once per connection, and its rows
 * need no parsing here. The driver is asked directly, for the reason given below. On one that `writes` everything is
 * part of a transaction, which lasts until COMMIT or ROLLBACK, and changes that nobody waits for share the commit's way
 * to the server: on a loaded machine a press costs less by its statements than by their ways (docs/decisions/0016).
 */
export function mysqlConnection(source: DataSource, writes: boolean): Connection {
  const runner: QueryRunner = source.createQueryRunner()
  let opened: Promise<PoolConnection> | undefined
  let postponed: { table: string; text: string }[] = []

  async function open(): Promise<PoolConnection> {
    const connection = (await runner.connect()) as PoolConnection
    if (writes && !chained.has(connection)) {
      await answered((done) => connection.query(BEGIN_BY_ITSELF, done))
      chained.add(connection)
    }
    return connection
  }

  function connected(): Promise<PoolConnection> {
    opened ??= open()
    return opened
  }

  /** Sends what was postponed and this, in one go. */
  async function send(...more: string[]): Promise<void> {
    const texts = [...postponed.map(({ text }) => text), ...more]
    postponed = []
    const connection = await connected()
    await answered((done) => connection.query(texts.join(';'), done))
  }

  async function ask(sql: string, values: unknown[]): Promise<unknown> {
    if (postponed.some(({ table }) => sql.includes(table))) await send()
    const connection = await connected()
    return answered((done) =>
      values.length === 0 ? connection.query(sql, done) : connection.execute(sql, values.map(nullable), done),
    )
  }

  return {
    query: async <T>(sql: string, values: unknown[] = []) => {
      const rows = await ask(sql, values)
      return (Array.isArray(rows) ? rows : []) as T[]
    },
    run: async (sql, values = []) => ((await ask(sql, values)) as { affectedRows: number }).affectedRows,
    async later(table, sql, values) {
      const connection = await connected()
      postponed.push({ table, text: connection.format(sql, values.map(nullable)) })
    },
    commit: () => send('COMMIT'),
    async rollback() {
      postponed = []
      await send('ROLLBACK')
    },
    release: () => runner.release(),
  }
}

function answered(ask: (done: Done) => void): Promise<unknown> {
  return new Promise((resolve, reject) => ask((error, result) => (error ? reject(error) : resolve(result))))
}

function nullable(value: unknown): unknown {
  return value === undefined ? null : value
}

interface Statement {
  reader: boolean
  all(...values: unknown[]): unknown[]
  run(...values: unknown[]): { changes: number }
}

const REMEMBERED = 500

/**
 * SQLite's connection as the driver opened it. Its query runner would look after loggers and subscribers, which we have
 * none of, with half a dozen promises a statement: on a call that answers at once that is most of the time.
 */
export function sqliteConnection(source: DataSource): Connection {
  const { databaseConnection } = source.driver as unknown as { databaseConnection: { prepare(sql: string): Statement } }
  const statements = new Map<string, Statement>()

  function prepared(sql: string): Statement {
    let statement = statements.get(sql)
    if (!statement) {
      statement = databaseConnection.prepare(sql)
      if (statements.size >= REMEMBERED) statements.delete(statements.keys().next().value as string)
      statements.set(sql, statement)
    }
    return statement
  }

  return {
    async query<T>(sql: string, values: unknown[] = []) {
      const statement = prepared(sql)
      if (statement.reader) return statement.all(...values.map(bindable)) as T[]
      statement.run(...values.map(bindable))
      return []
    },
    run: async (sql, values = []) => prepared(sql).run(...values.map(bindable)).changes,
    async later(_table, sql, values) {
      prepared(sql).run(...values.map(bindable))
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
