import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Customers whom somebody of staff is asked to call. */
export class FollowUps1795305600028 implements MigrationInterface {
  name = 'FollowUps1795305600028'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      `CREATE TABLE follow_ups (id VARCHAR(26) NOT NULL PRIMARY KEY, effectKey VARCHAR(190) NOT NULL UNIQUE,
        runId VARCHAR(26) NOT NULL, rule VARCHAR(60) NOT NULL, customerId VARCHAR(26) NOT NULL,
        staffId VARCHAR(26) NOT NULL, role VARCHAR(40) NOT NULL, title VARCHAR(60) NOT NULL, points ${long} NOT NULL,
        reasons ${long} NOT NULL, state VARCHAR(10) NOT NULL, outcome VARCHAR(12), reason VARCHAR(60), note ${long},
        wakeAt BIGINT, round INT NOT NULL, createdAt BIGINT NOT NULL, answeredAt BIGINT, answeredBy VARCHAR(26),
        version INT NOT NULL${end}`,
      'CREATE INDEX follow_ups_wake ON follow_ups (wakeAt)',
      'CREATE INDEX follow_ups_run ON follow_ups (runId)',
      'CREATE INDEX follow_ups_staff ON follow_ups (staffId, state)',
      'CREATE INDEX follow_ups_customer ON follow_ups (customerId, id)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE follow_ups')
  }
}
