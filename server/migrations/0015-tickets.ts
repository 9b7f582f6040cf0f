import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What a service desk does with tickets: further reporters, links, tags, watchers, merging, how they ended. */
export class Tickets1795305600015 implements MigrationInterface {
  name = 'Tickets1795305600015'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      'ALTER TABLE tickets ADD COLUMN assetCode VARCHAR(60)',
      'ALTER TABLE tickets ADD COLUMN openKey VARCHAR(130)',
      'ALTER TABLE tickets ADD COLUMN mergedInto VARCHAR(26)',
      'ALTER TABLE tickets ADD COLUMN outcome VARCHAR(12)',
      'CREATE UNIQUE INDEX tickets_open ON tickets (openKey)',
      'CREATE INDEX tickets_merged ON tickets (mergedInto)',
      'ALTER TABLE comments ADD COLUMN originId VARCHAR(26)',
      'ALTER TABLE customers ADD COLUMN tier VARCHAR(40)',
      `CREATE TABLE ticket_reporters (id VARCHAR(60) NOT NULL PRIMARY KEY, ticketId VARCHAR(26) NOT NULL,
        customerId VARCHAR(26) NOT NULL, answers ${long} NOT NULL, photos ${long} NOT NULL, at BIGINT NOT NULL${end}`,
      'CREATE INDEX ticket_reporters_ticket ON ticket_reporters (ticketId, at)',
      'CREATE INDEX ticket_reporters_customer ON ticket_reporters (customerId, ticketId)',
      `CREATE TABLE ticket_requests (id VARCHAR(120) NOT NULL PRIMARY KEY, ticketId VARCHAR(26) NOT NULL${end}`,
      `CREATE TABLE ticket_links (id VARCHAR(80) NOT NULL PRIMARY KEY, ticketId VARCHAR(26) NOT NULL,
        otherId VARCHAR(26) NOT NULL, kind VARCHAR(12) NOT NULL, staffId VARCHAR(26) NOT NULL, at BIGINT NOT NULL${end}`,
      'CREATE INDEX ticket_links_ticket ON ticket_links (ticketId)',
      'CREATE INDEX ticket_links_other ON ticket_links (otherId)',
      `CREATE TABLE ticket_tags (id VARCHAR(60) NOT NULL PRIMARY KEY, ticketId VARCHAR(26) NOT NULL,
        tag VARCHAR(20) NOT NULL, staffId VARCHAR(26) NOT NULL, at BIGINT NOT NULL${end}`,
      'CREATE INDEX ticket_tags_ticket ON ticket_tags (ticketId)',
      'CREATE INDEX ticket_tags_tag ON ticket_tags (tag)',
      `CREATE TABLE ticket_watchers (id VARCHAR(60) NOT NULL PRIMARY KEY, ticketId VARCHAR(26) NOT NULL,
        staffId VARCHAR(26) NOT NULL, at BIGINT NOT NULL${end}`,
      'CREATE INDEX ticket_watchers_ticket ON ticket_watchers (ticketId)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const drop = (index: string, table: string) => `DROP INDEX ${index}${mysql ? ` ON ${table}` : ''}`
    const statements = [
      'DROP TABLE ticket_watchers',
      'DROP TABLE ticket_tags',
      'DROP TABLE ticket_links',
      'DROP TABLE ticket_requests',
      'DROP TABLE ticket_reporters',
      'ALTER TABLE customers DROP COLUMN tier',
      'ALTER TABLE comments DROP COLUMN originId',
      drop('tickets_merged', 'tickets'),
      drop('tickets_open', 'tickets'),
      ...['outcome', 'mergedInto', 'openKey', 'assetCode'].map((column) => `ALTER TABLE tickets DROP COLUMN ${column}`),
    ]
    for (const statement of statements) await runner.query(statement)
  }
}
