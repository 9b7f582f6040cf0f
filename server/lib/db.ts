import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { DataSource, type DataSourceOptions, type MixedList } from 'typeorm'
import { Checkpointer } from './checkpoint.ts'
import type { Clock } from './clock.ts'
import type { Connection } from './connection.ts'
import { mysqlConnection } from './connection-mysql.ts'
import { sqliteConnection } from './connection-sqlite.ts'
import { log } from './log.ts'
import { errorCode, Tx } from './tx.ts'

export type Dialect = 'sqlite' | 'mysql'

/** A readable connection: statements outside a transaction, each its own snapshot. */
export type Reader = Tx
export type { Tx } from './tx.ts'

interface Options {
  /** `sqlite:<file>` or `mysql://user:password@host:port/database`, with `?socketPath=<file>` by the server's own socket */
  url: string
  entities: MixedList<new () => object>
  migrations: MixedList<new () => object>
  /** Connections of each of MySQL's two pools, for writing and for reading; SQLite always has one writer and one reader. */
  poolSize?: number
  clock: Clock
}

/** One piece of work that waits for SQLite's only writer, and who waits for it. */
interface Turn {
  work: (tx: Tx) => Promise<unknown>
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
}

/** A dozen at the same rows need a few rounds until each has been the first. */
const RETRIES = 12
/** Within how long a transaction that lost begins again: twice as long each time, up to the longest. */
const RETRY_SPREAD_MS = 10
const LONGEST_SPREAD_MS = 320
/** How many waiting pieces of work share a commit: more would gain little and make the first one wait. */
const SHARING = 16
/** How many rounds of reading without new work end the wait for company; each takes microseconds. */
const PATIENCE = 3
const TURN_WAIT_S = 300
const LOST_RACES = new Set([
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  // MariaDB from 11.6 on says so by itself when a row has changed since the transaction's moment.
  'ER_CHECKREAD',
  'SQLITE_BUSY',
  'SQLITE_BUSY_SNAPSHOT',
  'LOST_RACE',
])

/**
 * The database behind one small surface: `write` runs a transaction, `read` runs outside one.
 *
 * SQLite gets two connections, a writer whose transactions are queued and a reader: with only one, a request that
 * reads while another one's transaction waits for its next statement would see rows that are not committed.
 * What waits for the writer together is committed together, each piece behind a savepoint of its own: to its caller it
 * is a transaction like any other, and under load a commit, the dearest statement, is paid once for many.
 */
export class Database {
  private readonly waiting: Turn[] = []
  private writing: Promise<void> | undefined
  private readonly queues = new Map<string, Promise<unknown>>()
  /** A connection to write with, and one to read with; SQLite has one of each, MySQL lends them from its pool. */
  private readonly writer: () => Connection
  private readonly reader: () => Connection

  private constructor(
    readonly dialect: Dialect,
    /** The TypeORM source of the writing side, for migrations. */
    readonly source: DataSource,
    private readonly readSource: DataSource,
    private readonly clock: Clock,
    private readonly checkpointer?: Checkpointer,
  ) {
    this.writer = lender(source, dialect, true)
    this.reader = lender(readSource, dialect, false)
  }

  /** Opens the database and brings its tables up to date. */
  static async open(options: Options): Promise<Database> {
    const { dialect, common } = connectionOptions(options)
    const source = await new DataSource(writing(common)).initialize()
    await inTurn(source, dialect, 'migrations', () => source.runMigrations({ transaction: 'each' }))
    // What rows look like is told by the writing side alone.
    const readSource = await new DataSource({ ...common, entities: [], migrations: [] }).initialize()
    if (dialect === 'sqlite') await readSource.query('PRAGMA query_only = ON')
    const checkpointer = dialect === 'sqlite' ? new Checkpointer(String(common.database)) : undefined
    return new Database(dialect, source, readSource, options.clock, checkpointer)
  }

