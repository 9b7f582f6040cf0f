import { Column, Entity, PrimaryColumn } from 'typeorm'
import { sealedJson } from '../../lib/crypto.ts'

/** What became of one kind of thing, for the customer to read: no word of it is about a person. */
export interface ProofLine {
  part: string
  deleted: number
  kept: number
}

/** What a customer asked for: to see all that is held about them, or to have it erased (D12, M6). */
@Entity('privacy_jobs')
export class PrivacyJob {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** After an erasure the meaningless id that took the customer's place. */
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 8 }) kind: 'export' | 'erase'
  /** waiting: until `wakeAt`, or until nothing is open any more; ready: an export can be fetched. */
  @Column({ type: 'varchar', length: 10 }) state: 'waiting' | 'working' | 'ready' | 'done' | 'cancelled' | 'expired'
  /** Kind and customer while it is not over: asked twice, it is one. */
  @Column({ type: 'varchar', length: 60, nullable: true, unique: true }) openKey: string | null
  /** When the duty looks at it next. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  /** Which holding comes next, and behind which of its rows. */
  @Column({ type: 'int' }) place: number
  @Column({ type: 'varchar', length: 190 }) afterId: string
  /** How often all holdings have been gone through, and how much this time: an erasure ends when a pass finds nothing. */
  @Column({ type: 'int' }) pass: number
  @Column({ type: 'int' }) touched: number
  @Column({ type: 'varchar', length: 26, nullable: true }) alias: string | null
  /** Of the link by which it is fetched, or looked at after the erasure. */
  @Column({ type: 'varchar', length: 64, nullable: true, unique: true }) tokenHash: string | null
  @Column({ type: 'bigint', nullable: true }) openedAt: number | null
  @Column({ type: 'bigint', nullable: true }) expiresAt: number | null
  @Column({ type: 'text', nullable: true, transformer: sealedJson }) proof: ProofLine[] | null
  /** Why an erasure has to wait, as words and what goes into them. */
  @Column({ type: 'text', nullable: true, transformer: sealedJson }) reasons:
    | { why: string; data: Record<string, unknown> }[]
    | null
  @Column({ type: 'int' }) attempts: number
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'bigint', nullable: true }) endedAt: number | null
  @Column({ type: 'int' }) version: number
}

/** A page of an export, sealed; the pages of one job in the order of their ids. */
@Entity('privacy_parts')
export class PrivacyPart {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) jobId: string
  /** Whose page it is. */
  @Column({ type: 'varchar', length: 40 }) part: string
  @Column({ type: 'text', transformer: sealedJson }) body: Record<string, unknown>[]
}
