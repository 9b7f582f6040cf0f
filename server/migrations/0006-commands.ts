import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What staff ask for in the chat: memos, words by which they find customers, their language. */
export class Commands1795305600006 implements MigrationInterface {
  name = 'Commands1795305600006'

  async up(queryRunner: QueryRunner): Promise<void> {
    const mysql = queryRunner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const statements = [
      `CREATE TABLE memos (id VARCHAR(26) NOT NULL PRIMARY KEY, staffId VARCHAR(26) NOT NULL,
        text VARCHAR(2000) NOT NULL, subjectId VARCHAR(26), wakeAt BIGINT, at BIGINT NOT NULL,
        createdAt BIGINT NOT NULL${end}`,
      'CREATE INDEX memos_wake ON memos (wakeAt)',
      `CREATE TABLE customer_keys (id VARCHAR(100) NOT NULL PRIMARY KEY, hash VARCHAR(64) NOT NULL,
        kind VARCHAR(10) NOT NULL, customerId VARCHAR(26) NOT NULL${end}`,
      'CREATE INDEX customer_keys_hash ON customer_keys (hash)',
      'CREATE INDEX customer_keys_customer ON customer_keys (customerId)',
      'ALTER TABLE customers ADD COLUMN keyedAt BIGINT',
      'CREATE INDEX customers_keyed ON customers (keyedAt)',
      'CREATE INDEX flow_steps_finisher ON flow_steps (finishedBy, finishedAt)',
      'CREATE INDEX flow_runs_customer ON flow_runs (customerId, id)',
      'ALTER TABLE staff ADD COLUMN language VARCHAR(5)',
    ]
    for (const statement of statements) await queryRunner.query(statement)
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const mysql = queryRunner.connection.options.type === 'mysql'
    const drop = (index: string, table: string) => `DROP INDEX ${index}${mysql ? ` ON ${table}` : ''}`
    const statements = [
      'ALTER TABLE staff DROP COLUMN language',
      drop('flow_runs_customer', 'flow_runs'),
      drop('flow_steps_finisher', 'flow_steps'),
      drop('customers_keyed', 'customers'),
      'ALTER TABLE customers DROP COLUMN keyedAt',
      'DROP TABLE customer_keys',
      'DROP TABLE memos',
    ]
    for (const statement of statements) await queryRunner.query(statement)
  }
}
