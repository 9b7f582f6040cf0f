import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'

/**
 * A database of its own for one story: SQLite in the given folder, or a fresh schema on the MySQL server that
 * TEST_DATABASE_URL names.
 */
export async function freshDatabase(folder: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = process.env.TEST_DATABASE_URL
  if (!server) return { url: `sqlite:${join(folder, 'yingke.db')}`, drop: async () => undefined }
  const name = `yingke_test_${randomBytes(6).toString('hex')}`
  const run = async (sql: string) => {
    const connection = await createConnection(server)
    await connection.query(sql)
    await connection.end()
  }
  await run(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => run(`DROP DATABASE ${name}`) }
}
