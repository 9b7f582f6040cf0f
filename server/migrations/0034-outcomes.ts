import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What became of a customer's reports is counted without a look at all their tickets. */
export class Outcomes1795305600034 implements MigrationInterface {
  name = 'Outcomes1795305600034'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const some = mysql ? '' : ' WHERE outcome IS NOT NULL'
    await runner.query(`CREATE INDEX tickets_outcome ON tickets (customerId, outcome, openedAt)${some}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    const from = runner.connection.options.type === 'mysql' ? ' ON tickets' : ''
    await runner.query(`DROP INDEX tickets_outcome${from}`)
  }
}
