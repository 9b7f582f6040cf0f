import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A day of the platform's bill, and what the comparison with our books has found. Amounts are in fen. */
@Entity('bill_days')
export class BillDay {
  /** `wechatpay:<yyyymmdd>` */
  @PrimaryColumn({ type: 'varchar', length: 30 }) id: string
  /** yyyymmdd, China's. */
  @Column({ type: 'int' }) day: number
  @Column({ type: 'varchar', length: 8 }) state: 'due' | 'done'
  @Column({ type: 'int' }) payments: number
  @Column({ type: 'bigint' }) paid: number
  @Column({ type: 'int' }) refunds: number
  @Column({ type: 'bigint' }) refunded: number
  /** What the platform has kept for itself that day; refunds give some of it back. */
  @Column({ type: 'bigint' }) fees: number
  @Column({ type: 'int' }) differences: number
  @Column({ type: 'varchar', length: 40, nullable: true }) error: string | null
  @Column({ type: 'bigint', nullable: true }) doneAt: number | null
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  @Column({ type: 'int' }) attempts: number
  @Column({ type: 'int' }) version: number
}
