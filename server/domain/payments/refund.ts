import { Column, Entity, PrimaryColumn } from 'typeorm'

/**
 * due: to be asked of the platform; sent: the platform has it; done: it has arrived; stuck: the platform cannot carry it
 * out, and somebody of finance decides.
 */
export type RefundState = 'due' | 'sent' | 'done' | 'stuck'

/** Money of a payment that goes back. */
@Entity('refunds')
export class Refund {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** What the platform knows it by (out_refund_no): asked again with the same one it is the same refund. */
  @Column({ type: 'varchar', length: 32, unique: true }) number: string
  /** Names the asking: the same again is the same refund. */
  @Column({ type: 'varchar', length: 190, unique: true }) askKey: string
  @Column({ type: 'varchar', length: 26 }) paymentId: string
  /** In fen. */
  @Column({ type: 'bigint' }) amount: number
  /** What the customer reads at WeChat. */
  @Column({ type: 'varchar', length: 60 }) reason: string
  @Column({ type: 'varchar', length: 8 }) state: RefundState
  /** The platform's own number. */
  @Column({ type: 'varchar', length: 40, nullable: true }) refundId: string | null
  /** Why it does not get on: the platform's code. */
  @Column({ type: 'varchar', length: 40, nullable: true }) error: string | null
  @Column({ type: 'bigint' }) createdAt: number
  /** When the platform took it, by its own word. */
  @Column({ type: 'bigint', nullable: true }) sentAt: number | null
  @Column({ type: 'bigint', nullable: true }) doneAt: number | null
  /** It was paid back otherwise than by the platform. */
  @Column({ type: 'boolean' }) byHand: boolean
  /** When the platform is asked next. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  @Column({ type: 'int' }) attempts: number
  @Column({ type: 'int' }) version: number
}
