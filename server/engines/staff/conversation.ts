import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'
import type { Tx } from '../../lib/tx.ts'

/** How long the bot waits for the next message of a person before it forgets what it asked. */
export const PATIENCE_MS = 30 * 60_000

/**
 * What the bot waits for from one person: "the next message is the answer" (work-chat cards have no free-text field).
 * One per person; a new question supersedes the old one.
 */
@Entity('conversations')
export class Conversation {
  /** The member of staff. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 40 }) card: string
  @Column({ type: 'varchar', length: 40 }) action: string
  @Column({ type: 'varchar', length: 26 }) subjectId: string
  /** The fields still to ask, the first one is being asked. */
  @Column({ type: 'text', transformer: jsonText }) fields: string[]
  @Column({ type: 'text', transformer: jsonText }) answers: Record<string, unknown>
  @Column({ type: 'bigint' }) expiresAt: number
}

/** What the bot waits for from this person now, if anything. */
export function awaited(tx: Tx, staffId: string): Promise<Conversation | undefined> {
  return tx.first(Conversation, 'WHERE id = ? AND expiresAt > ?', [staffId, tx.now])
}

/** Remembers what is awaited from a person, instead of anything awaited before. */
export async function expectAnswer(tx: Tx, next: Omit<Conversation, 'expiresAt'>): Promise<void> {
  await forget(tx, next.id)
  await tx.insert(Conversation, { ...next, expiresAt: tx.now + PATIENCE_MS })
}

/** Nothing is awaited from this person any more. */
export async function forget(tx: Tx, staffId: string): Promise<void> {
  await tx.run('DELETE FROM conversations WHERE id = ?', [staffId])
}
