import { Column, Entity, PrimaryColumn } from 'typeorm'
import { sealedText } from '../../lib/crypto.ts'

/**
 * Somebody whom we do not know has spoken to the bot and may say who they are.
 *
 * open (they may write) → confirm (a known person was asked whether it is them) or review (the admins were asked) →
 * linked, refused, expired.
 */
@Entity('link_requests')
export class LinkRequest {
  /** Also the receiver of what we tell the unknown account: it has no member of staff. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 100 }) accountId: string
  @Column({ type: 'varchar', length: 20 }) platform: string
  @Column({ type: 'varchar', length: 64 }) userId: string
  @Column({ type: 'varchar', length: 10 }) state: 'open' | 'confirm' | 'review' | 'linked' | 'refused' | 'expired'
  /** The number or name that they gave last. */
  @Column({ type: 'text', nullable: true, transformer: sealedText }) said: string | null
  /** Who is asked whether it is them; in the end, who it was. */
  @Column({ type: 'varchar', length: 26, nullable: true }) staffId: string | null
  @Column({ type: 'int' }) tries: number
  @Column({ type: 'bigint' }) createdAt: number
  /** Until when it can be answered; null once it is decided. */
  @Column({ type: 'bigint', nullable: true }) expiresAt: number | null
  @Column({ type: 'bigint', nullable: true }) endedAt: number | null
  @Column({ type: 'varchar', length: 26, nullable: true }) decidedBy: string | null

  /** Whether it can still be answered. */
  isLive(): boolean {
    return this.state === 'open' || this.state === 'confirm' || this.state === 'review'
  }
}
