import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm'
import { type Connection, errorCode, type Row, type Value } from './connection.ts'
import type { Change, Joined, New } from './row-types.ts'
import { changeOf, hydrate, LETTERS, shapeOf, valuesOf } from './shape.ts'

export { errorCode, LostRace } from './connection.ts'
export type { Change, Joined, New }

/** SQLite binds at most 32,766 values and MySQL prepares at most 65,535: many rows are inserted in slices. */
const MAX_BINDINGS = 10_000

/**
 * One transaction (or one read), with the few statements that the house needs, built from the TypeORM entities.
 *
 * Why not the EntityManager: on SQLite `findOneBy` costs 51 µs and `insert` 79 µs against 5 µs for the same statement
 * sent as text, and a card press makes a dozen of them. The SQL of each entity is built once from its metadata.
 */
export class Tx {
  private readonly after: (() => void)[] = []
  private readonly memory = new Map<string, Promise<unknown>>()
  private readonly going: Promise<unknown>[] = []

  constructor(
    private readonly source: DataSource,
    private readonly connection: Connection,
    readonly dialect: 'sqlite' | 'mysql',
    /** The instant at which this transaction takes place: every row it writes agrees on it. */
    readonly now: number,
  ) {}

  /** The rows a statement answers with, as the driver gives them. */
  query<T = Row>(sql: string, values: unknown[] = []): Promise<T[]> {
    return this.connection.query(sql, values)
  }

  /** Runs a change and returns how many rows it touched. */
  run(sql: string, values: unknown[] = []): Promise<number> {
    return this.connection.run(sql, values)
  }

  /** The row with this id, or undefined. */
  async get<E extends ObjectLiteral>(entity: EntityTarget<E>, id: string): Promise<E | undefined> {
    const shape = shapeOf(this.source, entity)
    const [row] = await this.connection.lists(`${shape.select} WHERE ${shape.primary} = ?`, [id])
    return row && (hydrate(entity, shape, row) as E)
  }

  /** The rows of an entity for a tail such as `WHERE state = ? ORDER BY id LIMIT 10`, as entities. */
  async find<E extends ObjectLiteral>(entity: EntityTarget<E>, tail: string, values: unknown[] = []): Promise<E[]> {
    const shape = shapeOf(this.source, entity)
    const rows = await this.connection.lists(`${shape.select} ${tail}`, values)
    return rows.map((row) => hydrate(entity, shape, row) as E)
  }

