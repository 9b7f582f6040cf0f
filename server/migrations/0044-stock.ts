import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Goods, what is promised of them, their movements, and in whose carts they lie. */
export class Stock1795305600044 implements MigrationInterface {
  name = 'Stock1795305600044'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const statements = [
      `CREATE TABLE stock_goods (id VARCHAR(64) NOT NULL PRIMARY KEY, title VARCHAR(120) NOT NULL, onHand INT NOT NULL,
        allocated INT NOT NULL, threshold INT NOT NULL, countedAt BIGINT NOT NULL, gone BOOLEAN NOT NULL,
        tellAt BIGINT${end}`,
      `CREATE INDEX stock_goods_tell ON stock_goods (tellAt)${mysql ? '' : ' WHERE tellAt IS NOT NULL'}`,
      `CREATE TABLE stock_allocations (id VARCHAR(190) NOT NULL PRIMARY KEY, sku VARCHAR(64) NOT NULL,
        quantity INT NOT NULL, state VARCHAR(10) NOT NULL, at BIGINT NOT NULL${end}`,
      'CREATE INDEX stock_allocations_sku ON stock_allocations (sku, state)',
      `CREATE TABLE stock_moves (id VARCHAR(210) NOT NULL PRIMARY KEY, sku VARCHAR(64) NOT NULL, kind VARCHAR(12) NOT NULL,
        quantity INT NOT NULL, source VARCHAR(40) NOT NULL, reason VARCHAR(120), at BIGINT NOT NULL${end}`,
      'CREATE INDEX stock_moves_sku ON stock_moves (sku, at)',
      `CREATE TABLE stock_carts (id VARCHAR(100) NOT NULL PRIMARY KEY, customerId VARCHAR(26) NOT NULL,
        sku VARCHAR(64) NOT NULL, at BIGINT NOT NULL, gone BOOLEAN NOT NULL${end}`,
      'CREATE INDEX stock_carts_customer ON stock_carts (customerId)',
      'CREATE INDEX stock_carts_sku ON stock_carts (sku, gone, id)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['stock_carts', 'stock_moves', 'stock_allocations', 'stock_goods'])
      await runner.query(`DROP TABLE ${table}`)
  }
}
