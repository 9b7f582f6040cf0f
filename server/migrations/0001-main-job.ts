import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The tables of the main job: staff, events, outbox, definitions, flows, customers, tickets. */
export class MainJob1763769600001 implements MigrationInterface {
  name = 'MainJob1763769600001'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      `CREATE TABLE events (id VARCHAR(26) NOT NULL PRIMARY KEY, dedupKey VARCHAR(190) UNIQUE, at BIGINT NOT NULL,
        name VARCHAR(60) NOT NULL, actorType VARCHAR(20) NOT NULL, actorId VARCHAR(26), subjectType VARCHAR(20) NOT NULL,
        subjectId VARCHAR(26) NOT NULL, customerId VARCHAR(26), data ${long} NOT NULL${end}`,
      'CREATE INDEX events_subject ON events (subjectId, id)',
      'CREATE INDEX events_customer ON events (customerId, id)',

      `CREATE TABLE staff (id VARCHAR(26) NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL, position VARCHAR(128) NOT NULL,
        departments ${long} NOT NULL, leaderId VARCHAR(26), active BOOLEAN NOT NULL, onDuty BOOLEAN NOT NULL,
        updatedAt BIGINT NOT NULL${end}`,
      `CREATE TABLE staff_accounts (id VARCHAR(100) NOT NULL PRIMARY KEY, platform VARCHAR(20) NOT NULL,
        userId VARCHAR(64) NOT NULL, staffId VARCHAR(26) NOT NULL${end}`,
      'CREATE INDEX staff_accounts_staff ON staff_accounts (staffId)',
      `CREATE TABLE staff_roles (id VARCHAR(100) NOT NULL PRIMARY KEY, staffId VARCHAR(26) NOT NULL,
        role VARCHAR(40) NOT NULL${end}`,
      'CREATE INDEX staff_roles_role ON staff_roles (role)',
      'CREATE INDEX staff_roles_staff ON staff_roles (staffId)',
      `CREATE TABLE conversations (id VARCHAR(26) NOT NULL PRIMARY KEY, card VARCHAR(40) NOT NULL,
        action VARCHAR(40) NOT NULL, subjectId VARCHAR(26) NOT NULL, fields ${long} NOT NULL, answers ${long} NOT NULL,
        expiresAt BIGINT NOT NULL${end}`,
      `CREATE TABLE staff_links (id VARCHAR(64) NOT NULL PRIMARY KEY, staffId VARCHAR(26) NOT NULL,
        stepId VARCHAR(26) NOT NULL, expiresAt BIGINT NOT NULL, openedAt BIGINT, sessionHash VARCHAR(64) UNIQUE${end}`,

      `CREATE TABLE messages (id VARCHAR(26) NOT NULL PRIMARY KEY, dedupKey VARCHAR(190) NOT NULL UNIQUE,
        channel VARCHAR(12) NOT NULL, recipientId VARCHAR(26) NOT NULL, kind VARCHAR(40) NOT NULL,
        subjectId VARCHAR(26) NOT NULL, data ${long} NOT NULL, urgent BOOLEAN NOT NULL, collapseKey VARCHAR(120),
        state VARCHAR(10) NOT NULL, attempts INT NOT NULL, nextAt BIGINT, triedAt BIGINT, createdAt BIGINT NOT NULL,
        sentAt BIGINT, error VARCHAR(300), wire ${long}, platformRef VARCHAR(128), responseCode VARCHAR(512),
        responseCodeAt BIGINT, shown VARCHAR(44), refreshAt BIGINT${end}`,
      'CREATE INDEX messages_next ON messages (nextAt)',
      'CREATE INDEX messages_refresh ON messages (refreshAt)',
      'CREATE INDEX messages_subject ON messages (subjectId)',
      'CREATE INDEX messages_recipient ON messages (recipientId, triedAt)',
      'CREATE INDEX messages_channel ON messages (channel, triedAt)',
      'CREATE INDEX messages_collapse ON messages (collapseKey)',
      'CREATE INDEX messages_platform ON messages (platformRef)',
      `CREATE TABLE inbox (id VARCHAR(190) NOT NULL PRIMARY KEY, at BIGINT NOT NULL${end}`,
      'CREATE INDEX inbox_at ON inbox (at)',

      `CREATE TABLE attachments (id VARCHAR(26) NOT NULL PRIMARY KEY, ownerType VARCHAR(20) NOT NULL,
        ownerId VARCHAR(26) NOT NULL, state VARCHAR(12) NOT NULL, safety VARCHAR(12) NOT NULL, traceId VARCHAR(64),
        source VARCHAR(512), subjectId VARCHAR(26), size INT NOT NULL, width INT NOT NULL, height INT NOT NULL,
        attempts INT NOT NULL, nextAt BIGINT, createdAt BIGINT NOT NULL${end}`,
      'CREATE INDEX attachments_next ON attachments (nextAt)',
      'CREATE INDEX attachments_trace ON attachments (traceId)',

      `CREATE TABLE definitions (id VARCHAR(26) NOT NULL PRIMARY KEY, kind VARCHAR(20) NOT NULL, name VARCHAR(60) NOT NULL,
        pack VARCHAR(60) NOT NULL, version INT NOT NULL, hash VARCHAR(64) NOT NULL, body ${long} NOT NULL,
        createdAt BIGINT NOT NULL${end}`,
      'CREATE UNIQUE INDEX definitions_version ON definitions (kind, name, version)',

