import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Rides, and what their locks were told to do. */
export class Rides1795305600042 implements MigrationInterface {
  name = 'Rides1795305600042'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const some = (column: string) => (mysql ? '' : ` WHERE ${column} IS NOT NULL`)
    const statements = [
      `CREATE TABLE rides (id VARCHAR(26) NOT NULL PRIMARY KEY, number VARCHAR(20) NOT NULL UNIQUE,
        customerId VARCHAR(26) NOT NULL, assetId VARCHAR(26) NOT NULL, code VARCHAR(30) NOT NULL, kind VARCHAR(40) NOT NULL,
        state VARCHAR(10) NOT NULL, openFor VARCHAR(60) UNIQUE, openOn VARCHAR(26) UNIQUE, termsId VARCHAR(26) NOT NULL,
        plan VARCHAR(40) NOT NULL, couponId VARCHAR(26), cardId VARCHAR(26), askedAt BIGINT NOT NULL, startedAt BIGINT,
        pausedAt BIGINT, endedAt BIGINT, endedBy VARCHAR(8), lat DOUBLE, lng DOUBLE, zone VARCHAR(60),
        zoneResult VARCHAR(12), metersBefore BIGINT NOT NULL, meters INT NOT NULL, parts TEXT NOT NULL, fare INT NOT NULL,
        amount INT NOT NULL, refunded INT NOT NULL, voidFor VARCHAR(40), paymentId VARCHAR(26), ticketId VARCHAR(26),
        wakeAt BIGINT, version INT NOT NULL${end}`,
      'CREATE INDEX rides_customer ON rides (customerId, state)',
      'CREATE INDEX rides_asset ON rides (assetId, id)',
      `CREATE INDEX rides_wake ON rides (wakeAt)${some('wakeAt')}`,
      `CREATE TABLE lock_commands (id VARCHAR(26) NOT NULL PRIMARY KEY, rideId VARCHAR(26) NOT NULL,
        code VARCHAR(30) NOT NULL, purpose VARCHAR(8) NOT NULL, state VARCHAR(8) NOT NULL, attempts INT NOT NULL,
        askedAt BIGINT NOT NULL, endBy BIGINT NOT NULL, nextAt BIGINT, failure VARCHAR(40)${end}`,
      'CREATE INDEX lock_commands_ride ON lock_commands (rideId)',
      `CREATE INDEX lock_commands_next ON lock_commands (nextAt)${some('nextAt')}`,
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['lock_commands', 'rides']) await runner.query(`DROP TABLE ${table}`)
  }
}
