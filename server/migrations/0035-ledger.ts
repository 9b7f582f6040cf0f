import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The books: movements of money and their lines. */
export class Ledger1795305600035 implements MigrationInterface {
  name = 'Ledger1795305600035'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const statements = [
      `CREATE TABLE ledger_moves (id VARCHAR(190) NOT NULL PRIMARY KEY, kind VARCHAR(40) NOT NULL,
        subjectType VARCHAR(20) NOT NULL, subjectId VARCHAR(26) NOT NULL, customerId VARCHAR(26),
        at BIGINT NOT NULL${end}`,
      'CREATE INDEX ledger_moves_subject ON ledger_moves (subjectId, subjectType)',
      'CREATE INDEX ledger_moves_customer ON ledger_moves (customerId)',
      `CREATE TABLE ledger_lines (id VARCHAR(26) NOT NULL PRIMARY KEY, moveId VARCHAR(190) NOT NULL,
        account VARCHAR(30) NOT NULL, amount BIGINT NOT NULL${end}`,
      'CREATE INDEX ledger_lines_move ON ledger_lines (moveId)',
      'CREATE INDEX ledger_lines_account ON ledger_lines (account, amount)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['ledger_lines', 'ledger_moves']) await runner.query(`DROP TABLE ${table}`)
  }
}
