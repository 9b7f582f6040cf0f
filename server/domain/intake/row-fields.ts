import { createHash } from 'node:crypto'
import { DateTime } from 'luxon'
import { Invalid } from '../../lib/errors.ts'
import { GIVEN_KINDS } from '../customers/given.ts'
import type { ImportKind } from './import.ts'

const ZONE = 'Asia/Shanghai'
const WHO = ['id', ...GIVEN_KINDS].map((kind) => `customer.${kind}`)
const FIELDS: Record<ImportKind, string[]> = {
  customers: [...WHO, 'name', 'birthday', 'region', 'tags'],
  orders: [...WHO, 'number', 'status', 'total', 'total_yuan', 'title', 'channel', 'placed_at', 'updated_at'],
  events: [...WHO, 'id', 'name', 'at'],
}
const FORMATS = ['yyyy-M-d H:mm:ss', 'yyyy-M-d H:mm', 'yyyy-M-d', 'yyyy/M/d H:mm:ss', 'yyyy/M/d H:mm', 'yyyy/M/d']
/** A number as it is counted with: no leading zero that would be lost. */
const NUMBER = /^-?(0|[1-9]\d{0,14})(\.\d{1,6})?$/

/** The fields that a column of such a file can be. */
export function fieldsOf(kind: ImportKind): string[] {
  return FIELDS[kind]
}

/**
 * Which field each column is: by what the caller says of it, by its own name, or by one of the names that people give to
 * columns. Throws Invalid for a mapping that names no column or no field.
 */
export function mapColumns(
  kind: ImportKind,
  header: string[],
  given: Record<string, string>,
  usual: Record<string, string[]>,
): (string | null)[] {
  const columns = header.map((one) => one.trim())
  for (const [column, field] of Object.entries(given)) {
    if (!columns.includes(column)) throw new Invalid('map', 'import_column', { column, known: columns })
    if (!fieldMeant(kind, field)) throw new Invalid('map', 'import_field', { said: field, known: FIELDS[kind] })
  }
  const mapping = columns.map((column) => {
    const said = Object.hasOwn(given, column) ? given[column] : undefined
    return fieldMeant(kind, said ?? column) ?? usualField(kind, column, usual) ?? null
  })
  if (mapping.every((field) => field === null)) throw new Invalid('file', 'import_no_columns', { known: FIELDS[kind] })
  return mapping
}

/** What a row says, in the shape in which it would come through the door. */
export function itemIn(kind: ImportKind, mapping: (string | null)[], values: string[]): Record<string, unknown> {
  const item: Record<string, unknown> = {}
  for (const [i, field] of mapping.entries()) {
    const text = (values[i] ?? '').trim()
    if (field !== null && text !== '') put(item, field, text)
  }
  if (kind === 'orders' && item.updated_at === undefined) item.updated_at = item.placed_at
  if (kind === 'events' && item.id === undefined) item.id = `row-${markOf(values)}`
  return item
}

function put(item: Record<string, unknown>, field: string, text: string): void {
  const [group, name] = field.split(/\.(.*)/s)
  if (group && name !== undefined) {
    const inner = (item[group] ?? {}) as Record<string, unknown>
    inner[name] = group === 'data' && NUMBER.test(text) ? Number(text) : text
    item[group] = inner
  } else if (field === 'total_yuan') item.total = NUMBER.test(text) ? Math.round(Number(text) * 100) : text
  else if (field === 'total') item.total = NUMBER.test(text) ? Number(text) : text
  else if (field === 'tags') item.tags = text.split(/[;；,，、|]/).flatMap((tag) => tag.trim() || [])
  else if (field === 'at' || field.endsWith('_at')) item[field] = timeIn(text)
  else item[field] = field === 'birthday' ? text.replaceAll('/', '-') : text
}

/** A time as spreadsheets write it, in the zone of our customers; what cannot be read is left to the schema. */
function timeIn(text: string): number | string {
  if (/^\d{12,14}$/.test(text)) return Number(text)
  for (const format of FORMATS) {
    const time = DateTime.fromFormat(text, format, { zone: ZONE })
    if (time.isValid) return time.toMillis()
  }
  return text
}

function fieldMeant(kind: ImportKind, said: string): string | undefined {
  if (FIELDS[kind].includes(said)) return said
  // Of an event `id` is its own; else an identity may be named without its group.
  if (FIELDS[kind].includes(`customer.${said}`)) return `customer.${said}`
  return kind !== 'customers' && /^data\.[A-Za-z_][\w.-]{0,59}$/.test(said) ? said : undefined
}

function usualField(kind: ImportKind, column: string, usual: Record<string, string[]>): string | undefined {
  const name = Object.keys(usual).find((field) => usual[field]?.includes(column))
  return name && fieldMeant(kind, name)
}

function markOf(values: string[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 32)
}
