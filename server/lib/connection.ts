import type { DataSource, QueryRunner } from 'typeorm'

export type Value = string | number | boolean | null | Buffer
export type Row = Record<string, Value>
export type Heed = (touched: number) => void

/** What a transaction needs of a connection. */
export interface Connection {
  /** The rows a statement answers with. */
  query<T = Row>(sql: string, values?: unknown[]): Promise<T[]>
  /** The same rows as lists, in the order of the statement's columns: what becomes an entity needs no names. */
  lists(sql: string, values: unknown[]): Promise<Value[][]>
  /** Runs a change; returns how many rows it touched. */
  run(sql: string, values?: unknown[]): Promise<number>
  /**
   * Runs a change of this table that nobody waits for: before the next statement that names the table, or at the commit.
   * `heed` is given how many rows it touched, and by throwing fails what it was sent with.
   */
  later(table: string, sql: string, values: unknown[], heed?: Heed): Promise<void>
  /** Runs a change, and before it what is to be done later: together with the next statement if one comes in this turn. */
  soon(table: string, sql: string, values: unknown[]): Promise<number>
  commit(): Promise<void>
  rollback(): Promise<void>
  /** How many rows were changed since this was last asked, where somebody wants to know. */
  written?(): number
  release(): Promise<void>
}

interface PoolConnection {
  query(sql: string | { sql: string; rowsAsArray: true }, done: Done): void
  /** The statement as text with its values written out, escaped. */
  format(sql: string, values: unknown[]): string
  execute(sql: string | { sql: string; rowsAsArray: true }, values: unknown[], done: Done): void
}
type Done = (error: Error | null, result: unknown, fields?: unknown) => void

/** A change on its way to the server, with its values written out. */
interface Postponed {
  table: string
  text: string
  heed?: Heed
  /** Somebody waits for how it went: it goes with the next statement, whatever that speaks of. */
  awaited?: { resolve: Heed; reject: (error: unknown) => void }
}

/** A reading on its way to the server; what else is read in the same turn of the event loop shares it. */
interface Reading {
  sql: string
  values: unknown[]
  asLists: boolean
  resolve: (rows: unknown) => void
  reject: (error: unknown) => void
}

/**
 * In these a transaction begins by itself: a statement less for each, of a dozen that a card press makes. Values that are
 * written out rely on the backslash. All that a transaction reads is of one moment, whatever the server does by default:
 * who finds nothing of their own and then a neighbour's news would be refused what they have themselves.
 */
const BEGIN_BY_ITSELF = `SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;
  SET autocommit = 0, sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')`
