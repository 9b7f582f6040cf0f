import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Whose turn it is among all that is due is told by the index alone. */
export class Turns1795910400051 implements MigrationInterface {
  name = 'Turns1795910400051'

  up(runner: QueryRunner): Promise<void> {
    return replace(runner, 'messages_next', 'messages_turn', 'nextAt, urgent, recipientId')
  }

  down(runner: QueryRunner): Promise<void> {
    return replace(runner, 'messages_turn', 'messages_next', 'nextAt')
  }
}

async function replace(runner: QueryRunner, before: string, after: string, columns: string): Promise<void> {
  const mysql = runner.connection.options.type === 'mysql'
  const some = mysql ? '' : ' WHERE nextAt IS NOT NULL'
  await runner.query(`CREATE INDEX ${after} ON messages (${columns})${some}`)
  await runner.query(`DROP INDEX ${before}${mysql ? ' ON messages' : ''}`)
}
