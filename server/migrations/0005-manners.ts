import type { MigrationInterface, QueryRunner } from 'typeorm'

/** People's own hours, the reminders that their cards may need, and the places that waiting messages have booked. */
export class Manners1795305600005 implements MigrationInterface {
  name = 'Manners1795305600005'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const statements = [
      `CREATE TABLE staff_hours (id VARCHAR(26) NOT NULL PRIMARY KEY, quietFrom VARCHAR(5), quietTo VARCHAR(5),
        away VARCHAR(10), awayUntil BIGINT, backAt BIGINT, summaryDay INT${end}`,
      'CREATE INDEX staff_hours_back ON staff_hours (backAt)',
      `CREATE TABLE card_reminders (id VARCHAR(26) NOT NULL PRIMARY KEY, stepId VARCHAR(26) NOT NULL,
        staffId VARCHAR(26) NOT NULL, hands INT NOT NULL, startedAt BIGINT NOT NULL, tickedAt BIGINT NOT NULL,
        wakeAt BIGINT NOT NULL${end}`,
      'CREATE INDEX card_reminders_wake ON card_reminders (wakeAt)',
      'CREATE INDEX messages_waiting ON messages (recipientId, nextAt)',
      // What waits of a subject, among the thousands of lines that have their reader as subject.
      'CREATE INDEX messages_subject_next ON messages (subjectId, nextAt)',
      `DROP INDEX messages_subject${mysql ? ' ON messages' : ''}`,
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE staff_hours')
    await runner.query('DROP TABLE card_reminders')
    const from = runner.connection.options.type === 'mysql' ? ' ON messages' : ''
    await runner.query('CREATE INDEX messages_subject ON messages (subjectId)')
    await runner.query(`DROP INDEX messages_subject_next${from}`)
    await runner.query(`DROP INDEX messages_waiting${from}`)
  }
}
