import { Column, Entity, PrimaryColumn } from 'typeorm'

/** Something that happened to money, once for its key. Its lines come to nothing; neither is ever changed. */
@Entity('ledger_moves')
export class LedgerMove {
  /** What names it. */
  @PrimaryColumn({ type: 'varchar', length: 190 }) id: string
  @Column({ type: 'varchar', length: 40 }) kind: string
  @Column({ type: 'varchar', length: 20 }) subjectType: string
  @Column({ type: 'varchar', length: 26 }) subjectId: string
  @Column({ type: 'varchar', length: 26, nullable: true }) customerId: string | null
  /** When it happened. */
  @Column({ type: 'bigint' }) at: number
}

/** What a movement has done to one account, in fen. */
@Entity('ledger_lines')
export class LedgerLine {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 190 }) moveId: string
  @Column({ type: 'varchar', length: 30 }) account: string
  @Column({ type: 'bigint' }) amount: number
}
