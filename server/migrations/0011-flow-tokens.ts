import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Runs with several tokens: forks, waits and sub-flows among the steps, and what a run knows of its reporter. */
export class FlowTokens1795305600011 implements MigrationInterface {
  name = 'FlowTokens1795305600011'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const statements = [
      `ALTER TABLE flow_steps ADD COLUMN kind VARCHAR(8) NOT NULL DEFAULT 'task'`,
      'ALTER TABLE flow_steps ADD COLUMN forkId VARCHAR(26)',
      'ALTER TABLE flow_runs ADD COLUMN tier VARCHAR(40)',
      `ALTER TABLE flow_runs ADD COLUMN about ${mysql ? 'MEDIUMTEXT' : 'TEXT'}`,
      'ALTER TABLE flow_runs ADD COLUMN parentStepId VARCHAR(26)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of ['kind', 'forkId']) await runner.query(`ALTER TABLE flow_steps DROP COLUMN ${column}`)
    for (const column of ['tier', 'about', 'parentStepId']) {
      await runner.query(`ALTER TABLE flow_runs DROP COLUMN ${column}`)
    }
  }
}
