import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm'
import type { Connection, Row, Value } from './connection.ts'

interface Shape {
  table: string
  columns: { property: string; name: string; write: (value: unknown) => Value; read?: (value: unknown) => unknown }[]
  byProperty: Map<string, Shape['columns'][number]>
  select: string
  /** Its columns as they are called where rows of two tables are read at once. */
  named: (letter: string) => string
  insert: string
  slots: string
  primary: string
}

type FieldKeys<E> = { [K in keyof E]: E[K] extends (...args: never[]) => unknown ? never : K }[keyof E]
type NullableKeys<E> = { [K in FieldKeys<E>]: null extends E[K] ? K : never }[FieldKeys<E>]
/** The columns a new row must give: nullable ones may be left out. */
export type New<E> = Pick<E, Exclude<FieldKeys<E>, NullableKeys<E>>> & Partial<Pick<E, NullableKeys<E>>>

const shapes = new WeakMap<object, Shape>()
/** SQLite binds at most 32,766 values and MySQL prepares at most 65,535: many rows are inserted in slices. */
const MAX_BINDINGS = 10_000
/** What entities that are read together are called, in order. */
const LETTERS = 'abcd'

/**
 * One transaction (or one read), with the few statements that the house needs, built from the TypeORM entities.
 *
 * Why not the EntityManager: on SQLite `findOneBy` costs 51 µs and `insert` 79 µs against 5 µs for the same statement
 * sent as text, and a card press makes a dozen of them. The SQL of each entity is built once from its metadata.
 */
