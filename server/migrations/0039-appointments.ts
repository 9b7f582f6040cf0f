import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Appointments, and the minutes that they take of a seat: each is taken once. */
export class Appointments1795305600039 implements MigrationInterface {
  name = 'Appointments1795305600039'

  async up(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    const end = mysql ? ') DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ')'
    const statements = [
      `CREATE TABLE appointments (id VARCHAR(26) NOT NULL PRIMARY KEY, number VARCHAR(20) NOT NULL UNIQUE,
        customerId VARCHAR(26) NOT NULL, claimKey VARCHAR(100) NOT NULL UNIQUE, service VARCHAR(40) NOT NULL,
        resource VARCHAR(40) NOT NULL, seat INT NOT NULL, fromAt BIGINT NOT NULL, untilAt BIGINT NOT NULL,
        state VARCHAR(10) NOT NULL, note TEXT, agendaId VARCHAR(26) NOT NULL, moves INT NOT NULL, runId VARCHAR(26), wakeAt BIGINT,
        createdAt BIGINT NOT NULL, version INT NOT NULL${end}`,
      'CREATE INDEX appointments_customer ON appointments (customerId, fromAt)',
      `CREATE INDEX appointments_wake ON appointments (wakeAt)${mysql ? '' : ' WHERE wakeAt IS NOT NULL'}`,
      `CREATE TABLE appointment_cells (id VARCHAR(110) NOT NULL PRIMARY KEY, resource VARCHAR(81) NOT NULL,
        seat INT NOT NULL, at BIGINT NOT NULL, appointmentId VARCHAR(26) NOT NULL${end}`,
      'CREATE INDEX appointment_cells_resource ON appointment_cells (resource, at)',
      'CREATE INDEX appointment_cells_appointment ON appointment_cells (appointmentId)',
    ]
    for (const statement of statements) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['appointment_cells', 'appointments']) await runner.query(`DROP TABLE ${table}`)
  }
}