  /** The first row for a tail, or undefined. */
  async first<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    tail: string,
    values: unknown[] = [],
  ): Promise<E | undefined> {
    const [row] = await this.find(entity, `${tail} LIMIT 1`, values)
    return row
  }

  /**
   * A row of each of two entities that belong together, in one statement: `tail` begins with how they do
   * (`ON b.id = a.runId WHERE a.id = ?`). Undefined when either is missing.
   */
  async pair<A extends ObjectLiteral, B extends ObjectLiteral>(
    first: EntityTarget<A>,
    second: EntityTarget<B>,
    tail: string,
    values: unknown[],
  ): Promise<[A, B] | undefined> {
    const [found] = await this.joined(
      [first, second],
      `JOIN ${shapeOf(this.source, second).table} b ${tail} LIMIT 1`,
      values,
    )
    return found as [A, B] | undefined
  }

  /**
   * Rows of several entities that belong together, in one statement. `tail` joins the others to the first by the letters
   * a, b, c …; one that a left join did not find is undefined.
   */
  async joined<T extends ObjectLiteral[]>(
    entities: { [K in keyof T]: EntityTarget<T[K]> },
    tail: string,
    values: unknown[],
  ): Promise<Joined<T>[]> {
    const rows = await this.joinedWith(entities, [], tail, values)
    return rows.map(([row]) => row)
  }

  /** The same, each row with the values of more expressions, in which the letters may stand. */
  async joinedWith<T extends ObjectLiteral[]>(
    entities: { [K in keyof T]: EntityTarget<T[K]> },
    expressions: string[],
    tail: string,
    values: unknown[],
  ): Promise<[row: Joined<T>, more: Value[]][]> {
    let from = 0
    const parts = (entities as EntityTarget<ObjectLiteral>[]).map((entity, i) => {
      const shape = shapeOf(this.source, entity)
      const part = { entity, shape, from, named: shape.named(LETTERS[i] as string) }
      from += shape.columns.length
      return part
    })
    const asked = [...parts.map(({ named }) => named), ...expressions].join(', ')
    const sql = `SELECT ${asked} FROM ${parts[0]?.shape.table} a ${tail}`
    const rows = await this.connection.lists(sql, values)
    return rows.map((row) => {
      const joined = parts.map(({ entity, shape, from }) =>
        row[from + shape.primaryAt] === null ? undefined : hydrate(entity, shape, row, from),
      )
      return [joined as Joined<T>, row.slice(from)]
    })
  }

  /**
   * The rows of an entity for a tail, which nobody else can change until this transaction has ended. On SQLite that is so
   * anyway: it has one writer.
   */
  findToChange<E extends ObjectLiteral>(entity: EntityTarget<E>, tail: string, values: unknown[] = []): Promise<E[]> {
    return this.find(entity, this.dialect === 'mysql' ? `${tail} FOR UPDATE` : tail, values)
  }

  /** Inserts a row of which nobody needs to know yet: at the latest with the commit, which a duplicate key then fails. */
  insertLater<E extends ObjectLiteral>(entity: EntityTarget<E>, row: New<E>): Promise<void> {
    const shape = shapeOf(this.source, entity)
    return this.connection.later(shape.table, `${shape.insert} ${shape.slots}`, valuesOf(shape, row))
  }

  /** The same for rows of which those whose keys are taken shall not be inserted. */
  async insertMissingLater<E extends ObjectLiteral>(entity: EntityTarget<E>, rows: New<E>[]): Promise<void> {
    const { table, insert, primary } = shapeOf(this.source, entity)
    // Not INSERT IGNORE: that would cut a value that is too long instead of refusing it.
    const taken =
      this.dialect === 'mysql' ? `ON DUPLICATE KEY UPDATE ${primary} = ${primary}` : 'ON CONFLICT DO NOTHING'
    for (const { places, values } of this.slices(entity, rows)) {
      await this.connection.later(table, `${insert} ${places} ${taken}`, values)
    }
  }

  /** Changes the row with this id if it is there and as expected; at the latest with the commit. */
  updateLater<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    id: string,
    changes: Partial<E>,
    expect: Partial<E> = {},
  ): Promise<void> {
    const { table, sql, values } = changeOf(shapeOf(this.source, entity), id, changes, expect)
    return this.connection.later(table, sql, values)
  }

  /**
   * Changes the row with this id, which must be in the expected state: otherwise it throws LostRace, at the latest with
   * the commit, and the transaction runs again.
   */
  changeLater<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    id: string,
    changes: Partial<E>,
    expect: Partial<E>,
  ): Promise<void> {
    const { table, sql, values } = changeOf(shapeOf(this.source, entity), id, changes, expect)
    return this.connection.later(table, sql, values, { one: true })
  }

  /** Runs a change of this table, at the latest with the commit; `told` is given how many rows it touched. */
  runLater(table: string, sql: string, values: unknown[], told: (touched: number) => void): Promise<void> {
    return this.connection.later(table, sql, values, { told })
  }

  /** Runs a change of this table and returns how many rows it touched; shares the way of the next statement if one comes. */
  runSoon(table: string, sql: string, values: unknown[] = []): Promise<number> {
    return this.heard(this.connection.soon(table, sql, values))
  }

  /** Inserts one row or many; a duplicate key throws. */
  insert<E extends ObjectLiteral>(entity: EntityTarget<E>, rows: New<E> | New<E>[]): Promise<void> {
    return this.insertAll(entity, Array.isArray(rows) ? rows : [rows])
  }

  private async insertAll<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    all: New<E>[],
    otherwise = '',
    insert = 'INSERT',
  ): Promise<void> {
    const shape = shapeOf(this.source, entity)
    for (const { places, values } of this.slices(entity, all)) {
      await this.query(`${shape.insert.replace('INSERT', insert)} ${places}${otherwise}`, values)
    }
  }

  /** Many rows as the places and values of as many statements as it takes. */
  private *slices<E extends ObjectLiteral>(entity: EntityTarget<E>, rows: New<E>[]) {
    const shape = shapeOf(this.source, entity)
    const step = Math.max(1, Math.floor(MAX_BINDINGS / shape.columns.length))
    for (let from = 0; from < rows.length; from += step) {
      const slice = rows.slice(from, from + step)
      const values = slice.flatMap((row) => valuesOf(shape, row))
      yield { places: Array(slice.length).fill(shape.slots).join(','), values }
    }
  }

  /**
   * Writes many rows at once, new ones and such as nobody else can change meanwhile: in one statement on MySQL, where each is
   * a way to the server; on SQLite one by one, where what is not named costs nothing.
   */
  async putAll<E extends ObjectLiteral & { id: string }>(
    entity: EntityTarget<E>,
    fresh: New<E>[],
    changed: Change<E>[],
  ): Promise<void> {
    if (this.dialect === 'sqlite') {
      if (fresh.length > 0) await this.insert(entity, fresh)
      for (const { before, changes } of changed) await this.updateLater(entity, before.id, changes)
      return
    }
    const { columns, primary } = shapeOf(this.source, entity)
    const sets = columns.flatMap(({ name }) => (name === primary ? [] : `${name} = VALUES(${name})`))
    const all = [...fresh, ...changed.map(({ before, changes }) => ({ ...before, ...changes }))]
    await this.insertAll(entity, all, ` ON DUPLICATE KEY UPDATE ${sets.join(', ')}`)
  }

  /** Inserts those of many rows whose keys are not taken. For rows that nothing but a taken key can refuse. */
  insertMissing<E extends ObjectLiteral>(entity: EntityTarget<E>, rows: New<E>[]): Promise<void> {
    return this.insertAll(entity, rows, '', this.dialect === 'mysql' ? 'INSERT IGNORE' : 'INSERT OR IGNORE')
  }

  /** Inserts a row unless one of its unique keys is taken; says whether it did. */
  async insertOnce<E extends ObjectLiteral>(entity: EntityTarget<E>, row: New<E>): Promise<boolean> {
    try {
      await this.insert(entity, row)
      return true
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
  }

  /** The same, sharing the way of the next statement if one comes. For rows that nothing but a taken key can refuse. */
  insertOnceSoon<E extends ObjectLiteral>(entity: EntityTarget<E>, row: New<E>): Promise<boolean> {
    if (this.dialect === 'sqlite') return this.insertOnce(entity, row)
    const shape = shapeOf(this.source, entity)
    const sql = `${shape.insert.replace('INSERT', 'INSERT IGNORE')} ${shape.slots}`
    return this.heard(this.connection.soon(shape.table, sql, valuesOf(shape, row)).then((touched) => touched === 1))
  }

  /**
   * Changes the row with this id and says whether it was there in the expected state:
   * `expect` are further column values that must still hold (compare-and-set).
   */
  async update<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    id: string,
    changes: Partial<E>,
    expect: Partial<E> = {},
  ): Promise<boolean> {
    const { sql, values } = changeOf(shapeOf(this.source, entity), id, changes, expect)
    return (await this.run(sql, values)) === 1
  }

  /** The same, sharing the way of the next statement if one comes. */
  updateSoon<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    id: string,
    changes: Partial<E>,
    expect: Partial<E>,
  ): Promise<boolean> {
    const { table, sql, values } = changeOf(shapeOf(this.source, entity), id, changes, expect)
    return this.heard(this.runSoon(table, sql, values).then((touched) => touched === 1))
  }

  /** What `find` brings, asked once in this transaction: one press draws and checks with the same people and steps. */
  memo<T>(key: string, find: () => Promise<T>): Promise<T> {
    let found = this.memory.get(key) as Promise<T> | undefined
    if (!found) {
      found = find()
      this.memory.set(key, found)
    }
    return found
  }

  /** Puts what this transaction has just written in place of what `memo` would ask for. */
  remember<T>(key: string, value: T): void {
    this.memory.set(key, Promise.resolve(value))
  }

  /** Ends when all that was to be done soon is done; throws what it threw, even if nobody else has waited for it. */
  async settled(): Promise<void> {
    await Promise.all(this.going)
  }

  private heard<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => undefined)
    this.going.push(promise)
    return promise
  }

  /** What shall happen once the transaction is committed (never before, never when it fails). */
  afterCommit(work: () => void): void {
    this.after.push(work)
  }

  /** Called by the database after the commit. */
  committed(): void {
    for (const work of this.after) work()
  }
}

/** Whether an error says that a unique key is taken. */
export function isDuplicate(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ER_DUP_ENTRY' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY'
}
