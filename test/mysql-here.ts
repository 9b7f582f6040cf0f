import { existsSync } from 'node:fs'
import { createConnection, type RowDataPacket } from 'mysql2/promise'

const SOCKET = '/run/mysqld/mysqld.sock'

/** The MySQL server of this machine, root without a password: by its socket, as whoever runs both on one machine does. */
export const MYSQL_HERE = existsSync(SOCKET)
  ? `mysql://root@localhost/?socketPath=${SOCKET}`
  : 'mysql://root@127.0.0.1:3306/'

/** Drops the schemas whose names begin like this: those that test files have shared. */
export async function dropSchemas(server: string, pool: string): Promise<void> {
  const connection = await createConnection({ uri: server })
  const [rows] = await connection.query<RowDataPacket[]>('SHOW DATABASES LIKE ?', [`${pool}%`])
  for (const row of rows) await connection.query(`DROP DATABASE ${Object.values(row)[0]}`)
  await connection.end()
}
