import type { MigrationInterface, QueryRunner } from 'typeorm'

/** How many cars a customer keeps without paying is bounded by the database, not by counting; rent by pay score. */
export class HoldSlots1795737600049 implements MigrationInterface {
  name = 'HoldSlots1795737600049'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE bookings ADD COLUMN holdSlot VARCHAR(40)')
    await runner.query('ALTER TABLE deposits ADD COLUMN scoreNumber VARCHAR(32)')
    await runner.query('ALTER TABLE deposits ADD COLUMN scoreWakeAt BIGINT')
    await runner.query('CREATE INDEX deposits_score ON deposits (scoreWakeAt)')
    await runner.query('CREATE UNIQUE INDEX bookings_hold_slot ON bookings (holdSlot)')
  }

  async down(runner: QueryRunner): Promise<void> {
    const mysql = runner.connection.options.type === 'mysql'
    await runner.query(`DROP INDEX deposits_score${mysql ? ' ON deposits' : ''}`)
    for (const column of ['scoreNumber', 'scoreWakeAt'])
      await runner.query(`ALTER TABLE deposits DROP COLUMN ${column}`)
    await runner.query(`DROP INDEX bookings_hold_slot${mysql ? ' ON bookings' : ''}`)
    await runner.query('ALTER TABLE bookings DROP COLUMN holdSlot')
  }
}
