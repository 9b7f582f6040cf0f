import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'
import type { Why } from './decide.ts'

/** A step that was given to somebody who has yet to accept it; kept with the reason, whatever became of it. */
@Entity('dispatch_offers')
export class DispatchOffer {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) stepId: string
  @Column({ type: 'varchar', length: 26 }) staffId: string
  /** The first, second … who was asked. */
  @Column({ type: 'int' }) n: number
  @Column({ type: 'varchar', length: 10 }) state: 'offered' | 'accepted' | 'expired' | 'declined' | 'withdrawn'
  /** Whether the step is open and theirs: where it is, they will be. */
  @Column({ type: 'boolean' }) live: boolean
  /** They were on a break when they were asked: that they are away is no reason to ask somebody else. */
  @Column({ type: 'boolean' }) away: boolean
  @Column({ type: 'double' }) score: number
  @Column({ type: 'text', transformer: jsonText }) why: Why
  /** The step's place, GCJ-02. */
  @Column({ type: 'double', nullable: true }) lat: number | null
  @Column({ type: 'double', nullable: true }) lng: number | null
  @Column({ type: 'bigint' }) offeredAt: number
  @Column({ type: 'bigint' }) until: number
  /** When they were at its place. */
  @Column({ type: 'bigint', nullable: true }) arrivedAt: number | null
}

/** A step for which everybody who could go has their hands full. It lies in the pool of its role meanwhile. */
@Entity('dispatch_waits')
export class DispatchWait {
  /** The step. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** Whose hands it waits for. */
  @Column({ type: 'varchar', length: 40 }) role: string
  @Column({ type: 'boolean' }) urgent: boolean
  /** What was promised to the customer. */
  @Column({ type: 'bigint', nullable: true }) dueAt: number | null
  @Column({ type: 'bigint' }) since: number
  @Column({ type: 'bigint' }) retryAt: number
  @Column({ type: 'bigint' }) everyMs: number
}
