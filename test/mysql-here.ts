import { existsSync } from 'node:fs'

const SOCKET = '/run/mysqld/mysqld.sock'

/** The MySQL server of this machine, root without a password: by its socket, as whoever runs both on one machine does. */
export const MYSQL_HERE = existsSync(SOCKET)
  ? `mysql://root@localhost/?socketPath=${SOCKET}`
  : 'mysql://root@127.0.0.1:3306/'
