import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'
import type { TicketStatus } from './view.ts'

export const CLOSED_AS = ['mistaken', 'malicious', 'duplicate'] as const
/** Why a ticket was closed without a solution. */
export type ClosedAs = (typeof CLOSED_AS)[number]
/** Result of the check of a text: after a failed check the duty tries again; until then staff see a placeholder. */
export type Safety = 'pass' | 'pending' | 'blocked'

/** A customer's case: what it is, how it stands, how they rated it. Its work runs in a flow. */
@Entity('tickets')
export class Ticket {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** What people read and say: `T261122-7K2QD`. */
  @Column({ type: 'varchar', length: 20, unique: true }) number: string
  @Column({ type: 'varchar', length: 60 }) kind: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 60 }) title: string
  @Column({ type: 'varchar', length: 20 }) status: TicketStatus
  @Column({ type: 'varchar', length: 10 }) priority: 'urgent' | 'normal'
  /** The version of the form it was opened with: it stays readable when the form changes (F3). */
  @Column({ type: 'varchar', length: 26 }) formId: string
  @Column({ type: 'text', transformer: jsonText }) answers: Record<string, unknown>
  @Column({ type: 'text', transformer: jsonText }) photos: string[]
  /** The customer's key of the request that opened it: sent twice, it opens once. */
  @Column({ type: 'varchar', length: 120, nullable: true, unique: true }) requestKey: string | null
  /** Result of the text check; staff read the words only after it passed. */
  @Column({ type: 'varchar', length: 10 }) safety: Safety
  @Column({ type: 'bigint', nullable: true }) checkAt: number | null
  @Column({ type: 'bigint' }) openedAt: number
  @Column({ type: 'bigint' }) updatedAt: number
  @Column({ type: 'bigint', nullable: true }) closedAt: number | null
  @Column({ type: 'int', nullable: true }) csat: number | null
  @Column({ type: 'int', nullable: true }) nps: number | null
  @Column({ type: 'text', nullable: true }) ratingWords: string | null
  @Column({ type: 'bigint', nullable: true }) ratedAt: number | null
  /** The thing that it is about. */
  @Column({ type: 'varchar', length: 60, nullable: true }) assetCode: string | null
  /** While a report is open, further ones on the same thing find it by this and join it: there is only one. */
  @Column({ type: 'varchar', length: 130, nullable: true, unique: true }) openKey: string | null
  /** The ticket in which this one went on. */
  @Column({ type: 'varchar', length: 26, nullable: true }) mergedInto: string | null
  /** What turned out in the end. */
  @Column({ type: 'varchar', length: 12, nullable: true }) outcome: 'confirmed' | ClosedAs | null
  @Column({ type: 'int' }) version: number

  /** Whether work goes on. */
  isOpen(): boolean {
    return this.status === 'processing' || this.status === 'waiting_customer'
  }

  /** Whether the customer may rate it now: once, each time it was resolved. */
  isRatable(): boolean {
    return this.status === 'resolved' && (this.ratedAt === null || this.ratedAt < (this.closedAt ?? 0))
  }
}

/** Something said about a ticket, with pictures: by the customer, by staff, visible to the customer or only inside. */
@Entity('comments')
export class Comment {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) ticketId: string
  @Column({ type: 'varchar', length: 10 }) authorType: 'customer' | 'staff'
  @Column({ type: 'varchar', length: 26 }) authorId: string
  @Column({ type: 'varchar', length: 10 }) kind: 'remark' | 'question' | 'solution' | 'reply'
  @Column({ type: 'boolean' }) inside: boolean
  @Column({ type: 'text' }) text: string
  @Column({ type: 'text', transformer: jsonText }) photos: string[]
  @Column({ type: 'varchar', length: 10 }) safety: Safety
  @Column({ type: 'bigint', nullable: true }) checkAt: number | null
  @Column({ type: 'bigint' }) at: number
  /** The ticket on which it was said, if that one was merged into this. */
  @Column({ type: 'varchar', length: 26, nullable: true }) originId: string | null
}
