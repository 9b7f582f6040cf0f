import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What customers have booked. */
export class Bookings1795305600038 implements MigrationInterface {
  name = 'Bookings1795305600038'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const id = (column: string) => `${column} VARCHAR(26) NOT NULL`
    const statements = [
      `CREATE TABLE bookings (${id('id')} PRIMARY KEY, number VARCHAR(20) NOT NULL UNIQUE, ${id('customerId')},
        claimKey VARCHAR(100) NOT NULL UNIQUE, storeId VARCHAR(40) NOT NULL, returnStoreId VARCHAR(40) NOT NULL,
        model VARCHAR(40) NOT NULL, ${id('assetId')}, ${id('spanId')}, fromAt BIGINT NOT NULL, untilAt BIGINT NOT NULL,
        state VARCHAR(10) NOT NULL, holdUntil BIGINT, extras TEXT NOT NULL, doors TEXT, price TEXT NOT NULL,
        ${id('termsId')}, couponId VARCHAR(26), tier VARCHAR(40), paymentId VARCHAR(26), paidAt BIGINT,
        startedAt BIGINT, returnedAt BIGINT, endedAt BIGINT, wakeAt BIGINT, strandedAt BIGINT, createdAt BIGINT NOT NULL,
        version INT NOT NULL${end}`,
      'CREATE INDEX bookings_customer ON bookings (customerId, id)',
      'CREATE INDEX bookings_state ON bookings (state, fromAt)',
      'CREATE INDEX bookings_asset ON bookings (assetId, fromAt)',
      `CREATE INDEX bookings_wake ON bookings (wakeAt)${mysql ? '' : ' WHERE wakeAt IS NOT NULL'}`,
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE bookings')
  }
}
