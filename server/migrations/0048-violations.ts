import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Violations that other systems report, by the rental in which they happened. */
export class Violations1795651200048 implements MigrationInterface {
  name = 'Violations1795651200048'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    await runner.query(
      `CREATE TABLE rental_violations (id VARCHAR(190) NOT NULL PRIMARY KEY, assetId VARCHAR(26) NOT NULL,
        rentalId VARCHAR(26), happenedAt BIGINT NOT NULL, fine BIGINT NOT NULL, points INT NOT NULL,
        reason VARCHAR(120), place VARCHAR(120), reportedAt BIGINT NOT NULL${end}`,
    )
    await runner.query('CREATE INDEX rental_violations_rental ON rental_violations (rentalId)')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rental_violations')
  }
}