export class Tx {
  private readonly after: (() => void)[] = []
  private readonly memory = new Map<string, Promise<unknown>>()

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
    const shape = this.shape(entity)
    const [row] = await this.query(`${shape.select} WHERE ${shape.primary} = ?`, [id])
    return row && (this.hydrate(entity, shape, row) as E)
  }

  /** The rows of an entity for a tail such as `WHERE state = ? ORDER BY id LIMIT 10`, as entities. */
  async find<E extends ObjectLiteral>(entity: EntityTarget<E>, tail: string, values: unknown[] = []): Promise<E[]> {
    const shape = this.shape(entity)
    const rows = await this.query(`${shape.select} ${tail}`, values)
    return rows.map((row) => this.hydrate(entity, shape, row) as E)
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
    const [found] = await this.joined([first, second], `JOIN ${this.shape(second).table} b ${tail} LIMIT 1`, values)
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
  ): Promise<{ [K in keyof T]: T[K] | undefined }[]> {
    const parts = (entities as EntityTarget<ObjectLiteral>[]).map((entity, i) => {
      return { entity, shape: this.shape(entity), letter: LETTERS[i] as string }
    })
    const columns = parts.map(({ shape, letter }) => shape.named(letter)).join(', ')
    const rows = await this.query(`SELECT ${columns} FROM ${parts[0]?.shape.table} a ${tail}`, values)
    return rows.map((row) =>
      parts.map(({ entity, shape, letter }) =>
        row[`${letter}_${shape.primary}`] === null ? undefined : this.hydrate(entity, shape, row, `${letter}_`),
      ),
    ) as { [K in keyof T]: T[K] | undefined }[]
  }

  /** Inserts a row of which nobody needs to know yet: at the latest with the commit, which a duplicate key then fails. */
  insertLater<E extends ObjectLiteral>(entity: EntityTarget<E>, row: New<E>): Promise<void> {
    const { table, insert, slots, columns } = this.shape(entity)
    const values = columns.map((column) => column.write((row as ObjectLiteral)[column.property]))
    return this.connection.later(table, `${insert} ${slots}`, values)
  }

  /** Changes the row with this id, there or not; at the latest with the commit. */
  updateLater<E extends ObjectLiteral>(entity: EntityTarget<E>, id: string, changes: Partial<E>): Promise<void> {
    const { table, sql, values } = this.change(entity, id, changes, {})
    return this.connection.later(table, sql, values)
  }

  /** Inserts one row or many; a duplicate key throws. */
  async insert<E extends ObjectLiteral>(entity: EntityTarget<E>, rows: New<E> | New<E>[]): Promise<void> {
    const shape = this.shape(entity)
    const all = Array.isArray(rows) ? rows : [rows]
    const step = Math.max(1, Math.floor(MAX_BINDINGS / shape.columns.length))
    for (let from = 0; from < all.length; from += step) {
      const slice = all.slice(from, from + step)
      const values: Value[] = []
      for (const row of slice)
        for (const column of shape.columns) values.push(column.write((row as ObjectLiteral)[column.property]))
      await this.query(`${shape.insert} ${Array(slice.length).fill(shape.slots).join(',')}`, values)
    }
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
    const { sql, values } = this.change(entity, id, changes, expect)
    return (await this.run(sql, values)) === 1
  }

  private change<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    id: string,
    changes: Partial<E>,
    expect: Partial<E>,
  ): { table: string; sql: string; values: Value[] } {
    const shape = this.shape(entity)
    const sets: string[] = []
    const values: Value[] = []
    for (const [property, value] of Object.entries(changes)) {
      const column = this.column(shape, property)
      sets.push(`${column.name} = ?`)
      values.push(column.write(value))
    }
    let where = `${shape.primary} = ?`
    values.push(id)
    for (const [property, value] of Object.entries(expect)) {
      const column = this.column(shape, property)
      const written = column.write(value)
      if (written === null) where += ` AND ${column.name} IS NULL`
      else {
        where += ` AND ${column.name} = ?`
        values.push(written)
      }
    }
    return { table: shape.table, sql: `UPDATE ${shape.table} SET ${sets.join(', ')} WHERE ${where}`, values }
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

  /** What shall happen once the transaction is committed (never before, never when it fails). */
  afterCommit(work: () => void): void {
    this.after.push(work)
  }

  /** Called by the database after the commit. */
  committed(): void {
    for (const work of this.after) work()
  }

  private column(shape: Shape, property: string): Shape['columns'][number] {
    const column = shape.byProperty.get(property)
    if (!column) throw new Error(`${shape.table} has no column ${property}`)
    return column
  }

  private hydrate(entity: EntityTarget<ObjectLiteral>, shape: Shape, row: Row, prefix = ''): ObjectLiteral {
    const result = Object.create((entity as { prototype: object }).prototype) as ObjectLiteral
    for (const column of shape.columns) {
      const value = row[prefix + column.name]
      result[column.property] = column.read ? column.read(value) : value
    }
    return result
  }

  private shape(entity: EntityTarget<ObjectLiteral>): Shape {
    const known = shapes.get(entity as object)
    if (known) return known
    const metadata = this.source.getMetadata(entity)
    const columns = metadata.columns.map((column) => {
      const transformer = column.transformer as { to(value: unknown): Value; from(value: unknown): unknown } | undefined
      const boolean = column.type === 'boolean'
      return {
        property: column.propertyName,
        name: column.databaseName,
        write: (value: unknown): Value => {
          if (value === undefined || value === null) return null
          if (transformer) return transformer.to(value)
          return typeof value === 'boolean' ? Number(value) : (value as Value)
        },
        read: transformer
          ? (value: unknown) => (value === null ? null : transformer.from(value))
          : boolean
            ? (value: unknown) => (value === null ? null : Boolean(value))
            : undefined,
      }
    })
    const names = columns.map((column) => column.name).join(', ')
    const aliased = (table: string) => columns.map(({ name }) => `${table}.${name} AS ${table}_${name}`).join(', ')
    const all = new Map([...LETTERS].map((letter) => [letter, aliased(letter)]))
    const shape: Shape = {
      table: metadata.tableName,
      columns,
      byProperty: new Map(columns.map((column) => [column.property, column])),
      select: `SELECT ${names} FROM ${metadata.tableName}`,
      named: (letter) => all.get(letter) as string,
      insert: `INSERT INTO ${metadata.tableName} (${names}) VALUES`,
      slots: `(${columns.map(() => '?').join(',')})`,
      primary: metadata.primaryColumns[0]?.databaseName ?? 'id',
    }
    shapes.set(entity as object, shape)
    return shape
  }
}

/** The row has changed since it was read: `Database.write` runs the transaction again on the present state. */
export class LostRace extends Error {
  readonly code = 'LOST_RACE'
}

/** Whether an error says that a unique key is taken. */
export function isDuplicate(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ER_DUP_ENTRY' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY'
}

/** The driver's own code of an error ('' if it has none), looked up behind TypeORM's wrapper. */
export function errorCode(error: unknown): string {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } }
  return String(driverError?.code ?? code ?? '')
}
