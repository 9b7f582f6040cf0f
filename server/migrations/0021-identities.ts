import type { MigrationInterface, QueryRunner } from 'typeorm'

const INDEXES: [name: string, table: string, column: string][] = [
  ['leads_customer', 'leads', 'customerId'],
  ['attachments_owner', 'attachments', 'ownerId'],
  ['comments_author', 'comments', 'authorId'],
]

/** Which identities are proved and with whom things are seen; two customers that are one: the journal, old ids, doubts. */
export class Identities1795305600021 implements MigrationInterface {
  name = 'Identities1795305600021'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      'ALTER TABLE customer_identities ADD COLUMN proved BOOLEAN NOT NULL DEFAULT 1',
      `UPDATE customer_identities SET proved = 0 WHERE kind IN ('contact', 'email')`,
      `CREATE TABLE identity_claims (id VARCHAR(130) NOT NULL PRIMARY KEY, identityId VARCHAR(64) NOT NULL,
        claimantId VARCHAR(64) NOT NULL${end}`,
      'CREATE INDEX identity_claims_identity ON identity_claims (identityId)',
      'CREATE INDEX identity_claims_claimant ON identity_claims (claimantId)',
      `CREATE TABLE customer_aliases (id VARCHAR(26) NOT NULL PRIMARY KEY, customerId VARCHAR(26) NOT NULL${end}`,
      'CREATE INDEX customer_aliases_customer ON customer_aliases (customerId)',
      `CREATE TABLE customer_merges (id VARCHAR(26) NOT NULL PRIMARY KEY, masterId VARCHAR(26) NOT NULL,
        otherId VARCHAR(26) NOT NULL, state VARCHAR(8) NOT NULL, actorType VARCHAR(20) NOT NULL, actorId VARCHAR(26),
        why ${long} NOT NULL, fieldsBefore ${long} NOT NULL, moved ${long} NOT NULL, at BIGINT NOT NULL, settleAt BIGINT,
        undoneAt BIGINT, undoneBy VARCHAR(26)${end}`,
      'CREATE INDEX customer_merges_master ON customer_merges (masterId, id)',
      'CREATE INDEX customer_merges_other ON customer_merges (otherId, id)',
      'CREATE INDEX customer_merges_settle ON customer_merges (settleAt)',
      `CREATE TABLE customer_look_alikes (id VARCHAR(60) NOT NULL PRIMARY KEY, oneId VARCHAR(26) NOT NULL,
        otherId VARCHAR(26) NOT NULL, kind VARCHAR(20) NOT NULL, state VARCHAR(8) NOT NULL, at BIGINT NOT NULL${end}`,
      'CREATE INDEX customer_look_alikes_one ON customer_look_alikes (oneId)',
      'CREATE INDEX customer_look_alikes_other ON customer_look_alikes (otherId)',
      'CREATE INDEX customer_look_alikes_state ON customer_look_alikes (state, at)',
      ...INDEXES.map(([name, table, column]) => `CREATE INDEX ${name} ON ${table} (${column})`),
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const statements = [
      ...INDEXES.map(([name, table]) => `DROP INDEX ${name}${mysql ? ` ON ${table}` : ''}`),
      'DROP TABLE customer_look_alikes',
      'DROP TABLE customer_merges',
      'DROP TABLE customer_aliases',
      'DROP TABLE identity_claims',
      'ALTER TABLE customer_identities DROP COLUMN proved',
    ]
    for (const statement of statements) await runner.query(statement)
  }
}
