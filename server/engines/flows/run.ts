import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** One journey through a flow, for one subject (a ticket, later an order, a booking …). */
@Entity('flow_runs')
export class FlowRun {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** The version of the flow that this run began with and keeps. */
  @Column({ type: 'varchar', length: 26 }) definitionId: string
  @Column({ type: 'varchar', length: 60 }) flow: string
  @Column({ type: 'varchar', length: 20 }) subjectType: string
  @Column({ type: 'varchar', length: 26 }) subjectId: string
  @Column({ type: 'varchar', length: 26, nullable: true }) customerId: string | null
  @Column({ type: 'varchar', length: 12 }) state: 'running' | 'ended' | 'cancelled'
  @Column({ type: 'varchar', length: 10 }) priority: 'urgent' | 'normal'
  /** The customer's tier when it began. */
  @Column({ type: 'varchar', length: 40, nullable: true }) tier: string | null
  /** What the noun told of its subject at the start, for conditions (`reporter.faults`). */
  @Column({ type: 'text', nullable: true, transformer: jsonText }) about: Record<string, unknown> | null
  /** The step of another run that called this one, for the same subject. */
  @Column({ type: 'varchar', length: 26, nullable: true }) parentStepId: string | null
  /** What cards show of the subject; personal data only in masked form. */
  @Column({ type: 'text', transformer: jsonText }) facts: Facts
  /** The opening form's answers under `form`, each finished step's under its name, with `by` and `at`, and
   * `photosBefore` where it was done before: how many photos those rounds have brought. */
  @Column({ type: 'text', transformer: jsonText }) answers: Record<string, Record<string, unknown>>
  @Column({ type: 'bigint' }) startedAt: number
  @Column({ type: 'bigint', nullable: true }) endedAt: number | null
  @Column({ type: 'bigint', nullable: true }) urgedAt: number | null
  @Column({ type: 'int' }) version: number
}

/** What a card tells of the subject. */
/** Checked words of a case's own customer, with the question that they answer, or of another who reported the same. */
export interface Added {
  text: string
  other: boolean
  asked?: string
}

export interface Facts {
  number: string
  title: string
  text: string
  customer: string
  phone: string
  rows: { label: string; text: string }[]
  /** pending: the words wait for the content check and must not be shown yet. */
  safety: 'pass' | 'pending' | 'blocked'
  photos: string[]
  /** What was said to it later, the newest last. */
  added?: Added[]
  /** How many documents were made out; absent: none. */
  documents?: number
  /** What is put into words when a card is drawn: the words under cards/facts, and what goes into them. */
  told?: { word: string; data: Record<string, unknown> }[]
  /** The number of the case that this one became part of. */
  mergedInto?: string
}
