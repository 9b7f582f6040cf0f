import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { entities, migrations } from '../server/entities.ts'
import { FixedClock } from '../server/lib/clock.ts'
import { ROOT } from '../server/lib/config.ts'
import { Database } from '../server/lib/db.ts'
import { after } from './suite.ts'

/**
 * What the schemas on a MySQL server are called that stories use one after the other: making a hundred tables takes longer
 * than most stories. test/run.mjs and test/group.ts name those that all their files share, and drop them in the end.
 */
const POOL = process.env.TEST_DATABASE_POOL ?? `yingke_test_${randomBytes(6).toString('hex')}`
const OWN = process.env.TEST_DATABASE_POOL === undefined
const IN_TESTS = process.argv[1]?.endsWith('.test.js') === true
/** The schema whose tables are copied into the others. */
const TEMPLATE = `${POOL}_tables`
const [CREATE, CHARACTERS] = ['CREATE DATABASE IF NOT EXISTS', 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin']
const mine = new Set<string>()
if (OWN && IN_TESTS && process.env.TEST_DATABASE_URL) after(() => dropAll([...mine]))

/**
 * A database of its own for one story: SQLite in the given folder, or an empty schema on the MySQL server that
 * TEST_DATABASE_URL names.
 */
export function freshDatabase(folder: string): Promise<{ url: string; drop: () => Promise<void> }> {
  return databaseOf(folder, async () => undefined)
}

let upToDate: Promise<string> | undefined

/** The same with the tables of the house in it: the migrations run once for all stories, until one of them is edited. */
export async function houseDatabase(folder: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const database = await databaseOf(folder, furnish)
  if (!database.url.startsWith('sqlite:')) return database
  upToDate ??= migrated()
  copyFileSync(await upToDate, database.url.slice('sqlite:'.length))
  return database
}

type Furnish = (connection: Connection, name: string) => Promise<void>

async function databaseOf(folder: string, furnish: Furnish): Promise<{ url: string; drop: () => Promise<void> }> {
  if (!process.env.TEST_DATABASE_URL) return { url: `sqlite:${join(folder, 'yingke.db')}`, drop: async () => undefined }
  const { name, connection } = await take()
  await furnish(connection, name)
  return {
    url: urlOf(name),
    async drop() {
      await connection.end()
      if (OWN && !IN_TESTS) await dropAll([name, TEMPLATE])
    },
  }
}

/**
 * Copies the tables of the house into a schema that has none. Whoever is first makes them, by the migrations, in a schema
 * that nobody works in: a copy of a table is one statement with all its indexes, the migrations are four hundred.
 */
async function furnish(connection: Connection, name: string): Promise<void> {
  if ((await tableNames(connection, name)).length > 0) return
  await connection.query(`${CREATE} ${TEMPLATE} ${CHARACTERS}`)
  mine.add(TEMPLATE)
  // Opening waits for whoever is migrating, so that all tables are there afterwards.
  const clock = new FixedClock(0)
  const db = await Database.open({ url: urlOf(TEMPLATE), entities, migrations, clock, poolSize: 2 })
  await db.close()
  const tables = await tableNames(connection, TEMPLATE)
  const copies = tables.map((table) => `CREATE TABLE ${name}.\`${table}\` LIKE ${TEMPLATE}.\`${table}\``)
  await connection.query([...copies, `INSERT INTO ${name}.migrations SELECT * FROM ${TEMPLATE}.migrations`].join(';'))
}

/** Takes all tables out of a story's schema, for what begins with an empty database. */
export async function bareDatabase(url: string): Promise<string> {
  const connection = await toServer()
  const name = new URL(url).pathname.slice(1)
  await connection.query(`DROP DATABASE ${name}; CREATE DATABASE ${name} ${CHARACTERS}`)
  await connection.end()
  return url
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
async function take(): Promise<{ name: string; connection: Connection }> {
  const connection = await toServer()
  for (let n = 1; ; n++) {
    const name = `${POOL}_${n}`
    const [[lock]] = await connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, 0) AS mine', [name])
    if (Number(lock?.mine) !== 1) continue
    await connection.query(`${CREATE} ${name} ${CHARACTERS}`)
    await empty(connection, name)
    mine.add(name)
    return { name, connection }
  }
}

async function empty(connection: Connection, name: string): Promise<void> {
  const deletes = (await tableNames(connection, name))
    .filter((table) => table !== 'migrations')
    .map((table) => `DELETE FROM ${name}.\`${table}\``)
  // One commit for all of them: each would wait for the disk.
  await connection.query(['BEGIN', ...deletes, 'COMMIT'].join(';'))
}

async function dropAll(names: string[]): Promise<void> {
  const connection = await toServer()
  for (const name of names) await connection.query(`DROP DATABASE IF EXISTS ${name}`)
  await connection.end()
}

function urlOf(name: string): string {
  const url = new URL(process.env.TEST_DATABASE_URL ?? '')
  url.pathname = `/${name}`
  return url.href
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
