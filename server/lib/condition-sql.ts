import { type Ast, astOf, type Condition, TIME } from './condition.ts'
import type { TimeTest, When } from './time-words.ts'

/** Where a field of a condition stands in the tables. */
export type SqlField = Scalar | List
/** A column, in which null means missing, or a key in a column of JSON, whose value tells its own type. */
type Scalar = { kind: 'number'; sql: string } | { kind: 'text'; sql: string } | Json
interface Json {
  kind: 'json'
  sql: string
  key: string
}
/** A list of texts: `rows` selects those of the outer row (`SELECT 1 FROM … WHERE …`), `sql` is the text in each. */
interface List {
  kind: 'list'
  rows: string
  sql: string
}

/** A part of a statement with the values of its question marks. */
export interface Sql {
  sql: string
  values: (string | number)[]
}

interface Target {
  dialect: 'sqlite' | 'mysql'
  when: When
  /** The field behind a path; undefined: there is none, and it is missing in every row. */
  fieldOf(path: string): SqlField | undefined
}

type Comparison = '=' | '<' | '<=' | '>' | '>='

const ORDER: Record<string, Comparison> = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' }
const YES: Sql = { sql: '1', values: [] }
const NO: Sql = { sql: '0', values: [] }

/**
 * A condition as SQL that says of each row what `compile` says of its data: types are not mixed, what is missing is
 * null, texts are told apart to the letter. Where a part is unknown to SQL it counts as false, also when it is negated.
 */
export function conditionSql(condition: Condition, target: Target): Sql {
  return group(astOf(condition), target)
}

/** Whether a condition can be told in SQL: patterns are read differently by each database. */
export function isTellable(condition: Condition): boolean {
  return !speaks(astOf(condition), 'regex')
}

function speaks(ast: Ast, operator: string): boolean {
  if (ast.operator === operator) return true
  return isGroup(ast) && ast.value.some((part) => speaks(part, operator))
}

function group(ast: Ast, target: Target): Sql {
  if (!isGroup(ast)) return leaf(ast as Leaf, target)
  const parts = ast.value.map((part) => group(part, target))
  if (ast.operator === 'and') return all(parts)
  if (ast.operator === 'or') return any(parts)
  // Behind a field "not" holds one part, which is an "and" if there are several.
  return not(any(parts))
}

type Leaf = Ast & { field: string }

function isGroup(ast: Ast): ast is Ast & { value: Ast[] } {
  return ['and', 'or', 'nor', 'not'].includes(ast.operator)
}

function leaf({ operator, field: path, value }: Leaf, target: Target): Sql {
  const field = target.fieldOf(path)
  if (operator === 'ne') return not(leaf(like('eq', path, value), target))
  if (operator === 'nin') return not(leaf(like('in', path, value), target))
  if (operator === 'in') return any((value as unknown[]).map((one) => leaf(like('eq', path, one), target)))
  if (operator === 'all') {
    if (field?.kind !== 'list') return NO
    return all((value as unknown[]).map((one) => leaf(like('eq', path, one), target)))
  }
  if (operator === 'exists') return value ? given(field, target) : not(given(field, target))
  if (field?.kind === 'list') return ofList(field, operator, value, target)
  if (operator === 'size') return NO
  if (operator === 'eq' && value === null) return missing(field, target)
  return field ? ofValue(field, operator, value, target) : NO
}

function like(operator: string, field: string, value: unknown): Leaf {
  return { operator, field, value } as Leaf
}

/** A list meets a test if one of its texts does. */
function ofList(field: List, operator: string, value: unknown, target: Target): Sql {
  if (operator === 'size') {
    return { sql: `(${field.rows.replace('SELECT 1', 'SELECT COUNT(*)')}) = ?`, values: [Number(value)] }
  }
  const one = ofValue({ kind: 'text', sql: field.sql }, operator, value, target)
  return one === NO ? NO : { sql: `EXISTS (${field.rows} AND ${one.sql})`, values: one.values }
}

function ofValue(field: Scalar, operator: string, value: unknown, target: Target): Sql {
  if (operator === TIME) {
    const ranges = (value as TimeTest).ranges(target.when)
    return any(ranges.map(([from, to]) => all([bounded(field, '>=', from, target), bounded(field, '<', to, target)])))
  }
  if (operator === 'begins') return ofText(field, target, (sql) => begins(sql, String(value), target))
  const comparison = ORDER[operator]
  if (!comparison) throw new Error(`"${operator}" cannot be told in SQL`)
  if (typeof value === 'number') return ofNumber(field, target, (sql) => compared(sql, comparison, value))
  if (typeof value === 'string') return ofText(field, target, (sql) => comparedText(sql, comparison, value, target))
  return typeof value === 'boolean' && field.kind === 'json' ? ofTruth(field, value, target) : NO
}

