import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A ticket that may become business: whose it is, how it stands, what came of it. */
@Entity('leads')
export class Lead {
  /** The ticket's id. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26, nullable: true }) customerId: string | null
  /** The company whose it is. */
  @Column({ type: 'varchar', length: 26, nullable: true }) companyId: string | null
  /** Who looks after it; null: nobody yet, or it was taken back and nobody has taken it since. */
  @Column({ type: 'varchar', length: 26, nullable: true }) ownerId: string | null
  /** gone: the customer took it back, or it went on in another ticket. */
  @Column({ type: 'varchar', length: 10 }) state: 'open' | 'won' | 'lost' | 'gone'
  /** Where it came from, and what it is, as the form's options say it: reports count by them. */
  @Column({ type: 'varchar', length: 60, nullable: true }) source: string | null
  @Column({ type: 'varchar', length: 60, nullable: true }) region: string | null
  @Column({ type: 'varchar', length: 60, nullable: true }) industry: string | null
  /** Why it was lost, as the form's options say it. */
  @Column({ type: 'varchar', length: 60, nullable: true }) reason: string | null
  /** What it came to, in fen. */
  @Column({ type: 'bigint', nullable: true }) amount: number | null
  @Column({ type: 'bigint' }) openedAt: number
  /** When somebody first reached the customer. */
  @Column({ type: 'bigint', nullable: true }) contactedAt: number | null
  /** How often it was followed up, reached or not. */
  @Column({ type: 'int' }) contacts: number
  @Column({ type: 'bigint', nullable: true }) closedAt: number | null
}

/**
 * Somebody has a lead in hand, and until when they have to follow it up: then it is taken from them (SEMANTICS C). A
 * follow-up cancels it; what was executed keeps the reason.
 */
@Entity('lead_holds')
export class LeadHold {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) leadId: string
  @Column({ type: 'varchar', length: 26 }) stepId: string
  @Column({ type: 'varchar', length: 26 }) staffId: string
  /** Whether they got the lead with it, or had it before. */
  @Column({ type: 'boolean' }) claim: boolean
  @Column({ type: 'varchar', length: 10 }) state: 'waiting' | 'executed' | 'cancelled'
  @Column({ type: 'bigint' }) at: number
  /** How much working time they have; null: it is never taken from them. */
  @Column({ type: 'bigint', nullable: true }) allowedMs: number | null
  @Column({ type: 'bigint', nullable: true }) takeAt: number | null
  @Column({ type: 'bigint', nullable: true }) endedAt: number | null
}
