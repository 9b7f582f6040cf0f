import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm'
import type { Value } from './connection.ts'

/** The SQL of an entity and how its values cross over, both ways. */
export interface Shape {
  table: string
  columns: { property: string; name: string; write: (value: unknown) => Value; read?: (value: unknown) => unknown }[]
  byProperty: Map<string, Shape['columns'][number]>
  select: string
  /** Its columns where rows of several tables are read at once. */
  named: (letter: string) => string
  insert: string
  slots: string
  primary: string
  primaryAt: number
}

const shapes = new WeakMap<object, Shape>()
/** What entities that are read together are called, in order. */
export const LETTERS = 'abcd'

/** How an entity is read and written, made once from TypeORM's metadata. */
export function shapeOf(source: DataSource, entity: EntityTarget<ObjectLiteral>): Shape {
  const known = shapes.get(entity as object)
  if (known) return known
  const metadata = source.getMetadata(entity)
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
  const aliased = (table: string) => columns.map(({ name }) => `${table}.${name}`).join(', ')
  const primary = metadata.primaryColumns[0]?.databaseName ?? 'id'
  const all = new Map([...LETTERS].map((letter) => [letter, aliased(letter)]))
  const shape: Shape = {
    table: metadata.tableName,
    columns,
    byProperty: new Map(columns.map((column) => [column.property, column])),
    select: `SELECT ${names} FROM ${metadata.tableName}`,
    named: (letter) => all.get(letter) as string,
    insert: `INSERT INTO ${metadata.tableName} (${names}) VALUES`,
    slots: `(${columns.map(() => '?').join(',')})`,
    primary,
    primaryAt: columns.findIndex(({ name }) => name === primary),
  }
  shapes.set(entity as object, shape)
  return shape
}

/**
 * A row, as the list of its columns that begins at `from`, as an entity. Its class declares the columns: an object that
 * is given more than a dozen under names known only now turns into a dictionary, of which a copy costs twenty times as much.
 */
export function hydrate(entity: EntityTarget<ObjectLiteral>, shape: Shape, row: Value[], from = 0): ObjectLiteral {
  const result = new (entity as new () => ObjectLiteral)()
  let at = from
  for (const { property, read } of shape.columns) {
    const value = row[at++]
    result[property] = read ? read(value) : value
  }
  return result
}

/** The values of a row, in the order of its columns. */
export function valuesOf({ columns }: Shape, row: ObjectLiteral): Value[] {
  return columns.map(({ property, write }) => write(row[property]))
}

/** The statement that changes the row with this id if the expected columns still hold what is expected of them. */
export function changeOf(
  shape: Shape,
  id: string,
  changes: ObjectLiteral,
  expect: ObjectLiteral,
): { table: string; sql: string; values: Value[] } {
  const sets: string[] = []
  const values: Value[] = []
  for (const [property, value] of Object.entries(changes)) {
    const column = columnOf(shape, property)
    sets.push(`${column.name} = ?`)
    values.push(column.write(value))
  }
  let where = `${shape.primary} = ?`
  values.push(id)
  for (const [property, value] of Object.entries(expect)) {
    const column = columnOf(shape, property)
    const written = column.write(value)
    if (written === null) where += ` AND ${column.name} IS NULL`
    else {
      where += ` AND ${column.name} = ?`
      values.push(written)
    }
  }
  return { table: shape.table, sql: `UPDATE ${shape.table} SET ${sets.join(', ')} WHERE ${where}`, values }
}

/** A column by its property; throws where there is none. */
function columnOf(shape: Shape, property: string): Shape['columns'][number] {
  const column = shape.byProperty.get(property)
  if (!column) throw new Error(`${shape.table} has no column ${property}`)
  return column
}
