import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** Something that happened: the one append-only source of timeline, audit, rule triggers and reports (P9). */
@Entity('events')
export class Event {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** Set where the same happening may be reported twice: the second report is dropped. */
  @Column({ type: 'varchar', length: 190, nullable: true, unique: true }) dedupKey: string | null
  @Column({ type: 'bigint' }) at: number
  /** `<noun>.<past participle>`: `ticket.opened`, `step.finished`. */
  @Column({ type: 'varchar', length: 60 }) name: string
  @Column({ type: 'varchar', length: 20 }) actorType: 'customer' | 'staff' | 'system'
  @Column({ type: 'varchar', length: 26, nullable: true }) actorId: string | null
  @Column({ type: 'varchar', length: 20 }) subjectType: string
  @Column({ type: 'varchar', length: 26 }) subjectId: string
  @Column({ type: 'varchar', length: 26, nullable: true }) customerId: string | null
  @Column({ type: 'text', transformer: jsonText }) data: Record<string, unknown>
}
