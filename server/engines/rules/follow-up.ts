import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText, sealedText } from '../../lib/crypto.ts'

/** How a follow-up came out, as the rule's branches read it. */
export type FollowUpOutcome = 'reached' | 'not_reached' | 'later' | 'lost'

/** A customer whom somebody of staff is asked to call, and what came of it (C3). */
@Entity('follow_ups')
export class FollowUp {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** The effect by which a rule asked for it: asked again it is the same one. */
  @Column({ type: 'varchar', length: 190, unique: true }) effectKey: string
  @Column({ type: 'varchar', length: 26 }) runId: string
  @Column({ type: 'varchar', length: 60 }) rule: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 26 }) staffId: string
  /** Who else may get it when that person leaves. */
  @Column({ type: 'varchar', length: 40 }) role: string
  @Column({ type: 'varchar', length: 60 }) title: string
  /** What can be talked about. */
  @Column({ type: 'text', transformer: jsonText }) points: string[]
  /** The reasons for which a customer may be lost, as the rule words them. */
  @Column({ type: 'text', transformer: jsonText }) reasons: { value: string; label: string }[]
  /** open; put off until `wakeAt`; answered; void: the rule has ended otherwise, the call is not needed any more. */
  @Column({ type: 'varchar', length: 10 }) state: 'open' | 'put_off' | 'answered' | 'void'
  @Column({ type: 'varchar', length: 12, nullable: true }) outcome: FollowUpOutcome | null
  @Column({ type: 'varchar', length: 60, nullable: true }) reason: string | null
  /** What was said, sealed: people write names and numbers into it. */
  @Column({ type: 'text', nullable: true, transformer: sealedText }) note: string | null
  /** When its card comes back. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  /** How often its card was sent. */
  @Column({ type: 'int' }) round: number
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'bigint', nullable: true }) answeredAt: number | null
  @Column({ type: 'varchar', length: 26, nullable: true }) answeredBy: string | null
  @Column({ type: 'int' }) version: number

  /** Whether an answer is still wanted. */
  isOpen(): boolean {
    return this.state === 'open' || this.state === 'put_off'
  }
}
