import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A picture that somebody sent: its bytes stand in DATA_DIR, this row says what it is and who may see it. */
@Entity('attachments')
export class Attachment {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 20 }) ownerType: 'customer' | 'staff'
  @Column({ type: 'varchar', length: 26 }) ownerId: string
  /** fetching: only the chat platform has it yet. */
  @Column({ type: 'varchar', length: 12 }) state: 'ready' | 'fetching' | 'lost'
  /** Result of the content check; pictures of staff are not checked. */
  @Column({ type: 'varchar', length: 12 }) safety: 'unchecked' | 'checking' | 'pass' | 'blocked'
  @Column({ type: 'varchar', length: 64, nullable: true }) traceId: string | null
  /** Where to fetch it from: `wecom:<media id>`. */
  @Column({ type: 'varchar', length: 512, nullable: true }) source: string | null
  @Column({ type: 'varchar', length: 26, nullable: true }) subjectId: string | null
  /** The step for which staff gave it, and the field of its form: it counts there and nowhere else. */
  @Column({ type: 'varchar', length: 26, nullable: true }) stepId: string | null
  @Column({ type: 'varchar', length: 40, nullable: true }) field: string | null
  @Column({ type: 'int' }) size: number
  @Column({ type: 'int' }) width: number
  @Column({ type: 'int' }) height: number
  @Column({ type: 'int' }) attempts: number
  @Column({ type: 'bigint', nullable: true }) nextAt: number | null
  @Column({ type: 'bigint' }) createdAt: number

  /** Whether it is, or will be, there to be looked at. */
  isSound(): boolean {
    return this.state !== 'lost' && this.safety !== 'blocked'
  }

  /** Whether staff and customers may look at it now. */
  isVisible(): boolean {
    return this.state === 'ready' && this.safety === 'pass'
  }
}