function ofTruth(field: Json, value: boolean, target: Target): Sql {
  if (target.dialect === 'sqlite') return { sql: `${jsonType(field, target)} = ?`, values: [String(value)] }
  const type = { sql: `${jsonType(field, target)} = 'BOOLEAN'`, values: [] }
  return all([type, { sql: `${jsonValue(field, target)} = ?`, values: [String(value)] }])
}

function bounded(field: Scalar, comparison: Comparison, edge: number, target: Target): Sql {
  return Number.isFinite(edge)
    ? ofNumber(field, target, (sql) => compared(sql, comparison, edge))
    : given(field, target)
}

function compared(sql: string, comparison: Comparison, value: number): Sql {
  return Number.isFinite(value) ? { sql: `${sql} ${comparison} ?`, values: [value] } : NO
}

/** MySQL's collations see no difference in blanks at the end, bytes do; the plain comparison is there for an index. */
function comparedText(sql: string, comparison: Comparison, value: string, { dialect }: Target): Sql {
  if (dialect === 'sqlite') return { sql: `${sql} ${comparison} ?`, values: [value] }
  const bytes = `CAST(${sql} AS BINARY) ${comparison} CAST(? AS BINARY)`
  if (comparison !== '=') return { sql: bytes, values: [value] }
  return { sql: `(${sql} = ? AND ${bytes})`, values: [value, value] }
}

function begins(sql: string, value: string, { dialect }: Target): Sql {
  if (dialect === 'sqlite') return { sql: `SUBSTR(${sql}, 1, ?) = ?`, values: [[...value].length, value] }
  const bytes = Buffer.byteLength(value)
  return { sql: `SUBSTRING(CAST(${sql} AS BINARY), 1, ?) = CAST(? AS BINARY)`, values: [bytes, value] }
}

function ofNumber(field: Scalar, target: Target, test: (sql: string) => Sql): Sql {
  if (field.kind === 'number') return test(field.sql)
  if (field.kind === 'text') return NO
  const types = target.dialect === 'sqlite' ? `'integer', 'real'` : `'INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL'`
  const sql = target.dialect === 'sqlite' ? jsonValue(field, target) : `(${jsonValue(field, target)} + 0e0)`
  return all([{ sql: `${jsonType(field, target)} IN (${types})`, values: [] }, test(sql)])
}

function ofText(field: Scalar, target: Target, test: (sql: string) => Sql): Sql {
  if (field.kind === 'text') return test(field.sql)
  if (field.kind === 'number') return NO
  const type = target.dialect === 'sqlite' ? `'text'` : `'STRING'`
  return all([{ sql: `${jsonType(field, target)} = ${type}`, values: [] }, test(jsonValue(field, target))])
}

function given(field: SqlField | undefined, target: Target): Sql {
  if (!field) return NO
  if (field.kind === 'list') return YES
  if (field.kind === 'json') return { sql: `${jsonType(field, target)} IS NOT NULL`, values: [] }
  return { sql: `${field.sql} IS NOT NULL`, values: [] }
}

function missing(field: SqlField | undefined, target: Target): Sql {
  if (field?.kind !== 'json') return not(given(field, target))
  return { sql: `COALESCE(${jsonType(field, target)}, 'NULL') IN ('null', 'NULL')`, values: [] }
}

function jsonType(field: Json, { dialect }: Target): string {
  if (dialect === 'sqlite') return `json_type(${field.sql}, ${pathOf(field)})`
  return `JSON_TYPE(JSON_EXTRACT(${field.sql}, ${pathOf(field)}))`
}

function jsonValue(field: Json, { dialect }: Target): string {
  if (dialect === 'sqlite') return `json_extract(${field.sql}, ${pathOf(field)})`
  return `JSON_UNQUOTE(JSON_EXTRACT(${field.sql}, ${pathOf(field)}))`
}

function pathOf({ key }: Json): string {
  if (!/^\w+$/.test(key)) throw new Error(`"${key}" cannot be a key`)
  return `'$.${key}'`
}

function all(parts: Sql[]): Sql {
  return joined(parts, 'AND', YES)
}

function any(parts: Sql[]): Sql {
  return joined(parts, 'OR', NO)
}

/** What is unknown is false before it is turned round. */
function not({ sql, values }: Sql): Sql {
  return { sql: `NOT COALESCE(${sql}, 0)`, values }
}

function joined(parts: Sql[], word: 'AND' | 'OR', none: Sql): Sql {
  const [only] = parts
  if (!only) return none
  if (parts.length === 1) return only
  return { sql: `(${parts.map(({ sql }) => sql).join(` ${word} `)})`, values: parts.flatMap(({ values }) => values) }
}