  /**
   * Runs `work` while no other process runs one of that name: for what is counted over several rows, which a
   * compare-and-set cannot guard. On SQLite the one writer sees to it already.
   */
  alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    // Those of this process queue up here: each would wait with a connection of the pool, and leave none for the work.
    const before = this.queues.get(name) ?? Promise.resolve()
    const turn = before.then(() => inTurn(this.source, this.dialect, name, work))
    this.queues.set(
      name,
      turn.catch(() => undefined),
    )
    return turn
  }

  /**
   * Runs `work` in one transaction and returns what it returns, after the commit.
   * Lost races (deadlock, busy) run `work` again from the start, so it must have no effect outside the database;
   * what has to happen afterwards goes into `tx.afterCommit`.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.dialect === 'mysql') return this.attempt((connection) => this.transact(connection, work))
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ work, resolve: resolve as Turn['resolve'], reject })
      this.writing ??= this.writeWaiting()
    })
  }

  /** Runs statements that change nothing, outside any transaction. */
  async read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    const connection = this.reader()
    try {
      return await work(new Tx(this.source, connection, this.dialect, this.clock.now()))
    } finally {
      await connection.release()
    }
  }

  /** Closes every connection after the queued transactions have ended. */
  async close(): Promise<void> {
    await this.writing
    await this.checkpointer?.stop()
    await this.readSource.destroy()
    await this.source.destroy()
  }

  private async writeWaiting(): Promise<void> {
    while (this.waiting.length > 0) {
      await this.gathered()
      const turns = this.waiting.splice(0, SHARING)
      try {
        const settled = await this.attempt((connection) => this.together(connection, turns))
        for (const settle of settled) settle()
      } catch (error) {
        for (const { reject } of turns) reject(error)
      }
    }
    this.writing = undefined
  }

  /**
   * SQLite answers at once, so a transaction runs through before the next request is even read. Reading on for as long
   * as that brings more work lets all that has arrived by now share the commit.
   */
  private async gathered(): Promise<void> {
    for (let idle = 0, known = 0; idle < PATIENCE && known < SHARING; ) {
      await new Promise((resolve) => setImmediate(resolve))
      idle = this.waiting.length > known ? 0 : idle + 1
      known = this.waiting.length
    }
  }

  /** Runs pieces of work in one transaction; returns what to tell each caller now that it is committed. */
  private async together(connection: Connection, turns: Turn[]): Promise<(() => void)[]> {
    if (this.checkpointer?.shallFinish()) await connection.query('PRAGMA wal_checkpoint(PASSIVE)')
    await connection.query('BEGIN IMMEDIATE')
    const [first, ...others] = turns
    const settled: (() => void)[] = []
    // What is alone needs no savepoint, for which every page that it changes is kept once more.
    if (first && others.length === 0) settled.push(await this.through(connection, first))
    else for (const turn of turns) settled.push(await this.apart(connection, turn))
    await connection.commit()
    this.checkpointer?.committed(connection.written?.() ?? 0)
    return settled
  }

  /** Runs one of them; returns what to tell its caller after the commit. */
  private async through(connection: Connection, { work, resolve }: Turn): Promise<() => void> {
    const { tx, result } = await this.worked(connection, work)
    return () => {
      tx.committed()
      resolve(result)
    }
  }

  /** Runs one of them so that its failure undoes nothing but itself. */
  private async apart(connection: Connection, turn: Turn): Promise<() => void> {
    for (let round = 1; ; round++) {
      await connection.query('SAVEPOINT turn')
      try {
        const told = await this.through(connection, turn)
        await connection.query('RELEASE turn')
        return told
      } catch (error) {
        await connection.query('ROLLBACK TO turn')
        await connection.query('RELEASE turn')
        if (round >= RETRIES || !LOST_RACES.has(errorCode(error))) return () => turn.reject(error)
        log.debug({ round, code: errorCode(error) }, 'a piece of work lost a race and runs again')
      }
    }
  }

  private async transact<T>(connection: Connection, work: (tx: Tx) => Promise<T>): Promise<T> {
    const { tx, result } = await this.worked(connection, work)
    await connection.commit()
    tx.committed()
    return result
  }

  /** Runs work to its end, short of the commit. */
  private async worked<T>(connection: Connection, work: (tx: Tx) => Promise<T>): Promise<{ tx: Tx; result: T }> {
    const tx = new Tx(this.source, connection, this.dialect, this.clock.now())
    const result = await work(tx)
    await tx.settled()
    return { tx, result }
  }

  private async attempt<T>(transaction: (connection: Connection) => Promise<T>): Promise<T> {
    for (let round = 1; ; round++) {
      const connection = this.writer()
      try {
        return await transaction(connection)
      } catch (error) {
        await connection.rollback().catch(() => undefined)
        if (round >= RETRIES || !LOST_RACES.has(errorCode(error))) throw error
        log.debug({ round, code: errorCode(error) }, 'transaction lost a race and runs again')
      } finally {
        await connection.release()
      }
      // Of two that met, one goes first next time. SQLite's only writer has met nobody, and others wait for it.
      if (this.dialect === 'mysql')
        await setTimeout(Math.random() * Math.min(RETRY_SPREAD_MS * 2 ** (round - 1), LONGEST_SPREAD_MS))
    }
  }
}

