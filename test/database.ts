import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'

/** The tables of a database that was brought up to date in this process: the next one begins with them. */
let tables: string | undefined

/**
 * A database of its own for one story: SQLite in the given folder, or a fresh schema on the MySQL server that
 * TEST_DATABASE_URL names.
 */
export async function freshDatabase(folder: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = process.env.TEST_DATABASE_URL
  if (!server) return { url: `sqlite:${join(folder, 'yingke.db')}`, drop: async () => undefined }
  const name = `yingke_test_${randomBytes(6).toString('hex')}`
  const run = async (work: (connection: Connection) => Promise<unknown>) => {
    const connection = await createConnection({ uri: server, multipleStatements: true })
    await work(connection)
    await connection.end()
  }
  await run(async (connection) => {
    await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
    if (tables) await connection.query(`USE ${name}; ${tables}`)
  })
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    drop: () =>
      run(async (connection) => {
        tables ??= await tablesOf(connection, name)
        await connection.query(`DROP DATABASE ${name}`)
      }),
  }
}

/** The statements that make the tables of a database again, with the note of its migrations and nothing else in them. */
async function tablesOf(connection: Connection, name: string): Promise<string | undefined> {
  const [found] = await connection.query<RowDataPacket[]>(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [name],
  )
  if (!found.some((table) => table.name === 'migrations')) return undefined
  const statements: string[] = []
  for (const table of found) {
    const [[made]] = await connection.query<RowDataPacket[]>(`SHOW CREATE TABLE ${name}.\`${table.name}\``)
    statements.push(String(made?.['Create Table']).replace(/ AUTO_INCREMENT=\d+/, ''))
  }
  const [migrations] = await connection.query<RowDataPacket[]>(`SELECT timestamp, name FROM ${name}.migrations`)
  const rows = migrations.map((one) => connection.format('(?, ?)', [one.timestamp, one.name]))
  return [...statements, `INSERT INTO migrations (timestamp, name) VALUES ${rows.join(', ')}`].join(';')
}
