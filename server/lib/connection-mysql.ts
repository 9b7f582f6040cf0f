import type { DataSource, QueryRunner } from 'typeorm'
import { type Connection, errorCode, type Heed, LostRace, type Row, type Value } from './connection.ts'

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
  awaited?: { resolve: (touched: number) => void; reject: (error: unknown) => void }
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
/**
 * Fails what it is sent with unless the change before it has touched one row, which only the server can still do: the
 * commit may be on the same way.
 */
const ONE_TOUCHED = 'SELECT IF(ROW_COUNT() = 1, 1, (SELECT 1 UNION SELECT 2))'
const NONE_TOUCHED = 'ER_SUBQUERY_NO_1_ROW'
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
      const changes = before.map(({ text, heed }) => (heed?.one ? `${text};${ONE_TOUCHED}` : text))
      const read = reads.map(({ sql, values }) => connection.format(sql, values))
      const texts = [...changes, ...read, ...(last ? [last] : [])]
      if (texts.length === 0) return
      const whole = { sql: texts.join(';'), rowsAsArray: true as const }
      const answer = await answered((done) => connection.query(whole, done))
      const results = Array.isArray(answer.fields) ? (answer.result as unknown[]) : [answer.result]
      let at = 0
      for (const { heed, awaited } of before) {
        const { affectedRows } = results[at] as { affectedRows: number }
        heed?.told?.(affectedRows)
        awaited?.resolve(affectedRows)
        at += heed?.one ? 2 : 1
      }
      for (const { asLists, resolve } of reads) {
        const rows = results[at] as Value[][]
        resolve(asLists ? rows : rows.map(named((answer.fields as Field[][])[at])))
        at += 1
      }
    } catch (caught) {
      const error = errorCode(caught) === NONE_TOUCHED ? new LostRace() : caught
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
    const needed = ({ table, awaited }: Postponed) => awaited || reads.some(({ sql }) => sql.includes(table))
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
    commit: () => send([], 'COMMIT'),
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
