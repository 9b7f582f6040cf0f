import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Leases: what only one process may do at a time. */
export class Leases1795305600010 implements MigrationInterface {
  name = 'Leases1795305600010'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    await runner.query(`CREATE TABLE leases (name VARCHAR(190) NOT NULL PRIMARY KEY, holder VARCHAR(26) NOT NULL,
      expiresAt BIGINT NOT NULL${end}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE leases')
  }
}
