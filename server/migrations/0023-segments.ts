import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What is known of each customer, where they belong by it, and when they are to be looked at again. */
export class Segments1795305600023 implements MigrationInterface {
  name = 'Segments1795305600023'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    // SQLite keeps the rows of a narrow table within their key, as MySQL always does.
    const narrow = mysql ? end : ') WITHOUT ROWID'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      `CREATE TABLE customer_tallies (id VARCHAR(26) NOT NULL PRIMARY KEY, counted INT NOT NULL, judged INT NOT NULL,
        dueAt BIGINT, version INT NOT NULL, counts ${long} NOT NULL${end}`,
      'CREATE INDEX customer_tallies_due ON customer_tallies (dueAt, id)',
      'CREATE INDEX customer_tallies_judged ON customer_tallies (judged, id)',
      `CREATE TABLE customer_facts (id VARCHAR(26) NOT NULL PRIMARY KEY, registeredAt BIGINT, lastSeenAt BIGINT,
        lastInteractionAt BIGINT, orders INT, lastOrderAt BIGINT, orderGapDays INT, spentFen BIGINT, rides INT,
        lastRideAt BIGINT, rideGapDays INT, tickets INT, openTickets INT, faultReports INT, birthday INT,
        region VARCHAR(60), tier VARCHAR(60), rScore INT, fScore INT, mScore INT, rfm VARCHAR(6), stage VARCHAR(26),
        stageSince BIGINT, stageSet VARCHAR(26), stageBase VARCHAR(26), more ${long} NOT NULL${end}`,
      'CREATE INDEX customer_facts_orders ON customer_facts (orders)',
      'CREATE INDEX customer_facts_spent ON customer_facts (spentFen)',
      'CREATE INDEX customer_facts_rides ON customer_facts (rides)',
      `CREATE TABLE customer_tags (id VARCHAR(60) NOT NULL PRIMARY KEY, customerId VARCHAR(26) NOT NULL,
        tag VARCHAR(20) NOT NULL, reasons ${long} NOT NULL, version INT NOT NULL${end}`,
      'CREATE INDEX customer_tags_customer ON customer_tags (customerId, tag)',
      'CREATE INDEX customer_tags_tag ON customer_tags (tag)',
      // In the order of its key a segment's members stand together: no further index is to be written for it.
      `CREATE TABLE segment_members (id VARCHAR(60) NOT NULL PRIMARY KEY, segment VARCHAR(26) NOT NULL,
        customerId VARCHAR(26) NOT NULL, since BIGINT NOT NULL${narrow}`,
      'CREATE INDEX segment_members_customer ON segment_members (customerId, segment)',
      `CREATE TABLE customer_stages (id VARCHAR(26) NOT NULL PRIMARY KEY, customerId VARCHAR(26) NOT NULL,
        stage VARCHAR(26) NOT NULL, enteredAt BIGINT NOT NULL, leftAt BIGINT, reason VARCHAR(200),
        putBy VARCHAR(60) NOT NULL${end}`,
      'CREATE INDEX customer_stages_customer ON customer_stages (customerId, enteredAt)',
      'CREATE INDEX customer_stages_stage ON customer_stages (stage, leftAt)',
      `CREATE TABLE rfm_edges (id VARCHAR(10) NOT NULL PRIMARY KEY, edges ${long} NOT NULL, moved ${long} NOT NULL,
        at BIGINT NOT NULL${end}`,
      // Whoever is there already is counted from the events and judged in the background.
      `INSERT INTO customer_tallies (id, counted, judged, dueAt, version, counts)
        SELECT id, 0, 0, NULL, 0, '{}' FROM customers`,
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = [
      'rfm_edges',
      'customer_stages',
      'segment_members',
      'customer_tags',
      'customer_facts',
      'customer_tallies',
    ]
    for (const table of tables) await runner.query(`DROP TABLE ${table}`)
  }
}
