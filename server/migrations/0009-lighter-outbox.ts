import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * The outbox's indexes, so that a message changes few of them on its way. On SQLite what only concerns few rows (those
 * that wait, those to be repaired, those gone astray) is indexed for these alone; MySQL has no partial indexes.
 */
export class LighterOutbox1795305600009 implements MigrationInterface {
  name = 'LighterOutbox1795305600009'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    for (const statement of [...forBoth(mysql), ...(mysql ? FOR_MYSQL : FOR_SQLITE)]) await runner.query(statement)
  }

  async down(): Promise<void> {
    throw new Error('this migration is not undone; restore a backup instead')
  }
}

function forBoth(mysql: boolean): string[] {
  const drop = (index: string) => `DROP INDEX ${index}${mysql ? ' ON messages' : ''}`
  return [
    drop('messages_state'),
    // A card's first look is as due from its making as the later ones from the look before: sending changes nothing.
    drop('messages_checked'),
    'UPDATE messages SET checkedAt = COALESCE(sentAt, createdAt) WHERE checkedAt IS NULL',
    'CREATE INDEX messages_checked ON messages (checkedAt)',
  ]
}

const FOR_MYSQL = ['CREATE INDEX messages_state ON messages (state, createdAt)']

const FOR_SQLITE = [
  `CREATE INDEX messages_failed ON messages (createdAt) WHERE state = 'failed'`,
  // Unsent, and nobody will ever look: there should be none.
  `CREATE INDEX messages_asleep ON messages (createdAt) WHERE state = 'pending' AND nextAt IS NULL`,
  `CREATE INDEX messages_astray ON messages (createdAt) WHERE state = 'sending' AND nextAt IS NULL`,

  ...['next', 'refresh', 'collapse', 'platform', 'waiting', 'subject_next'].map(
    (name) => `DROP INDEX messages_${name}`,
  ),
  'CREATE INDEX messages_next ON messages (nextAt) WHERE nextAt IS NOT NULL',
  'CREATE INDEX messages_refresh ON messages (refreshAt) WHERE refreshAt IS NOT NULL',
  'CREATE INDEX messages_collapse ON messages (collapseKey) WHERE collapseKey IS NOT NULL',
  'CREATE INDEX messages_platform ON messages (platformRef) WHERE platformRef IS NOT NULL',
  'CREATE INDEX messages_waiting ON messages (recipientId, nextAt) WHERE nextAt IS NOT NULL',
  'CREATE INDEX messages_subject ON messages (subjectId)',
  'CREATE INDEX messages_subject_next ON messages (subjectId, nextAt) WHERE nextAt IS NOT NULL',

  // Its keys are long and come in no order: kept once, in one tree.
  'ALTER TABLE inbox RENAME TO inbox_before',
  'CREATE TABLE inbox (id VARCHAR(190) NOT NULL PRIMARY KEY, at BIGINT NOT NULL) WITHOUT ROWID',
  'INSERT INTO inbox (id, at) SELECT id, at FROM inbox_before',
  'DROP TABLE inbox_before',
  'CREATE INDEX inbox_at ON inbox (at)',
]
