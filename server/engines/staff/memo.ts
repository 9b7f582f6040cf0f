import { Column, Entity, PrimaryColumn } from 'typeorm'
import { sealedText } from '../../lib/crypto.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'

/** What somebody wants to be reminded of, and when. */
@Entity('memos')
export class Memo {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) staffId: string
  /** Sealed: people write names and numbers into it. */
  @Column({ type: 'varchar', length: 2000, transformer: sealedText }) text: string
  /** What it is about, if a number was given. */
  @Column({ type: 'varchar', length: 26, nullable: true }) subjectId: string | null
  /** When the sweep tells it; null once it was told. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  @Column({ type: 'bigint' }) at: number
  @Column({ type: 'bigint' }) createdAt: number
}

/** Remembers what somebody wants to be told, and when. */
export async function addMemo(
  tx: Tx,
  memo: { staffId: string; text: string; at: number; subjectId: string | null },
): Promise<void> {
  await tx.insert(Memo, { ...memo, id: newId(tx.now), wakeAt: memo.at, createdAt: tx.now })
}