/** Processes that start at the same time migrate one after the other: MySQL's tables are made outside transactions. */
async function inTurn<T>(source: DataSource, dialect: Dialect, name: string, work: () => Promise<T>): Promise<T> {
  if (dialect === 'sqlite') return work()
  const runner = source.createQueryRunner()
  const lock = `LEFT(CONCAT(?, ':', DATABASE()), 64)`
  try {
    const [row] = await runner.query(`SELECT GET_LOCK(${lock}, ${TURN_WAIT_S}) AS mine`, [name])
    if (Number(row?.mine) !== 1) throw new Error(`the turn for ${name} did not come`)
    return await work()
  } finally {
    await runner.query(`SELECT RELEASE_LOCK(${lock})`, [name])
    await runner.release()
  }
}

/** The writing side sends the changes that nobody waits for together. */
function writing(common: DataSourceOptions): DataSourceOptions {
  return common.type === 'mysql' ? { ...common, multipleStatements: true } : common
}

function lender(source: DataSource, dialect: Dialect, writes: boolean): () => Connection {
  if (dialect === 'mysql') return () => mysqlConnection(source, writes)
  const only = sqliteConnection(source)
  return () => only
}

function connectionOptions(options: Options): { dialect: Dialect; common: DataSourceOptions } {
  const shared = {
    entities: options.entities,
    migrations: options.migrations,
    migrationsTableName: 'migrations',
    synchronize: false,
    logging: false as const,
  }
  if (options.url.startsWith('sqlite:')) {
    const file = options.url.slice('sqlite:'.length)
    mkdirSync(dirname(file), { recursive: true })
    return {
      dialect: 'sqlite',
      common: {
        ...shared,
        type: 'better-sqlite3',
        database: file,
        enableWAL: true,
        timeout: 10_000,
        statementCacheSize: 500,
        prepareDatabase: (raw: { pragma(text: string): void }) => {
          raw.pragma('synchronous = NORMAL')
          raw.pragma('cache_size = -32000')
          // The checkpointer is there for that; this is for the day on which it is not.
          raw.pragma('wal_autocheckpoint = 64000')
          raw.pragma('temp_store = MEMORY')
          // What lies beyond the cache is read without a system call: work among many rows costs as among few.
          raw.pragma('mmap_size = 2147418112')
        },
      } as DataSourceOptions,
    }
  }
  const socketPath = new URL(options.url).searchParams.get('socketPath')
  return {
    dialect: 'mysql',
    common: {
      ...shared,
      type: 'mysql',
      url: options.url.replace(/\?.*$/, ''),
      charset: 'utf8mb4',
      timezone: 'Z',
      supportBigNumbers: true,
      bigNumberStrings: false,
      poolSize: options.poolSize ?? 20,
      ...(socketPath && { socketPath }),
      extra: { connectionLimit: options.poolSize ?? 20, enableKeepAlive: true, maxPreparedStatements: 300 },
    } as DataSourceOptions,
  }
}
