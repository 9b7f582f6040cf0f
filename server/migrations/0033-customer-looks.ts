import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Whoever looks at a customer finds their quotes. */
export class CustomerLooks1795305600033 implements MigrationInterface {
  name = 'CustomerLooks1795305600033'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX quotes_customer ON quotes (customerId, id)')
  }

  async down(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    await runner.query(`DROP INDEX quotes_customer${mysql ? ' ON quotes' : ''}`)
  }
}
