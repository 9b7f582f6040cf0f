import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The secrets that outlive a change of keys, and how far the change has come. */
export class Keys1795305600031 implements MigrationInterface {
  name = 'Keys1795305600031'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const statements = [
      `CREATE TABLE key_roots (id VARCHAR(20) NOT NULL PRIMARY KEY, secret TEXT NOT NULL, createdAt BIGINT NOT NULL${end}`,
      `CREATE TABLE key_rotations (id VARCHAR(100) NOT NULL PRIMARY KEY, keyId VARCHAR(40) NOT NULL,
        afterId VARCHAR(190) NOT NULL, rewritten INT NOT NULL, total BIGINT NOT NULL, doneAt BIGINT${end}`,
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['key_rotations', 'key_roots']) await runner.query(`DROP TABLE ${table}`)
  }
}
