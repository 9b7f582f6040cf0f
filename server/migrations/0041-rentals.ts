import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What happens in a booking once it is confirmed, and the contracts that were signed for it. */
export class Rentals1795305600041 implements MigrationInterface {
  name = 'Rentals1795305600041'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const id = 'id VARCHAR(26) NOT NULL PRIMARY KEY'
    const customer = 'customerId VARCHAR(26) NOT NULL'
    const some = mysql ? '' : ' WHERE makeAt IS NOT NULL'
    const statements = [
      `CREATE TABLE rentals (${id}, ${customer}, number VARCHAR(20) NOT NULL, rulesId VARCHAR(26) NOT NULL,
        runId VARCHAR(26), pickup ${long}, giveback ${long}, bill ${long}, billState VARCHAR(10) NOT NULL,
        billedAt BIGINT, paymentId VARCHAR(26), appealId VARCHAR(26) UNIQUE, createdAt BIGINT NOT NULL,
        endedAt BIGINT, version INT NOT NULL${end}`,
      'CREATE INDEX rentals_customer ON rentals (customerId, id)',

      `CREATE TABLE contracts (${id}, rentalId VARCHAR(26) NOT NULL, ${customer}, kind VARCHAR(12) NOT NULL,
        seq INT NOT NULL, number VARCHAR(20) NOT NULL, state VARCHAR(8) NOT NULL, body ${long} NOT NULL,
        hash VARCHAR(64) NOT NULL, signatureId VARCHAR(26), signedAt BIGINT, signer TEXT, device TEXT, makeAt BIGINT,
        attempts INT NOT NULL, madeAt BIGINT, fingerprint VARCHAR(64), createdAt BIGINT NOT NULL,
        version INT NOT NULL${end}`,
      'CREATE UNIQUE INDEX contracts_rental ON contracts (rentalId, seq)',
      'CREATE INDEX contracts_customer ON contracts (customerId, id)',
      `CREATE INDEX contracts_make ON contracts (makeAt)${some}`,
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['contracts', 'rentals']) await runner.query(`DROP TABLE ${table}`)
  }
}
