import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Orders with their payments and refunds, other papers from outside, files that are read in. */
export class Orders1795305600026 implements MigrationInterface {
  name = 'Orders1795305600026'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const long = mysql ? 'MEDIUMTEXT' : 'TEXT'
    const id = 'id VARCHAR(26) NOT NULL PRIMARY KEY'
    const origin = 'source VARCHAR(40) NOT NULL, number VARCHAR(64) NOT NULL, customerId VARCHAR(26) NOT NULL'
    const statements = [
      `CREATE TABLE orders (${id}, ${origin}, status VARCHAR(16) NOT NULL, told VARCHAR(16) NOT NULL,
        toldPaid BOOLEAN NOT NULL, total BIGINT NOT NULL, paid BIGINT NOT NULL, refunded BIGINT NOT NULL,
        title VARCHAR(120), channel VARCHAR(40), items ${long} NOT NULL, data ${long} NOT NULL,
        placedAt BIGINT NOT NULL, paidAt BIGINT, updatedAt BIGINT NOT NULL, version INT NOT NULL${end}`,
      'CREATE UNIQUE INDEX orders_number ON orders (source, number)',
      'CREATE INDEX orders_customer ON orders (customerId, id)',
      `CREATE TABLE order_moves (id VARCHAR(110) NOT NULL PRIMARY KEY, orderId VARCHAR(26) NOT NULL,
        kind VARCHAR(8) NOT NULL, number VARCHAR(64) NOT NULL, amount BIGINT NOT NULL, at BIGINT NOT NULL,
        method VARCHAR(40), reason VARCHAR(120)${end}`,
      'CREATE INDEX order_moves_order ON order_moves (orderId, at)',
      `CREATE TABLE order_papers (${id}, kind VARCHAR(8) NOT NULL, ${origin}, orderNumber VARCHAR(64),
        status VARCHAR(10) NOT NULL, amount BIGINT, title VARCHAR(120), data ${long} NOT NULL,
        issuedAt BIGINT NOT NULL, endsAt BIGINT, updatedAt BIGINT NOT NULL${end}`,
      'CREATE UNIQUE INDEX order_papers_number ON order_papers (kind, source, number)',
      'CREATE INDEX order_papers_customer ON order_papers (customerId, id)',
      `CREATE TABLE imports (${id}, kind VARCHAR(10) NOT NULL, source VARCHAR(40) NOT NULL, name VARCHAR(120) NOT NULL,
        state VARCHAR(8) NOT NULL, mapping ${long} NOT NULL, size BIGINT NOT NULL, done BIGINT NOT NULL,
        line INT NOT NULL, accepted INT NOT NULL, known INT NOT NULL, refused INT NOT NULL, error VARCHAR(200),
        createdAt BIGINT NOT NULL, endedAt BIGINT, wakeAt BIGINT, version INT NOT NULL${end}`,
      `CREATE INDEX imports_wake ON imports (wakeAt)${mysql ? '' : ' WHERE wakeAt IS NOT NULL'}`,
      `CREATE TABLE import_errors (${id}, importId VARCHAR(26) NOT NULL, line INT NOT NULL,
        field VARCHAR(120) NOT NULL, reason VARCHAR(60) NOT NULL, data ${long} NOT NULL${end}`,
      'CREATE INDEX import_errors_import ON import_errors (importId, line)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['import_errors', 'imports', 'order_papers', 'order_moves', 'orders'])
      await runner.query(`DROP TABLE ${table}`)
  }
}