/** What binds more values is sent as text. */
const MOST_PREPARED = 100
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
  let postponed: Postponed[] = []
  let reading: Reading[] = []
  let ending = false

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

  /** Sends what was postponed, then what is read (if anything, not alone), then `last`, in one go. */
  async function send(reads: Reading[] = [], last?: string): Promise<void> {
    const before = postponed
    postponed = []
    try {
      const connection = await connected()
      const read = reads.map(({ sql, values }) => connection.format(sql, values))
      const texts = [...before.map(({ text }) => text), ...read, ...(last ? [last] : [])]
      if (texts.length === 0) return
      const whole = { sql: texts.join(';'), rowsAsArray: true as const }
      const { result, fields } = await answered((done) => connection.query(whole, done))
      const results = texts.length > 1 ? (result as unknown[]) : [result]
      for (const [i, { heed, awaited }] of before.entries()) {
        const { affectedRows } = results[i] as { affectedRows: number }
        heed?.(affectedRows)
        awaited?.resolve(affectedRows)
      }
      for (const [i, { asLists, resolve }] of reads.entries()) {
        const at = before.length + i
        const rows = results[at] as Value[][]
        resolve(asLists ? rows : rows.map(named((fields as Field[][])[at])))
      }
    } catch (error) {
      for (const { awaited } of before) awaited?.reject(error)
      for (const { reject } of reads) reject(error)
      throw error
    }
  }

  /** One statement by itself: it is parsed once for each connection, unless it is seldom the same twice. */
  async function alone(sql: string, values: unknown[], asLists: boolean): Promise<unknown> {
    const connection = await connected()
    // Of many rows it is seldom as many again: to have it parsed once for later would be a way of its own each time.
    const once = values.length === 0 || values.length > MOST_PREPARED
    const text = once && values.length > 0 ? connection.format(sql, values) : sql
    const asked = asLists ? { sql: text, rowsAsArray: true as const } : text
    const { result } = await answered((done) =>
      once ? connection.query(asked, done) : connection.execute(asked, values, done),
    )
    return result
  }

  /** Ends the turn: what is read in it goes together, behind the changes that somebody waits for or that it must see. */
  async function turn(): Promise<void> {
    ending = false
    const reads = reading
    reading = []
    const needed = ({ table, awaited, heed }: Postponed) =>
      awaited || heed || reads.some(({ sql }) => sql.includes(table))
    const [only] = reads
    // A failure is told to each who waits for a part of it.
    if (postponed.some(needed) || reads.length > 1) return send(reads).catch(() => undefined)
    if (only) await alone(only.sql, only.values, only.asLists).then(only.resolve, only.reject)
  }

  /** Everything that can go on without an answer has gone on by then. */
  function endSoon(): void {
    if (!ending) process.nextTick(turn)
    ending = true
  }

  async function read(sql: string, values: unknown[], asLists: boolean): Promise<unknown> {
    if (!writes) return alone(sql, values, asLists)
    await connected()
    return new Promise((resolve, reject) => {
      reading.push({ sql, values, asLists, resolve, reject })
      endSoon()
    })
  }

  async function ask(sql: string, given: unknown[], asLists = false): Promise<unknown> {
    const values = given.map(nullable)
    if (sql.startsWith('SELECT')) return read(sql, values, asLists)
    await connected()
    if (reading.length > 0) await turn()
    // A change may be refused by a taken key, which the others must not hear as theirs.
    if (postponed.some(({ table, awaited }) => awaited || sql.includes(table))) await send()
    return alone(sql, values, asLists)
  }

  async function postpone(table: string, sql: string, values: unknown[], more: Partial<Postponed>): Promise<void> {
    const connection = await connected()
    postponed.push({ table, text: connection.format(sql, values.map(nullable)), ...more })
  }

  return {
    query: async <T>(sql: string, values: unknown[] = []) => {
      const rows = await ask(sql, values)
      return (Array.isArray(rows) ? rows : []) as T[]
    },
    lists: async (sql, values) => (await ask(sql, values, true)) as Value[][],
    run: async (sql, values = []) => ((await ask(sql, values)) as { affectedRows: number }).affectedRows,
    later: (table, sql, values, heed) => postpone(table, sql, values, { heed }),
    soon: (table, sql, values) =>
      new Promise<number>((resolve, reject) => {
        postpone(table, sql, values, { awaited: { resolve, reject } }).then(endSoon, reject)
      }),
    async commit() {
      // A change that must have touched its row may not share the way of what makes it last.
      if (postponed.some(({ heed }) => heed)) await send()
      await send([], 'COMMIT')
    },
    async rollback() {
      postponed = []
      reading = []
      await send([], 'ROLLBACK')
    },
    release: () => runner.release(),
  }
}

function answered(ask: (done: Done) => void): Promise<{ result: unknown; fields: unknown }> {
  return new Promise((resolve, reject) =>
    ask((error, result, fields) => (error ? reject(error) : resolve({ result, fields }))),
  )
}

type Field = { name: string }

/** Makes a row of a list of values. */
function named(fields: Field[] = []): (values: Value[]) => Row {
  return (values) => Object.fromEntries(fields.map(({ name }, i) => [name, values[i] as Value]))
}

function nullable(value: unknown): unknown {
  return value === undefined ? null : value
}

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
    async later(_table, sql, values, heed) {
      const touched = changed(sql, values)
      heed?.(touched)
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
