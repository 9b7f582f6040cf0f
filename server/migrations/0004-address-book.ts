import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The address book of several platforms (C8): departments, one person with several accounts, requests to be linked. */
export class AddressBook1795305600004 implements MigrationInterface {
  name = 'AddressBook1795305600004'

  async up(queryRunner: QueryRunner): Promise<void> {
    const mysql = queryRunner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      `CREATE TABLE departments (id VARCHAR(100) NOT NULL PRIMARY KEY, platform VARCHAR(20) NOT NULL,
        departmentId VARCHAR(64) NOT NULL, name VARCHAR(128) NOT NULL, parentId VARCHAR(64), leaders ${long} NOT NULL${end}`,
      'CREATE INDEX departments_platform ON departments (platform)',

      'ALTER TABLE staff ADD COLUMN mergedInto VARCHAR(26)',
      'ALTER TABLE staff_accounts ADD COLUMN active BOOLEAN NOT NULL DEFAULT 1',
      'ALTER TABLE staff_accounts ADD COLUMN listed BOOLEAN NOT NULL DEFAULT 1',
      'ALTER TABLE staff_accounts ADD COLUMN since BIGINT NOT NULL DEFAULT 0',
      'ALTER TABLE staff_accounts ADD COLUMN name VARCHAR(64)',
      'ALTER TABLE staff_accounts ADD COLUMN position VARCHAR(128)',
      `ALTER TABLE staff_accounts ADD COLUMN departments ${long}`,
      `ALTER TABLE staff_accounts ADD COLUMN departmentIds ${long}`,
      `ALTER TABLE staff_accounts ADD COLUMN leaders ${long}`,
      'ALTER TABLE staff_accounts ADD COLUMN leads BOOLEAN NOT NULL DEFAULT 0',
      `ALTER TABLE staff_accounts ADD COLUMN mobile ${long}`,
      'ALTER TABLE staff_accounts ADD COLUMN mobileMark VARCHAR(64)',
      'ALTER TABLE staff_accounts ADD COLUMN jobNumber VARCHAR(64)',
      'ALTER TABLE staff_accounts ADD COLUMN unionId VARCHAR(64)',
      'CREATE INDEX staff_accounts_mobile ON staff_accounts (mobileMark)',

      `CREATE TABLE staff_merges (id VARCHAR(26) NOT NULL PRIMARY KEY, intoId VARCHAR(26) NOT NULL,
        fromId VARCHAR(26) NOT NULL, why VARCHAR(12) NOT NULL, actorType VARCHAR(20) NOT NULL, actorId VARCHAR(26),
        moved ${long} NOT NULL, at BIGINT NOT NULL${end}`,
      'CREATE INDEX staff_merges_into ON staff_merges (intoId)',

      `CREATE TABLE address_books (id VARCHAR(20) NOT NULL PRIMARY KEY, nextAt BIGINT NOT NULL, readingSince BIGINT,
        readAt BIGINT, departmentsAt BIGINT, doubtedAt BIGINT${end}`,
      `CREATE TABLE contact_changes (id VARCHAR(100) NOT NULL PRIMARY KEY, platform VARCHAR(20) NOT NULL,
        userId VARCHAR(64) NOT NULL, renamedFrom VARCHAR(64), seq INT NOT NULL, nextAt BIGINT NOT NULL,
        attempts INT NOT NULL${end}`,
      'CREATE INDEX contact_changes_next ON contact_changes (platform, nextAt)',

      `CREATE TABLE link_requests (id VARCHAR(26) NOT NULL PRIMARY KEY, accountId VARCHAR(100) NOT NULL,
        platform VARCHAR(20) NOT NULL, userId VARCHAR(64) NOT NULL, state VARCHAR(10) NOT NULL, said ${long},
        staffId VARCHAR(26), tries INT NOT NULL, createdAt BIGINT NOT NULL, expiresAt BIGINT, endedAt BIGINT,
        decidedBy VARCHAR(26)${end}`,
      'CREATE INDEX link_requests_account ON link_requests (accountId, createdAt)',
      'CREATE INDEX link_requests_expires ON link_requests (expiresAt)',
    ]
    for (const statement of statements) await queryRunner.query(statement)
  }

  async down(): Promise<void> {
    throw new Error('merged people cannot be told apart again; restore a backup instead')
  }
}
