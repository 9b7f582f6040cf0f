import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { entities, migrations } from '../server/entities.ts'
import { FixedClock } from '../server/lib/clock.ts'
import { ROOT } from '../server/lib/config.ts'
import { Database } from '../server/lib/db.ts'

/** The tables of a database that was brought up to date in this process: the next one begins with them. */
let tables: string | undefined

/** Databases that stories have left, emptied for the next one: making sixty tables takes longer than most stories. */
const left: string[] = []
const REUSED = process.env.NODE_TEST_CONTEXT !== undefined && process.env.TEST_DATABASE_URL !== undefined
if (REUSED) after(() => dropAll(left.splice(0)))

/**
 * A database of its own for one story: SQLite in the given folder, or an empty schema on the MySQL server that
 * TEST_DATABASE_URL names.
 */
export async function freshDatabase(folder: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = process.env.TEST_DATABASE_URL
  if (!server) return { url: `sqlite:${join(folder, 'yingke.db')}`, drop: async () => undefined }
  const name = left.pop() ?? (await made())
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    async drop() {
      if (!REUSED) return dropAll([name])
      await onServer(async (connection) => {
        tables ??= await tablesOf(connection, name)
        await empty(connection, name)
      })
      left.push(name)
    },
  }
}

/** The same with the tables of the house in it: the migrations run once for all stories, until one of them is edited. */
export async function houseDatabase(folder: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const database = await freshDatabase(folder)
  if (database.url.startsWith('sqlite:')) copyFileSync(await migrated(), database.url.slice('sqlite:'.length))
  return database
}

/** A database file that is up to date and empty. Test files run beside each other: whoever made it first, it is whole. */
async function migrated(): Promise<string> {
  const sources = join(ROOT, 'dist/server/migrations')
  const hash = createHash('sha256')
  for (const name of readdirSync(sources).sort()) hash.update(readFileSync(join(sources, name)))
  const file = join(ROOT, `dist/test/tables-${hash.digest('hex').slice(0, 16)}.db`)
  if (existsSync(file)) return file
  const draft = `${file}.${process.pid}`
  const db = await Database.open({ url: `sqlite:${draft}`, entities, migrations, clock: new FixedClock(0) })
  await db.close()
  renameSync(draft, file)
  return file
}

async function made(): Promise<string> {
  const name = `yingke_test_${randomBytes(6).toString('hex')}`
  await onServer(async (connection) => {
    await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
    if (tables) await connection.query(`USE ${name}; ${tables}`)
  })
  return name
}

async function empty(connection: Connection, name: string): Promise<void> {
  const deletes = (await tableNames(connection, name))
    .filter((table) => table !== 'migrations')
    .map((table) => `DELETE FROM ${name}.\`${table}\``)
  if (deletes.length > 0) await connection.query(deletes.join(';'))
}

function dropAll(names: string[]): Promise<void> {
  return onServer(async (connection) => {
    for (const name of names) await connection.query(`DROP DATABASE ${name}`)
  })
}

async function onServer(work: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = await createConnection({ uri: process.env.TEST_DATABASE_URL, multipleStatements: true })
  await work(connection)
  await connection.end()
}

async function tableNames(connection: Connection, name: string): Promise<string[]> {
  const [found] = await connection.query<RowDataPacket[]>(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [name],
  )
  return found.map((table) => String(table.name))
}

/** The statements that make the tables of a database again, with the note of its migrations and nothing else in them. */
async function tablesOf(connection: Connection, name: string): Promise<string | undefined> {
  const found = await tableNames(connection, name)
  if (!found.includes('migrations')) return undefined
  const statements: string[] = []
  for (const table of found) {
    const [[made]] = await connection.query<RowDataPacket[]>(`SHOW CREATE TABLE ${name}.\`${table}\``)
    statements.push(String(made?.['Create Table']).replace(/ AUTO_INCREMENT=\d+/, ''))
  }
  const [migrations] = await connection.query<RowDataPacket[]>(`SELECT timestamp, name FROM ${name}.migrations`)
  const rows = migrations.map((one) => connection.format('(?, ?)', [one.timestamp, one.name]))
  return [...statements, `INSERT INTO migrations (timestamp, name) VALUES ${rows.join(', ')}`].join(';')
}
