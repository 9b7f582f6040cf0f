import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Cards with which rides are free for a time, and how often they were used on a day. */
export class RideCards1795305600043 implements MigrationInterface {
  name = 'RideCards1795305600043'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const statements = [
      `CREATE TABLE ride_cards (id VARCHAR(26) NOT NULL PRIMARY KEY, customerId VARCHAR(26) NOT NULL,
        buyKey VARCHAR(120) UNIQUE, termsId VARCHAR(26) NOT NULL, card VARCHAR(40) NOT NULL, title VARCHAR(20) NOT NULL,
        price INT NOT NULL, state VARCHAR(8) NOT NULL, askedAt BIGINT NOT NULL, startsAt BIGINT, endsAt BIGINT,
        paymentId VARCHAR(26), sweepAt BIGINT${end}`,
      'CREATE INDEX ride_cards_customer ON ride_cards (customerId, id)',
      `CREATE INDEX ride_cards_sweep ON ride_cards (sweepAt)${mysql ? '' : ' WHERE sweepAt IS NOT NULL'}`,
      `CREATE TABLE ride_card_days (id VARCHAR(40) NOT NULL PRIMARY KEY, used INT NOT NULL${end}`,
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['ride_card_days', 'ride_cards']) await runner.query(`DROP TABLE ${table}`)
  }
}
