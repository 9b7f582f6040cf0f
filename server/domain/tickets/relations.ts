import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** Somebody besides the ticket's own customer who reported the same: they see it and are told of each step. */
@Entity('ticket_reporters')
export class TicketReporter {
  /** `<ticket>:<customer>`. */
  @PrimaryColumn({ type: 'varchar', length: 60 }) id: string
  @Column({ type: 'varchar', length: 26 }) ticketId: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'text', transformer: jsonText }) answers: Record<string, unknown>
  @Column({ type: 'text', transformer: jsonText }) photos: string[]
  /** They joined by something that they only said (a phone number): they see how it goes on, not what is said to others. */
  @Column({ type: 'boolean' }) limited: boolean
  @Column({ type: 'bigint' }) at: number
}

/** A request that joined an open ticket instead of opening one: sent twice, it joins once. */
@Entity('ticket_requests')
export class TicketRequest {
  @PrimaryColumn({ type: 'varchar', length: 120 }) id: string
  @Column({ type: 'varchar', length: 26 }) ticketId: string
}

export const LINK_KINDS = ['related', 'duplicate', 'caused_by', 'split_from'] as const
export type LinkKind = (typeof LINK_KINDS)[number]

/** What one ticket has to do with another: this one is related to, a duplicate of, caused by, split from the other. */
@Entity('ticket_links')
export class TicketLink {
  /** `<ticket>:<other>:<kind>`. */
  @PrimaryColumn({ type: 'varchar', length: 80 }) id: string
  @Column({ type: 'varchar', length: 26 }) ticketId: string
  @Column({ type: 'varchar', length: 26 }) otherId: string
  @Column({ type: 'varchar', length: 12 }) kind: LinkKind
  @Column({ type: 'varchar', length: 26 }) staffId: string
  @Column({ type: 'bigint' }) at: number
}

/** A word by which staff sort tickets. */
@Entity('ticket_tags')
export class TicketTag {
  /** `<ticket>:<tag>`. */
  @PrimaryColumn({ type: 'varchar', length: 60 }) id: string
  @Column({ type: 'varchar', length: 26 }) ticketId: string
  @Column({ type: 'varchar', length: 20 }) tag: string
  @Column({ type: 'varchar', length: 26 }) staffId: string
  @Column({ type: 'bigint' }) at: number
}

/** Somebody of staff who wants to hear of each step and has nothing to do with it. */
@Entity('ticket_watchers')
export class TicketWatcher {
  /** `<ticket>:<staff>`. */
  @PrimaryColumn({ type: 'varchar', length: 60 }) id: string
  @Column({ type: 'varchar', length: 26 }) ticketId: string
  @Column({ type: 'varchar', length: 26 }) staffId: string
  @Column({ type: 'bigint' }) at: number
}
