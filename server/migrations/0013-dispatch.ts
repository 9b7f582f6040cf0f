import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Dispatch: what is known of field workers, who was asked, what waits for free hands. */
export class Dispatch1795305600013 implements MigrationInterface {
  name = 'Dispatch1795305600013'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      `CREATE TABLE workers (id VARCHAR(26) NOT NULL PRIMARY KEY, skills ${long}, zones ${long}, lat DOUBLE,
      lng DOUBLE, seenAt BIGINT, capacity INT${end}`,
      `CREATE TABLE dispatch_offers (id VARCHAR(26) NOT NULL PRIMARY KEY, stepId VARCHAR(26) NOT NULL,
      staffId VARCHAR(26) NOT NULL, n INT NOT NULL, state VARCHAR(10) NOT NULL, live BOOLEAN NOT NULL,
      away BOOLEAN NOT NULL, score DOUBLE NOT NULL, why ${long} NOT NULL, lat DOUBLE, lng DOUBLE,
      offeredAt BIGINT NOT NULL, until BIGINT NOT NULL${end}`,
      'CREATE INDEX dispatch_offers_step ON dispatch_offers (stepId, n)',
      'CREATE INDEX dispatch_offers_staff ON dispatch_offers (staffId, live)',
      'CREATE INDEX dispatch_offers_until ON dispatch_offers (live, state, until)',
      `CREATE TABLE dispatch_waits (id VARCHAR(26) NOT NULL PRIMARY KEY, role VARCHAR(40) NOT NULL,
      urgent BOOLEAN NOT NULL, dueAt BIGINT, since BIGINT NOT NULL, retryAt BIGINT NOT NULL, everyMs BIGINT NOT NULL${end}`,
      'CREATE INDEX dispatch_waits_retry ON dispatch_waits (retryAt)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['dispatch_waits', 'dispatch_offers', 'workers']) await runner.query(`DROP TABLE ${table}`)
  }
}
