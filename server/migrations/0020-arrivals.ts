import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Dispatch: when whoever was sent has arrived. */
export class Arrivals1795305600020 implements MigrationInterface {
  name = 'Arrivals1795305600020'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE dispatch_offers ADD COLUMN arrivedAt BIGINT')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE dispatch_offers DROP COLUMN arrivedAt')
  }
}
