import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { entities, migrations } from '../server/entities.ts'
import { FixedClock } from '../server/lib/clock.ts'
import { ROOT } from '../server/lib/config.ts'
import { Database } from '../server/lib/db.ts'

/**
 * What the schemas on a MySQL server are called that stories use one after the other: making a hundred tables takes longer
 * than most stories. test/run.mjs names those that all test files share, and drops them in the end.
 */
const POOL = process.env.TEST_DATABASE_POOL ?? `yingke_test_${randomBytes(6).toString('hex')}`
const OWN = process.env.TEST_DATABASE_POOL === undefined
const IN_TESTS = process.env.NODE_TEST_CONTEXT !== undefined
const mine = new Set<string>()
if (OWN && IN_TESTS && process.env.TEST_DATABASE_URL) after(() => dropAll([...mine]))

/**
 * A database of its own for one story: SQLite in the given folder, or an empty schema on the MySQL server that
 * TEST_DATABASE_URL names.
 */
export async function freshDatabase(folder: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = process.env.TEST_DATABASE_URL
  if (!server) return { url: `sqlite:${join(folder, 'yingke.db')}`, drop: async () => undefined }
  const { name, leave } = await take()
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    async drop() {
      await leave()
      if (OWN && !IN_TESTS) await dropAll([name])
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

/** Takes a schema of the pool that nobody has, empties it, and keeps it as long as the connection lasts. */
async function take(): Promise<{ name: string; leave: () => Promise<void> }> {
  const connection = await toServer()
  for (let n = 1; ; n++) {
    const name = `${POOL}_${n}`
    const [[lock]] = await connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, 0) AS mine', [name])
    if (Number(lock?.mine) !== 1) continue
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
    await empty(connection, name)
    mine.add(name)
    return { name, leave: () => connection.end() }
  }
}

async function empty(connection: Connection, name: string): Promise<void> {
  const deletes = (await tableNames(connection, name))
    .filter((table) => table !== 'migrations')
    .map((table) => `DELETE FROM ${name}.\`${table}\``)
  if (deletes.length > 0) await connection.query(deletes.join(';'))
}

async function dropAll(names: string[]): Promise<void> {
  const connection = await toServer()
  for (const name of names) await connection.query(`DROP DATABASE IF EXISTS ${name}`)
  await connection.end()
}

function toServer(): Promise<Connection> {
  return createConnection({ uri: process.env.TEST_DATABASE_URL, multipleStatements: true })
}

async function tableNames(connection: Connection, name: string): Promise<string[]> {
  const [found] = await connection.query<RowDataPacket[]>(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [name],
  )
  return found.map((table) => String(table.name))
}
