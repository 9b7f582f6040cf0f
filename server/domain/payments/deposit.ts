import { Column, Entity, PrimaryColumn } from 'typeorm'

/** due: asked for; waived: not asked for; held: it is there; settled: what was left of it goes back. */
export type DepositState = 'due' | 'waived' | 'held' | 'settled'

/** What a customer leaves with us for the time of a rental (H12). Amounts are in fen. */
@Entity('deposits')
export class Deposit {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 20 }) subjectType: string
  @Column({ type: 'varchar', length: 26 }) subjectId: string
  @Column({ type: 'bigint' }) amount: number
  @Column({ type: 'bigint' }) deducted: number
  @Column({ type: 'bigint' }) refunded: number
  @Column({ type: 'varchar', length: 8 }) state: DepositState
  /** Why none was asked for: the word of the pack. */
  @Column({ type: 'varchar', length: 60, nullable: true }) waived: string | null
  /** The payment by which it came. */
  @Column({ type: 'varchar', length: 26, nullable: true }) paymentId: string | null
  /** What pay score knows it by; and when WeChat is asked whether the customer has agreed, or its order there is ended. */
  @Column({ type: 'varchar', length: 32, nullable: true }) scoreNumber: string | null
  @Column({ type: 'bigint', nullable: true }) scoreWakeAt: number | null
  @Column({ type: 'int' }) scoreAttempts: number
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'bigint', nullable: true }) heldAt: number | null
  /** When the rest goes back by itself; null: not decided yet, or done. */
  @Column({ type: 'bigint', nullable: true }) releaseAt: number | null
  /** Who decided that it goes back: `<type>:<id>`. */
  @Column({ type: 'varchar', length: 60, nullable: true }) releasedBy: string | null
  @Column({ type: 'bigint', nullable: true }) settledAt: number | null
  @Column({ type: 'int' }) version: number

  /** What can still be taken from it. */
  left(): number {
    return this.state === 'held' ? this.amount - this.deducted - this.refunded : 0
  }
}

/** What was taken from a deposit, or given back of what was taken (below zero), once for its key. */
@Entity('deposit_deductions')
export class DepositDeduction {
  /** `<deposit>:<key>` */
  @PrimaryColumn({ type: 'varchar', length: 190 }) id: string
  @Column({ type: 'varchar', length: 26 }) depositId: string
  @Column({ type: 'varchar', length: 60 }) reason: string
  /** What was to be taken, and what could be. */
  @Column({ type: 'bigint' }) wanted: number
  @Column({ type: 'bigint' }) taken: number
  @Column({ type: 'bigint' }) at: number
}
