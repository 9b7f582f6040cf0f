import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Companies that are customers, the people in them, and which leads and quotes are theirs. */
export class Companies1795305600022 implements MigrationInterface {
  name = 'Companies1795305600022'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      `CREATE TABLE companies (id VARCHAR(26) NOT NULL PRIMARY KEY, name VARCHAR(80) NOT NULL,
        nameKey VARCHAR(80) NOT NULL UNIQUE, industry VARCHAR(60), size VARCHAR(40), background ${long}, structure ${long},
        createdAt BIGINT NOT NULL, updatedAt BIGINT NOT NULL, version INT NOT NULL${end}`,
      `CREATE TABLE company_contacts (id VARCHAR(26) NOT NULL PRIMARY KEY, companyId VARCHAR(26) NOT NULL,
        customerId VARCHAR(26), name ${long} NOT NULL, nameMark VARCHAR(64) NOT NULL, phone ${long}, role VARCHAR(40),
        decides BOOLEAN NOT NULL, reportsTo VARCHAR(26), createdAt BIGINT NOT NULL, updatedAt BIGINT NOT NULL${end}`,
      'CREATE UNIQUE INDEX company_contacts_name ON company_contacts (companyId, nameMark)',
      'CREATE INDEX company_contacts_customer ON company_contacts (customerId)',
      'ALTER TABLE leads ADD COLUMN companyId VARCHAR(26)',
      'ALTER TABLE quotes ADD COLUMN companyId VARCHAR(26)',
      'CREATE INDEX leads_company ON leads (companyId)',
      'CREATE INDEX quotes_company ON quotes (companyId)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const drop = (index: string, table: string) => `DROP INDEX ${index}${mysql ? ` ON ${table}` : ''}`
    const statements = [
      drop('quotes_company', 'quotes'),
      drop('leads_company', 'leads'),
      'ALTER TABLE quotes DROP COLUMN companyId',
      'ALTER TABLE leads DROP COLUMN companyId',
      'DROP TABLE company_contacts',
      'DROP TABLE companies',
    ]
    for (const statement of statements) await runner.query(statement)
  }
}
