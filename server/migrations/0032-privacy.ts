import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Who read what, what customers agreed to, their papers, and what they asked to see or to have erased. */
export class Privacy1795305600032 implements MigrationInterface {
  name = 'Privacy1795305600032'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const id = 'id VARCHAR(26) NOT NULL PRIMARY KEY'
    const customer = 'customerId VARCHAR(26) NOT NULL'
    const partly = (column: string) => (mysql ? '' : ` WHERE ${column} IS NOT NULL`)
    const statements = [
      `CREATE TABLE access_reads (id VARCHAR(110) NOT NULL PRIMARY KEY, readerType VARCHAR(8) NOT NULL,
        readerId VARCHAR(40) NOT NULL, ${customer}, door VARCHAR(8) NOT NULL, fields TEXT NOT NULL,
        why VARCHAR(40) NOT NULL, times INT NOT NULL, at BIGINT NOT NULL, lastAt BIGINT NOT NULL${end}`,
      'CREATE INDEX access_reads_customer ON access_reads (customerId, lastAt)',
      'CREATE INDEX access_reads_last ON access_reads (lastAt)',

      `CREATE TABLE consents (${id}, ${customer}, purpose VARCHAR(40) NOT NULL, status VARCHAR(8) NOT NULL,
        version INT NOT NULL, source VARCHAR(20) NOT NULL, at BIGINT NOT NULL, lapsesAt BIGINT${end}`,
      'CREATE INDEX consents_customer ON consents (customerId, purpose, id)',

      `CREATE TABLE customer_details (${id}, birthday TEXT, region VARCHAR(60), preferences TEXT NOT NULL,
        updatedAt BIGINT NOT NULL${end}`,
      `CREATE TABLE email_confirmations (${id}, address TEXT NOT NULL,
        tries INT NOT NULL, sent INT NOT NULL, sentAt BIGINT NOT NULL, expiresAt BIGINT NOT NULL${end}`,
      `CREATE TABLE customer_documents (${id}, ${customer}, kind VARCHAR(30) NOT NULL, number TEXT NOT NULL,
        holder TEXT, class VARCHAR(20), expiresOn INT, photoId VARCHAR(26), createdAt BIGINT NOT NULL${end}`,
      'CREATE INDEX customer_documents_customer ON customer_documents (customerId, kind)',

      `CREATE TABLE privacy_jobs (${id}, ${customer}, kind VARCHAR(8) NOT NULL, state VARCHAR(10) NOT NULL,
        openKey VARCHAR(60) UNIQUE, wakeAt BIGINT, place INT NOT NULL, afterId VARCHAR(190) NOT NULL, pass INT NOT NULL,
        touched INT NOT NULL, alias VARCHAR(26), tokenHash VARCHAR(64) UNIQUE, openedAt BIGINT, expiresAt BIGINT,
        proof ${long}, reasons TEXT, attempts INT NOT NULL, createdAt BIGINT NOT NULL, endedAt BIGINT,
        version INT NOT NULL${end}`,
      `CREATE INDEX privacy_jobs_wake ON privacy_jobs (wakeAt)${partly('wakeAt')}`,
      'CREATE INDEX privacy_jobs_customer ON privacy_jobs (customerId, id)',
      `CREATE TABLE privacy_parts (${id}, jobId VARCHAR(26) NOT NULL, part VARCHAR(40) NOT NULL,
        body ${long} NOT NULL${end}`,
      'CREATE INDEX privacy_parts_job ON privacy_parts (jobId, id)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'privacy_parts',
      'privacy_jobs',
      'customer_documents',
      'email_confirmations',
      'customer_details',
      'consents',
      'access_reads',
    ]) {
      await runner.query(`DROP TABLE ${table}`)
    }
  }
}
