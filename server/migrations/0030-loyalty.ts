import type { MigrationInterface, QueryRunner } from 'typeorm'

const SLICE = 200

/** Coupons with their stock and uses; points in lots with their moves and lines. */
export class Loyalty1795305600030 implements MigrationInterface {
  name = 'Loyalty1795305600030'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const id = 'id VARCHAR(26) NOT NULL PRIMARY KEY'
    const customer = 'customerId VARCHAR(26) NOT NULL'
    const statements = [
      `CREATE TABLE coupons (${id}, template VARCHAR(40) NOT NULL, definitionId VARCHAR(26) NOT NULL, ${customer},
        claimKey VARCHAR(190) NOT NULL UNIQUE, place VARCHAR(90) UNIQUE, state VARCHAR(10) NOT NULL,
        claimedAt BIGINT NOT NULL, startsAt BIGINT NOT NULL, endsAt BIGINT NOT NULL, usedAt BIGINT,
        usedFor VARCHAR(64), sweepAt BIGINT${end}`,
      'CREATE INDEX coupons_customer ON coupons (customerId, id)',
      `CREATE INDEX coupons_sweep ON coupons (sweepAt)${mysql ? '' : ' WHERE sweepAt IS NOT NULL'}`,
      `CREATE TABLE coupon_stocks (id VARCHAR(40) NOT NULL PRIMARY KEY, claimed INT NOT NULL${end}`,
      `CREATE TABLE coupon_uses (id VARCHAR(100) NOT NULL PRIMARY KEY, couponId VARCHAR(26) NOT NULL, ${customer},
        orderId VARCHAR(64) NOT NULL, off INT NOT NULL, at BIGINT NOT NULL, returnedAt BIGINT${end}`,
      'CREATE INDEX coupon_uses_order ON coupon_uses (orderId)',

      `CREATE TABLE points_accounts (${id}, seq INT NOT NULL, opened BIGINT NOT NULL${end}`,
      `CREATE TABLE points_lots (${id}, ${customer}, moveId VARCHAR(190) NOT NULL UNIQUE, points INT NOT NULL,
        remaining INT NOT NULL, state VARCHAR(8) NOT NULL, startsAt BIGINT NOT NULL, endsAt BIGINT,
        sweepAt BIGINT${end}`,
      'CREATE INDEX points_lots_customer ON points_lots (customerId, state)',
      `CREATE INDEX points_lots_sweep ON points_lots (sweepAt)${mysql ? '' : ' WHERE sweepAt IS NOT NULL'}`,
      `CREATE TABLE points_moves (id VARCHAR(190) NOT NULL PRIMARY KEY, ${customer}, seq INT NOT NULL,
        kind VARCHAR(8) NOT NULL, points INT NOT NULL, balance INT NOT NULL, undoes VARCHAR(190), why VARCHAR(60) NOT NULL,
        about ${long} NOT NULL, at BIGINT NOT NULL${end}`,
      'CREATE UNIQUE INDEX points_moves_place ON points_moves (customerId, seq)',
      'CREATE INDEX points_moves_undoes ON points_moves (undoes)',
      `CREATE TABLE points_entries (${id}, ${customer}, moveId VARCHAR(190) NOT NULL, lotId VARCHAR(26) NOT NULL,
        kind VARCHAR(8) NOT NULL, points INT NOT NULL, otherId VARCHAR(26)${end}`,
      'CREATE INDEX points_entries_move ON points_entries (moveId)',
      'CREATE INDEX points_entries_lot ON points_entries (lotId)',
    ]
    for (const statement of statements) await runner.query(statement)
    await keepOldPromises(runner)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'points_entries',
      'points_moves',
      'points_lots',
      'points_accounts',
      'coupon_uses',
      'coupon_stocks',
      'coupons',
    ]) {
      await runner.query(`DROP TABLE ${table}`)
    }
  }
}

/** Points that were promised before there was a ledger: they are as good as those promised from now on, and do not end. */
async function keepOldPromises(runner: QueryRunner): Promise<void> {
  const balances = new Map<string, { seq: number; balance: number }>()
  for (let after = ''; ; ) {
    const events: {
      id: string
      at: number
      customerId: string | null
      subjectType: string
      subjectId: string
      data: string
    }[] = await runner.query(
      `SELECT id, at, customerId, subjectType, subjectId, data FROM events
         WHERE name = 'points.promised' AND id > ? ORDER BY id LIMIT ${SLICE}`,
      [after],
    )
    for (const { id, at, customerId, subjectType, subjectId, data } of events) {
      const points = Number(JSON.parse(data).points)
      if (!customerId || !Number.isInteger(points) || points <= 0) continue
      const before = balances.get(customerId) ?? { seq: 0, balance: 0 }
      const now = { seq: before.seq + 1, balance: before.balance + points }
      balances.set(customerId, now)
      const move = `promise:${id}`
      await runner.query(
        `INSERT INTO points_lots (id, customerId, moveId, points, remaining, state, startsAt) VALUES (?, ?, ?, ?, ?, 'active', ?)`,
        [id, customerId, move, points, points, at],
      )
      await runner.query(
        `INSERT INTO points_moves (id, customerId, seq, kind, points, balance, why, about, at)
         VALUES (?, ?, ?, 'grant', ?, ?, 'thanks', ?, ?)`,
        [move, customerId, now.seq, points, now.balance, JSON.stringify({ [subjectType]: subjectId }), at],
      )
      await runner.query(
        `INSERT INTO points_entries (id, customerId, moveId, lotId, kind, points) VALUES (?, ?, ?, ?, 'grant', ?)`,
        [id, customerId, move, id, points],
      )
    }
    const last = events.at(-1)
    if (!last) break
    after = last.id
  }
  for (const [customerId, { seq }] of balances) {
    await runner.query('INSERT INTO points_accounts (id, seq, opened) VALUES (?, ?, 0)', [customerId, seq])
  }
}
