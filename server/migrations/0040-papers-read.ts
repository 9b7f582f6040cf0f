import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Since when somebody may drive, as it stands on their licence. */
export class PapersRead1795305600040 implements MigrationInterface {
  name = 'PapersRead1795305600040'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE customer_documents ADD COLUMN issuedOn INT')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE customer_documents DROP COLUMN issuedOn')
  }
}
