import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Rules: runs and what they wait for, what was heard, clocks and dates, traces, the cap that all share. */
export class Rules1795305600027 implements MigrationInterface {
  name = 'Rules1795305600027'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const statements = [
      `CREATE TABLE rule_runs (id VARCHAR(26) NOT NULL PRIMARY KEY, rule VARCHAR(60) NOT NULL,
        definitionId VARCHAR(26) NOT NULL, runKey VARCHAR(120) NOT NULL, openKey VARCHAR(190) UNIQUE,
        entryKey VARCHAR(190) NOT NULL UNIQUE, customerId VARCHAR(26), subjects ${long} NOT NULL,
        state VARCHAR(8) NOT NULL, outcome VARCHAR(10), node VARCHAR(80), arrived BOOLEAN NOT NULL, arrivedId VARCHAR(26),
        wakeAt BIGINT, heldSince BIGINT, round INT NOT NULL, sinceId VARCHAR(26) NOT NULL, occasion ${long} NOT NULL,
        memory ${long} NOT NULL, attempts INT NOT NULL, staggered BOOLEAN NOT NULL, startedAt BIGINT NOT NULL,
        endedAt BIGINT, version INT NOT NULL${end}`,
      'CREATE INDEX rule_runs_wake ON rule_runs (wakeAt)',
      'CREATE INDEX rule_runs_key ON rule_runs (runKey, state)',
      'CREATE INDEX rule_runs_entry ON rule_runs (rule, runKey, id)',
      'CREATE INDEX rule_runs_customer ON rule_runs (customerId, state)',
      'CREATE INDEX rule_runs_state ON rule_runs (state, rule)',
      `CREATE TABLE rule_traces (id VARCHAR(26) NOT NULL PRIMARY KEY, rule VARCHAR(60) NOT NULL, runId VARCHAR(26),
        runKey VARCHAR(120) NOT NULL, customerId VARCHAR(26), at BIGINT NOT NULL, kind VARCHAR(12) NOT NULL,
        node VARCHAR(80), data ${long} NOT NULL, dedupKey VARCHAR(190) UNIQUE${end}`,
      'CREATE INDEX rule_traces_customer ON rule_traces (customerId, rule, id)',
      'CREATE INDEX rule_traces_run ON rule_traces (runId, id)',
      'CREATE INDEX rule_traces_rule ON rule_traces (rule, id)',
      `CREATE TABLE rule_heard (id VARCHAR(26) NOT NULL PRIMARY KEY, nextAt BIGINT NOT NULL, attempts INT NOT NULL${end}`,
      'CREATE INDEX rule_heard_next ON rule_heard (nextAt, id)',
      `CREATE TABLE rule_looks (id VARCHAR(60) NOT NULL PRIMARY KEY, subjectType VARCHAR(20) NOT NULL,
        subjectId VARCHAR(26) NOT NULL, customerId VARCHAR(26), dueAt BIGINT NOT NULL${end}`,
      'CREATE INDEX rule_looks_due ON rule_looks (dueAt)',
      `CREATE TABLE rule_seen (id VARCHAR(130) NOT NULL PRIMARY KEY, value VARCHAR(500) NOT NULL${end}`,
      `CREATE TABLE rule_clocks (id VARCHAR(70) NOT NULL PRIMARY KEY, rule VARCHAR(60) NOT NULL, mark VARCHAR(44) NOT NULL,
        nextAt BIGINT, firing BIGINT, afterId VARCHAR(26), filledAt BIGINT, version INT NOT NULL${end}`,
      'CREATE INDEX rule_clocks_next ON rule_clocks (nextAt)',
      `CREATE TABLE rule_dates (id VARCHAR(110) NOT NULL PRIMARY KEY, clockId VARCHAR(70) NOT NULL,
        subjectId VARCHAR(26) NOT NULL, customerId VARCHAR(26), value VARCHAR(40) NOT NULL, occursAt BIGINT,
        wakeAt BIGINT${end}`,
      'CREATE INDEX rule_dates_wake ON rule_dates (wakeAt)',
      'CREATE INDEX rule_dates_subject ON rule_dates (subjectId)',
      `CREATE TABLE rule_switches (id VARCHAR(60) NOT NULL PRIMARY KEY, state VARCHAR(8) NOT NULL, at BIGINT NOT NULL,
        setBy VARCHAR(26)${end}`,
      `CREATE TABLE rule_contacts (id VARCHAR(80) NOT NULL PRIMARY KEY, customerId VARCHAR(26) NOT NULL,
        kind VARCHAR(20) NOT NULL, day INT NOT NULL, at BIGINT NOT NULL, rule VARCHAR(60) NOT NULL,
        runId VARCHAR(26) NOT NULL${end}`,
      'CREATE INDEX rule_contacts_day ON rule_contacts (customerId, kind, day)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = ['contacts', 'switches', 'dates', 'clocks', 'seen', 'looks', 'heard', 'traces', 'runs']
    for (const table of tables) await runner.query(`DROP TABLE rule_${table}`)
  }
}
