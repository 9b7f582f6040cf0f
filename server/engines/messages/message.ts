import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText, sealedWire } from '../../lib/crypto.ts'

/**
 * A row of the outbox, and after its delivery the memory of what the receiver sees (a card is a delivered message).
 *
 * pending → sending → sent → confirmed, or failed (dead letter), collapsed (a newer equal one took its place),
 * obsolete (nothing left to say when its turn came).
 *
 * One that a platform has finally refused goes on by the next of its ways, where its channel has several: the same row,
 * pending again, so that it never goes by two.
 *
 * Sent: the platform took it. Confirmed is more, and not due everywhere: of a customer's message WeChat reports what
 * became of it, within minutes, so one without a report is a finding of the auditor; a card is confirmed by a press,
 * which nobody owes it (whether work is taken in hand is the ladder's business).
 */
@Entity('messages')
export class Message {
  /** Also the card's `task_id` on the platform. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** One effect, one message: the second enqueue of the same key is dropped. */
  @Column({ type: 'varchar', length: 190, unique: true }) dedupKey: string
  @Column({ type: 'varchar', length: 12 }) channel: 'staff' | 'customer' | 'group' | 'webhook'
  @Column({ type: 'varchar', length: 26 }) recipientId: string
  /** The card or message template that draws it. */
  @Column({ type: 'varchar', length: 40 }) kind: string
  @Column({ type: 'varchar', length: 26 }) subjectId: string
  @Column({ type: 'text', transformer: jsonText }) data: Record<string, unknown>
  @Column({ type: 'boolean' }) urgent: boolean
  /** Equal messages that still wait collapse onto the newest. */
  @Column({ type: 'varchar', length: 120, nullable: true }) collapseKey: string | null
  @Column({ type: 'varchar', length: 10 }) state: MessageState
  @Column({ type: 'int' }) attempts: number
  /** When the outbox looks at it next: its turn, the next try, or the end of a lost sender's lease. */
  @Column({ type: 'bigint', nullable: true }) nextAt: number | null
  @Column({ type: 'bigint', nullable: true }) triedAt: number | null
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'bigint', nullable: true }) sentAt: number | null
  @Column({ type: 'varchar', length: 300, nullable: true }) error: string | null
  /** The bytes handed to the platform, kept until it took them: a repeated try sends exactly the same. */
  @Column({ type: 'text', nullable: true, transformer: sealedWire }) wire: string | null
  /** The platform by which it went, where the channel has several: its changes go the same way. */
  @Column({ type: 'varchar', length: 20, nullable: true }) via: string | null
  /** The ways still open, in order, if the one it goes by is finally refused; null: none, or not decided yet. */
  @Column({ type: 'varchar', length: 40, nullable: true }) onward: string | null
  @Column({ type: 'varchar', length: 128, nullable: true }) platformRef: string | null
  @Column({ type: 'varchar', length: 512, nullable: true }) responseCode: string | null
  @Column({ type: 'bigint', nullable: true }) responseCodeAt: number | null
  /** Hash of what the receiver sees now. */
  @Column({ type: 'varchar', length: 44, nullable: true }) shown: string | null
  /** Set when what the card speaks of has changed: the refresh sweep compares and repairs. */
  @Column({ type: 'bigint', nullable: true }) refreshAt: number | null
  /** When what the receiver sees was drawn, if later than the sending. */
  @Column({ type: 'bigint', nullable: true }) shownAt: number | null
  /** When it was made or last compared without being asked to; NEVER_AGAIN once what it speaks of is over. */
  @Column({ type: 'bigint' }) checkedAt: number
  /** What a press is judged by: the facts behind what the receiver sees (SEMANTICS B8). */
  @Column({ type: 'varchar', length: 120, nullable: true }) basis: string | null
}

/** In `checkedAt`: this card needs no more looks. */
export const NEVER_AGAIN = Number.MAX_SAFE_INTEGER

export type MessageState = 'pending' | 'sending' | 'sent' | 'confirmed' | 'failed' | 'collapsed' | 'obsolete'

/** A callback that was taken: the same one coming again finds its key here. */
@Entity('inbox')
export class Received {
  @PrimaryColumn({ type: 'varchar', length: 190 }) id: string
  @Column({ type: 'bigint' }) at: number
}
