import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The time lines of what can be booked: no two pieces of one vehicle begin together, or end together. */
export class AssetSpans1795305600037 implements MigrationInterface {
  name = 'AssetSpans1795305600037'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const id = 'id VARCHAR(26) NOT NULL PRIMARY KEY'
    const statements = [
      `CREATE TABLE booking_cars (${id}, model VARCHAR(40) NOT NULL, offered BOOLEAN NOT NULL, version INT NOT NULL${end}`,
      `CREATE TABLE asset_spans (${id}, assetId VARCHAR(26) NOT NULL, model VARCHAR(40) NOT NULL,
        state VARCHAR(8) NOT NULL, fromAt BIGINT NOT NULL, untilAt BIGINT NOT NULL, fromDay INT NOT NULL,
        untilDay INT NOT NULL, store VARCHAR(40) NOT NULL,
        toStore VARCHAR(40) NOT NULL, bookingId VARCHAR(26), reason VARCHAR(60), version INT NOT NULL${end}`,
      'CREATE UNIQUE INDEX asset_spans_from ON asset_spans (assetId, fromAt)',
      'CREATE UNIQUE INDEX asset_spans_until ON asset_spans (assetId, untilAt)',
      // All that a search and a calendar ask for: they never look into the rows themselves.
      'CREATE INDEX asset_spans_free ON asset_spans (state, store, model, fromAt, untilAt, toStore)',
      'CREATE INDEX asset_spans_days ON asset_spans (state, model, fromDay, untilDay, store)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['asset_spans', 'booking_cars']) await runner.query(`DROP TABLE ${table}`)
  }
}
