import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Payments, refunds, deposits; the platform's daily bills and what does not agree with them. */
export class Payments1795305600036 implements MigrationInterface {
  name = 'Payments1795305600036'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const due = (column: string) => (mysql ? '' : ` WHERE ${column} IS NOT NULL`)
    const id = 'id VARCHAR(26) NOT NULL PRIMARY KEY'
    const subject = 'customerId VARCHAR(26) NOT NULL, subjectType VARCHAR(20) NOT NULL, subjectId VARCHAR(26) NOT NULL'
    const statements = [
      `CREATE TABLE payments (${id}, number VARCHAR(32) NOT NULL UNIQUE, askKey VARCHAR(190) NOT NULL UNIQUE, ${subject},
        purpose VARCHAR(20) NOT NULL, title VARCHAR(60) NOT NULL, amount BIGINT NOT NULL, received BIGINT NOT NULL,
        refunded BIGINT NOT NULL, state VARCHAR(8) NOT NULL, closedWhy VARCHAR(10), payBy BIGINT NOT NULL,
        createdAt BIGINT NOT NULL, openedAt BIGINT, openedFor VARCHAR(64), prepayId VARCHAR(64), prepayUntil BIGINT,
        transactionId VARCHAR(40) UNIQUE, paidAt BIGINT, wakeAt BIGINT, attempts INT NOT NULL, version INT NOT NULL${end}`,
      'CREATE INDEX payments_subject ON payments (subjectId, subjectType)',
      'CREATE INDEX payments_customer ON payments (customerId, id)',
      `CREATE INDEX payments_wake ON payments (wakeAt)${due('wakeAt')}`,
      `CREATE INDEX payments_paid ON payments (paidAt)${due('paidAt')}`,
      `CREATE TABLE refunds (${id}, number VARCHAR(32) NOT NULL UNIQUE, askKey VARCHAR(190) NOT NULL UNIQUE,
        paymentId VARCHAR(26) NOT NULL, amount BIGINT NOT NULL, reason VARCHAR(60) NOT NULL, state VARCHAR(8) NOT NULL,
        refundId VARCHAR(40), error VARCHAR(40), createdAt BIGINT NOT NULL, sentAt BIGINT, doneAt BIGINT,
        byHand BOOLEAN NOT NULL, wakeAt BIGINT, attempts INT NOT NULL, version INT NOT NULL${end}`,
      'CREATE INDEX refunds_payment ON refunds (paymentId)',
      `CREATE INDEX refunds_wake ON refunds (wakeAt)${due('wakeAt')}`,
      `CREATE INDEX refunds_sent ON refunds (sentAt)${due('sentAt')}`,
      `CREATE TABLE deposits (${id}, ${subject}, amount BIGINT NOT NULL, deducted BIGINT NOT NULL,
        refunded BIGINT NOT NULL, state VARCHAR(8) NOT NULL, waived VARCHAR(60), paymentId VARCHAR(26),
        createdAt BIGINT NOT NULL, heldAt BIGINT, releaseAt BIGINT, releasedBy VARCHAR(60), settledAt BIGINT,
        version INT NOT NULL${end}`,
      'CREATE UNIQUE INDEX deposits_subject ON deposits (subjectId, subjectType)',
      'CREATE INDEX deposits_customer ON deposits (customerId, id)',
      `CREATE INDEX deposits_release ON deposits (releaseAt)${due('releaseAt')}`,
      `CREATE TABLE deposit_deductions (id VARCHAR(190) NOT NULL PRIMARY KEY, depositId VARCHAR(26) NOT NULL,
        reason VARCHAR(60) NOT NULL, wanted BIGINT NOT NULL, taken BIGINT NOT NULL, at BIGINT NOT NULL${end}`,
      'CREATE INDEX deposit_deductions_deposit ON deposit_deductions (depositId)',
      `CREATE TABLE bill_days (id VARCHAR(30) NOT NULL PRIMARY KEY, day INT NOT NULL, state VARCHAR(8) NOT NULL,
        payments INT NOT NULL, paid BIGINT NOT NULL, refunds INT NOT NULL, refunded BIGINT NOT NULL,
        differences INT NOT NULL, error VARCHAR(40), doneAt BIGINT, wakeAt BIGINT, attempts INT NOT NULL,
        version INT NOT NULL${end}`,
      `CREATE INDEX bill_days_wake ON bill_days (wakeAt)${due('wakeAt')}`,
      `CREATE TABLE money_differences (${id}, diffKey VARCHAR(120) NOT NULL UNIQUE, kind VARCHAR(20) NOT NULL,
        number VARCHAR(64) NOT NULL, day INT, paymentId VARCHAR(26), refundId VARCHAR(26), ours BIGINT, theirs BIGINT,
        code VARCHAR(40), state VARCHAR(8) NOT NULL, outcome VARCHAR(10), runId VARCHAR(26), foundAt BIGINT NOT NULL,
        settledAt BIGINT, version INT NOT NULL${end}`,
      'CREATE INDEX money_differences_state ON money_differences (state, foundAt)',
      'CREATE INDEX money_differences_refund ON money_differences (refundId)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['money_differences', 'bill_days', 'deposit_deductions', 'deposits', 'refunds', 'payments'])
      await runner.query(`DROP TABLE ${table}`)
  }
}
