import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Quotes, and the documents that are made of them. */
export class Quotes1795305600017 implements MigrationInterface {
  name = 'Quotes1795305600017'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      `CREATE TABLE quotes (id VARCHAR(26) NOT NULL PRIMARY KEY, number VARCHAR(20) NOT NULL, version INT NOT NULL,
        subjectType VARCHAR(20) NOT NULL, subjectId VARCHAR(26) NOT NULL, customerId VARCHAR(26),
        staffId VARCHAR(26) NOT NULL, buyer ${long} NOT NULL, listId VARCHAR(26) NOT NULL, pricedLines ${long} NOT NULL,
        listTotal BIGINT NOT NULL, total BIGINT NOT NULL, tax BIGINT NOT NULL, state VARCHAR(10) NOT NULL,
        validUntil BIGINT, makeAt BIGINT, attempts INT NOT NULL, createdAt BIGINT NOT NULL, decidedAt BIGINT,
        sentAt BIGINT${end}`,
      'CREATE INDEX quotes_subject ON quotes (subjectId, id)',
      'CREATE INDEX quotes_make ON quotes (state, makeAt)',
      `CREATE TABLE documents (id VARCHAR(26) NOT NULL PRIMARY KEY, kind VARCHAR(20) NOT NULL,
        subjectType VARCHAR(20) NOT NULL, subjectId VARCHAR(26) NOT NULL, number VARCHAR(20) NOT NULL,
        version INT NOT NULL, name VARCHAR(120) NOT NULL, size INT NOT NULL, validUntil BIGINT,
        createdAt BIGINT NOT NULL, supersededAt BIGINT${end}`,
      'CREATE INDEX documents_subject ON documents (subjectId, id)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['documents', 'quotes']) await runner.query(`DROP TABLE ${table}`)
  }
}
