import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Group chats for serious cases. */
export class Rooms1795305600008 implements MigrationInterface {
  name = 'Rooms1795305600008'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    await runner.query(`CREATE TABLE rooms (id VARCHAR(26) NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL,
      state VARCHAR(10) NOT NULL, wanted ${long} NOT NULL, members ${long} NOT NULL, nextAt BIGINT,
      attempts INT NOT NULL, createdAt BIGINT NOT NULL${end}`)
    await runner.query('CREATE INDEX rooms_next ON rooms (nextAt)')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rooms')
  }
}
