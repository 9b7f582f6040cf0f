import type { MigrationInterface, QueryRunner } from 'typeorm'

/** How many cards of a customer have begun, an offence's place in its car's minute, how often a pay score was asked after. */
export class NaturalKeys1795824000050 implements MigrationInterface {
  name = 'NaturalKeys1795824000050'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    await runner.query(`CREATE TABLE ride_card_turns (id VARCHAR(70) NOT NULL PRIMARY KEY, begun INT NOT NULL${end}`)
    await runner.query('ALTER TABLE rental_violations ADD COLUMN slot VARCHAR(60)')
    await runner.query('ALTER TABLE rental_violations ADD COLUMN otherId VARCHAR(190)')
    await runner.query('CREATE UNIQUE INDEX rental_violations_slot ON rental_violations (slot)')
    await runner.query('CREATE UNIQUE INDEX rental_violations_other ON rental_violations (otherId)')
    await runner.query('CREATE INDEX rental_violations_asset ON rental_violations (assetId, happenedAt)')
    await runner.query('ALTER TABLE deposits ADD COLUMN scoreAttempts INT NOT NULL DEFAULT 0')
  }

  async down(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const drop = (name: string, table: string) => runner.query(`DROP INDEX ${name}${mysql ? ` ON ${table}` : ''}`)
    await runner.query('ALTER TABLE deposits DROP COLUMN scoreAttempts')
    for (const name of ['slot', 'other', 'asset']) await drop(`rental_violations_${name}`, 'rental_violations')
    for (const column of ['otherId', 'slot']) await runner.query(`ALTER TABLE rental_violations DROP COLUMN ${column}`)
    await runner.query('DROP TABLE ride_card_turns')
  }
}
