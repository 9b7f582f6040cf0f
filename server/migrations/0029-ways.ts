import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Messages to customers have several ways: which are still open to one, and which a customer has closed or lost. */
export class Ways1795305600029 implements MigrationInterface {
  name = 'Ways1795305600029'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const statements = [
      'ALTER TABLE messages ADD COLUMN onward VARCHAR(40)',
      `CREATE TABLE customer_stops (id VARCHAR(60) NOT NULL PRIMARY KEY, customerId VARCHAR(26) NOT NULL,
        via VARCHAR(12) NOT NULL, reason VARCHAR(12) NOT NULL, about VARCHAR(64), at BIGINT NOT NULL${end}`,
      'CREATE INDEX customer_stops_customer ON customer_stops (customerId)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE customer_stops')
    await runner.query('ALTER TABLE messages DROP COLUMN onward')
  }
}
