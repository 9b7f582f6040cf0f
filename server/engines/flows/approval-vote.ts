import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'
import type { Facts } from './run.ts'

/** What a person says to an approval; `moved` says that the seat was taken from them before they said anything. */
export type Decision = 'approve' | 'reject' | 'return' | 'moved'

/** A seat at an approval step: who is asked in which round, by whom, and what they said. Each seat speaks once. */
@Entity('step_votes')
export class StepVote {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) stepId: string
  /** 0 asks the step's own role, each further round the next role above. */
  @Column({ type: 'int' }) round: number
  /** Its turn within the round, where one is asked after the other. */
  @Column({ type: 'int' }) place: number
  @Column({ type: 'varchar', length: 26 }) staffId: string
  /** Asked by their role, or added by somebody else: to speak before them, or after. */
  @Column({ type: 'varchar', length: 6 }) seat: 'role' | 'before' | 'after'
  /** The seat to which an added one belongs. */
  @Column({ type: 'varchar', length: 26, nullable: true }) ofId: string | null
  /** Who added or handed on the seat. */
  @Column({ type: 'varchar', length: 26, nullable: true }) byId: string | null
  @Column({ type: 'varchar', length: 8, nullable: true }) decision: Decision | null
  @Column({ type: 'text', nullable: true }) words: string | null
  /** Since when its person is asked; null while others come first. */
  @Column({ type: 'bigint', nullable: true }) openedAt: number | null
  @Column({ type: 'bigint', nullable: true }) at: number | null
}

/** What was submitted to an approval step, as it stood then: this is decided on, whatever changes meanwhile. */
@Entity('step_submissions')
export class StepSubmission {
  /** The step. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'text', transformer: jsonText }) facts: Pick<Facts, 'title' | 'text' | 'rows'>
  /** In fen; null where the step knows no amount, or none was given. */
  @Column({ type: 'bigint', nullable: true }) amount: number | null
}
