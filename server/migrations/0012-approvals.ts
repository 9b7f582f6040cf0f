import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Approval steps: who is asked, what they said, and what they were shown. */
export class Approvals1795305600012 implements MigrationInterface {
  name = 'Approvals1795305600012'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    await runner.query(`CREATE TABLE step_votes (id VARCHAR(26) NOT NULL PRIMARY KEY, stepId VARCHAR(26) NOT NULL,
      round INT NOT NULL, place INT NOT NULL, staffId VARCHAR(26) NOT NULL, seat VARCHAR(6) NOT NULL, ofId VARCHAR(26),
      byId VARCHAR(26), decision VARCHAR(8), words TEXT, openedAt BIGINT, at BIGINT${end}`)
    await runner.query('CREATE INDEX step_votes_step ON step_votes (stepId)')
    await runner.query(`CREATE TABLE step_submissions (id VARCHAR(26) NOT NULL PRIMARY KEY,
      facts ${mysql ? 'MEDIUMTEXT' : 'TEXT'} NOT NULL, amount BIGINT${end}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE step_submissions')
    await runner.query('DROP TABLE step_votes')
  }
}
