import type { MigrationInterface, QueryRunner } from 'typeorm'

/** A picture that staff gave is tied to the step and to the field of its form for which it was given. */
export class Evidence1795305600018 implements MigrationInterface {
  name = 'Evidence1795305600018'

  async up(runner: QueryRunner): Promise<void> {
    const statements = [
      'ALTER TABLE attachments ADD COLUMN stepId VARCHAR(26)',
      'ALTER TABLE attachments ADD COLUMN field VARCHAR(40)',
      'CREATE INDEX attachments_step ON attachments (stepId)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const statements = [
      `DROP INDEX attachments_step${mysql ? ' ON attachments' : ''}`,
      'ALTER TABLE attachments DROP COLUMN field',
      'ALTER TABLE attachments DROP COLUMN stepId',
    ]
    for (const statement of statements) await runner.query(statement)
  }
}
