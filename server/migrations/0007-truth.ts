import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What cards were drawn from, who has acknowledged what, and what the auditor found. */
export class Truth1795305600007 implements MigrationInterface {
  name = 'Truth1795305600007'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      'ALTER TABLE messages ADD COLUMN checkedAt BIGINT',
      'ALTER TABLE messages ADD COLUMN shownAt BIGINT',
      'ALTER TABLE messages ADD COLUMN basis VARCHAR(120)',
      'CREATE INDEX messages_checked ON messages (checkedAt, sentAt)',
      'CREATE INDEX messages_state ON messages (channel, state, createdAt)',

      // One index for the sweep (what is due) and the auditor (what sleeps though it should not, what waits).
      'CREATE INDEX flow_steps_awake ON flow_steps (wakeAt, state, rung)',
      mysql ? 'DROP INDEX flow_steps_wake ON flow_steps' : 'DROP INDEX flow_steps_wake',
      'CREATE INDEX flow_steps_due ON flow_steps (overdueAt, dueAt)',
      'CREATE INDEX flow_runs_state ON flow_runs (state, id)',

      `CREATE TABLE step_acks (id VARCHAR(80) NOT NULL PRIMARY KEY, stepId VARCHAR(26) NOT NULL,
        roundAt BIGINT NOT NULL, staffId VARCHAR(26) NOT NULL, at BIGINT NOT NULL${end}`,
      'CREATE INDEX step_acks_step ON step_acks (stepId, roundAt)',

      `CREATE TABLE audit_findings (id VARCHAR(80) NOT NULL PRIMARY KEY, kind VARCHAR(30) NOT NULL,
        subjectId VARCHAR(40) NOT NULL, about VARCHAR(120) NOT NULL, foundAt BIGINT NOT NULL, seenAt BIGINT NOT NULL,
        repairedAt BIGINT, reportedAt BIGINT${end}`,
      'CREATE INDEX audit_findings_seen ON audit_findings (seenAt)',
      'CREATE INDEX audit_findings_reported ON audit_findings (reportedAt)',
      'CREATE INDEX audit_findings_subject ON audit_findings (subjectId)',
      `CREATE TABLE audit_passes (id VARCHAR(10) NOT NULL PRIMARY KEY, at BIGINT NOT NULL, wellAt BIGINT,
        counts ${long} NOT NULL${end}`,
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(): Promise<void> {
    throw new Error('this migration is not undone; restore a backup instead')
  }
}
