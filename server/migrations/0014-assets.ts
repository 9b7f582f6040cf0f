import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What is rented out and looked after, what happened to it, and the work that it needs again and again. */
export class Assets1795305600014 implements MigrationInterface {
  name = 'Assets1795305600014'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    await runner.query(`CREATE TABLE assets (id VARCHAR(26) NOT NULL PRIMARY KEY, code VARCHAR(30) NOT NULL UNIQUE,
      kind VARCHAR(40) NOT NULL, name VARCHAR(60), state VARCHAR(16) NOT NULL, causes VARCHAR(80) NOT NULL,
      lostFrom VARCHAR(16), reason VARCHAR(200), stateAt BIGINT NOT NULL, eventId VARCHAR(64), lat DOUBLE, lng DOUBLE,
      placedAt BIGINT, stationId VARCHAR(26), capacity INT, meters BIGINT NOT NULL, battery INT,
      publicId VARCHAR(26) NOT NULL, registeredAt BIGINT NOT NULL, version INT NOT NULL${end}`)
    await runner.query('CREATE INDEX assets_kind ON assets (kind, state)')
    await runner.query(`CREATE TABLE asset_events (id VARCHAR(64) NOT NULL PRIMARY KEY, assetId VARCHAR(26) NOT NULL,
      type VARCHAR(32) NOT NULL, occurredAt BIGINT NOT NULL, receivedAt BIGINT NOT NULL, fromState VARCHAR(16) NOT NULL,
      toState VARCHAR(16) NOT NULL, legal BOOLEAN NOT NULL, causes VARCHAR(80) NOT NULL,
      lostFrom VARCHAR(16), reason VARCHAR(200), doneBy VARCHAR(60) NOT NULL, runId VARCHAR(26), data TEXT NOT NULL${end}`)
    await runner.query('CREATE INDEX asset_events_asset ON asset_events (assetId, occurredAt)')
    await runner.query('CREATE INDEX asset_events_run ON asset_events (runId)')
    await runner.query(`CREATE TABLE asset_services (id VARCHAR(26) NOT NULL PRIMARY KEY, assetId VARCHAR(26) NOT NULL,
      plan VARCHAR(40) NOT NULL, dueAt BIGINT, dueMeters BIGINT, runId VARCHAR(26), doneAt BIGINT,
      version INT NOT NULL${end}`)
    await runner.query('CREATE UNIQUE INDEX asset_services_plan ON asset_services (assetId, plan)')
    await runner.query('CREATE INDEX asset_services_due ON asset_services (dueAt)')
    await runner.query('CREATE INDEX asset_services_run ON asset_services (runId)')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE asset_services')
    await runner.query('DROP TABLE asset_events')
    await runner.query('DROP TABLE assets')
  }
}
