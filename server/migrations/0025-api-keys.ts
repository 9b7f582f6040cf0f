import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Keys of outside systems; what was answered to requests that may be sent again. */
export class ApiKeys1795305600025 implements MigrationInterface {
  name = 'ApiKeys1795305600025'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      `CREATE TABLE api_keys (id VARCHAR(26) NOT NULL PRIMARY KEY, hash VARCHAR(64) NOT NULL, name VARCHAR(40) NOT NULL,
        scopes VARCHAR(400) NOT NULL, perMinute INT NOT NULL, createdAt BIGINT NOT NULL, revokedAt BIGINT,
        usedDay INT${end}`,
      `CREATE TABLE api_requests (id VARCHAR(64) NOT NULL PRIMARY KEY, bodyHash VARCHAR(64) NOT NULL,
        startedAt BIGINT NOT NULL, answeredAt BIGINT, answer ${long}${end}`,
      'CREATE INDEX api_requests_started ON api_requests (startedAt)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['api_requests', 'api_keys']) await runner.query(`DROP TABLE ${table}`)
  }
}
