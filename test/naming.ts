import { entities } from '../server/entities.ts'
import type { Database, Tx } from '../server/lib/db.ts'

const MYSQL = Boolean(process.env.TEST_DATABASE_URL)

/** Columns by which a customer is named under another name than `customerId`. */
const NAMED: Record<string, string[]> = {
  messages: ['recipientId', 'subjectId'],
  attachments: ['ownerId'],
  comments: ['authorId'],
  customer_merges: ['masterId', 'otherId'],
  customer_look_alikes: ['oneId', 'otherId'],
  customer_tallies: ['id'],
  customer_facts: ['id'],
  points_accounts: ['id'],
  customer_details: ['id'],
  email_confirmations: ['id'],
  flow_runs: ['customerId', 'subjectId'],
}

/** Every table of the database, as it calls them. */
export async function tablesOf(tx: Tx): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    MYSQL
      ? 'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()'
      : `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`,
  )
  return rows.map(({ name }) => name)
}

/** The tables that name a customer, each with the columns that do, as the schema has them. */
export async function namingTables(db: Database): Promise<Map<string, string[]>> {
  const naming = new Map<string, string[]>()
  const tables = await db.read((tx) => tablesOf(tx))
  if (tables.length < entities.length) throw new Error('the schema shows fewer tables than there are')
  for (const table of tables) {
    const columns = await db.read((tx) =>
      tx.query<{ name: string }>(
        MYSQL
          ? `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '${table}'`
          : `SELECT name FROM pragma_table_info('${table}')`,
      ),
    )
    const names = columns
      .map(({ name }) => name)
      .filter((name) => name === 'customerId' || NAMED[table]?.includes(name))
    if (names.length > 0) naming.set(table, names)
  }
  return naming
}

/** The columns in which a value stands, as `<table>.<column>`. */
export async function placesOf(db: Database, value: string): Promise<string[]> {
  const tables = await db.read((tx) => tablesOf(tx))
  const found = new Set<string>()
  for (const table of tables) {
    const rows = await db.read((tx) => tx.query<Record<string, unknown>>(`SELECT * FROM ${table}`))
    for (const row of rows)
      for (const [column, held] of Object.entries(row)) if (held === value) found.add(`${table}.${column}`)
  }
  return [...found].sort()
}
