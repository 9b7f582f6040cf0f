import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What WeChat Pay has kept of each day for itself. */
export class BillFees1795564800047 implements MigrationInterface {
  name = 'BillFees1795564800047'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE bill_days ADD COLUMN fees BIGINT NOT NULL DEFAULT 0')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE bill_days DROP COLUMN fees')
  }
}