      `CREATE TABLE flow_runs (id VARCHAR(26) NOT NULL PRIMARY KEY, definitionId VARCHAR(26) NOT NULL,
        flow VARCHAR(60) NOT NULL, subjectType VARCHAR(20) NOT NULL, subjectId VARCHAR(26) NOT NULL,
        customerId VARCHAR(26), state VARCHAR(12) NOT NULL, priority VARCHAR(10) NOT NULL, facts ${long} NOT NULL,
        answers ${long} NOT NULL, startedAt BIGINT NOT NULL, endedAt BIGINT, urgedAt BIGINT, version INT NOT NULL${end}`,
      'CREATE INDEX flow_runs_subject ON flow_runs (subjectId)',
      `CREATE TABLE flow_steps (id VARCHAR(26) NOT NULL PRIMARY KEY, runId VARCHAR(26) NOT NULL, name VARCHAR(40) NOT NULL,
        seq INT NOT NULL, state VARCHAR(12) NOT NULL, role VARCHAR(40) NOT NULL, assigneeId VARCHAR(26),
        hands INT NOT NULL, openedAt BIGINT NOT NULL, acceptedAt BIGINT, limitMs BIGINT NOT NULL, dueAt BIGINT,
        wakeAt BIGINT, rung INT NOT NULL, rungAt BIGINT, overdueAt BIGINT, level INT NOT NULL, ackBy VARCHAR(26),
        ackUntil BIGINT, finishedBy VARCHAR(26), finishedAt BIGINT, answers ${long}, usedMs BIGINT,
        version INT NOT NULL${end}`,
      'CREATE UNIQUE INDEX flow_steps_run ON flow_steps (runId, seq)',
      'CREATE INDEX flow_steps_wake ON flow_steps (wakeAt)',
      'CREATE INDEX flow_steps_assignee ON flow_steps (assigneeId, state)',
      `CREATE TABLE flow_pauses (id VARCHAR(26) NOT NULL PRIMARY KEY, stepId VARCHAR(26) NOT NULL, fromAt BIGINT NOT NULL,
        toAt BIGINT${end}`,
      'CREATE INDEX flow_pauses_step ON flow_pauses (stepId)',

      `CREATE TABLE customers (id VARCHAR(26) NOT NULL PRIMARY KEY, nickname ${long}, phone ${long},
        createdAt BIGINT NOT NULL, seenAt BIGINT NOT NULL${end}`,
      `CREATE TABLE customer_identities (id VARCHAR(64) NOT NULL PRIMARY KEY, customerId VARCHAR(26) NOT NULL,
        kind VARCHAR(20) NOT NULL, value ${long} NOT NULL, createdAt BIGINT NOT NULL${end}`,
      'CREATE INDEX customer_identities_customer ON customer_identities (customerId)',
      `CREATE TABLE sessions (id VARCHAR(26) NOT NULL PRIMARY KEY, customerId VARCHAR(26) NOT NULL,
        accessHash VARCHAR(64) NOT NULL UNIQUE, accessUntil BIGINT NOT NULL, refreshHash VARCHAR(64) NOT NULL UNIQUE,
        usedHash VARCHAR(64), refreshUntil BIGINT NOT NULL, revokedAt BIGINT${end}`,
      'CREATE INDEX sessions_used ON sessions (usedHash)',

      `CREATE TABLE tickets (id VARCHAR(26) NOT NULL PRIMARY KEY, number VARCHAR(20) NOT NULL UNIQUE,
        kind VARCHAR(60) NOT NULL, customerId VARCHAR(26) NOT NULL, title VARCHAR(60) NOT NULL, status VARCHAR(20) NOT NULL,
        priority VARCHAR(10) NOT NULL, formId VARCHAR(26) NOT NULL, answers ${long} NOT NULL, photos ${long} NOT NULL,
        requestKey VARCHAR(120) UNIQUE, safety VARCHAR(10) NOT NULL, checkAt BIGINT, openedAt BIGINT NOT NULL,
        updatedAt BIGINT NOT NULL, closedAt BIGINT, csat INT, nps INT, ratingWords ${long}, ratedAt BIGINT,
        version INT NOT NULL${end}`,
      'CREATE INDEX tickets_customer ON tickets (customerId, id)',
      'CREATE INDEX tickets_check ON tickets (checkAt)',
      `CREATE TABLE comments (id VARCHAR(26) NOT NULL PRIMARY KEY, ticketId VARCHAR(26) NOT NULL,
        authorType VARCHAR(10) NOT NULL, authorId VARCHAR(26) NOT NULL, kind VARCHAR(10) NOT NULL, inside BOOLEAN NOT NULL,
        text ${long} NOT NULL, photos ${long} NOT NULL, safety VARCHAR(10) NOT NULL, checkAt BIGINT, at BIGINT NOT NULL${end}`,
      'CREATE INDEX comments_ticket ON comments (ticketId, id)',
      'CREATE INDEX comments_check ON comments (checkAt)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(): Promise<void> {
    throw new Error('the first migration is not undone; restore a backup instead')
  }
}
