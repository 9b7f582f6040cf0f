import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * The recurring duties' table, see lib/agenda-jobs.ts.
 *
 * `jobs_claim` is the claim query's own index: two equalities, then the order in which jobs are taken, then the id so
 * that the read never touches a row. Priority is stored negated because MariaDB 10.6 and TiDB ignore DESC in an index.
 * `jobs_once` holds what `every` and `unique` promise; rows saved without either have a NULL key, which may repeat.
 */
export class Jobs1763769600002 implements MigrationInterface {
  name = 'Jobs1763769600002'

  async up(queryRunner: QueryRunner): Promise<void> {
    const mysql = queryRunner.connection.options.type === 'mysql'
    await queryRunner.query(`CREATE TABLE jobs (
      id varchar(26) NOT NULL PRIMARY KEY,
      name varchar(255) NOT NULL,
      type varchar(10) NOT NULL,
      negatedPriority int NOT NULL,
      disabled tinyint NOT NULL,
      fence bigint NOT NULL,
      lockedAt bigint,
      nextRunAt bigint,
      lastRunAt bigint,
      lastFinishedAt bigint,
      failedAt bigint,
      failCount int,
      failReason ${mysql ? 'mediumtext' : 'text'},
      progress double,
      data ${mysql ? 'longtext' : 'text'},
      repeatInterval varchar(255),
      repeatTimezone varchar(100),
      repeatAt varchar(255),
      startDate bigint,
      endDate bigint,
      skipDays varchar(40),
      debounceStartedAt bigint,
      onceKey varchar(64),
      fork tinyint,
      lastModifiedBy varchar(255)
    )${mysql ? ' DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ''}`)
    await queryRunner.query(
      'CREATE INDEX jobs_claim ON jobs (name, disabled, lockedAt, nextRunAt, negatedPriority, id)',
    )
    await queryRunner.query('CREATE UNIQUE INDEX jobs_once ON jobs (name, onceKey)')
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE jobs')
  }
}
