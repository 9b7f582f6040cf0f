import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Sales leads: whose they are, until when they must be followed up; who joined a ticket by what they only said. */
export class Leads1795305600016 implements MigrationInterface {
  name = 'Leads1795305600016'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const statements = [
      `CREATE TABLE leads (id VARCHAR(26) NOT NULL PRIMARY KEY, customerId VARCHAR(26), ownerId VARCHAR(26),
        state VARCHAR(10) NOT NULL, source VARCHAR(60), region VARCHAR(60), industry VARCHAR(60), reason VARCHAR(60),
        amount BIGINT, openedAt BIGINT NOT NULL, contactedAt BIGINT, contacts INT NOT NULL, closedAt BIGINT${end}`,
      'CREATE INDEX leads_owner ON leads (state, ownerId)',
      `CREATE TABLE lead_holds (id VARCHAR(26) NOT NULL PRIMARY KEY, leadId VARCHAR(26) NOT NULL,
        stepId VARCHAR(26) NOT NULL, staffId VARCHAR(26) NOT NULL, claim BOOLEAN NOT NULL, state VARCHAR(10) NOT NULL,
        at BIGINT NOT NULL, allowedMs BIGINT, takeAt BIGINT, endedAt BIGINT${end}`,
      'CREATE INDEX lead_holds_take ON lead_holds (state, takeAt)',
      'CREATE INDEX lead_holds_lead ON lead_holds (leadId)',
      'CREATE INDEX lead_holds_step ON lead_holds (stepId, staffId)',
      'CREATE INDEX lead_holds_day ON lead_holds (claim, at)',
      'ALTER TABLE ticket_reporters ADD COLUMN limited BOOLEAN NOT NULL DEFAULT 0',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    const statements = ['ALTER TABLE ticket_reporters DROP COLUMN limited', 'DROP TABLE lead_holds', 'DROP TABLE leads']
    for (const statement of statements) await runner.query(statement)
  }
}
