import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Several work chats beside each other: by which one a message went, and where a person wants theirs. */
export class Chats1795305600003 implements MigrationInterface {
  name = 'Chats1795305600003'

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE messages ADD COLUMN via varchar(20)')
    await queryRunner.query('ALTER TABLE staff ADD COLUMN chat varchar(20)')
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE staff DROP COLUMN chat')
    await queryRunner.query('ALTER TABLE messages DROP COLUMN via')
  }
}
