import { Column, Entity, PrimaryColumn } from 'typeorm'

/** Somebody has seen an escalated step, where everybody of the level is asked to (SEMANTICS B12). */
@Entity('step_acks')
export class StepAck {
  /** `<step>:<round>:<person>`: seen twice is seen. */
  @PrimaryColumn({ type: 'varchar', length: 80 }) id: string
  @Column({ type: 'varchar', length: 26 }) stepId: string
  /** The step's `rungAt` at that time: when the ladder moves on, or begins anew, everybody is asked again. */
  @Column({ type: 'bigint' }) roundAt: number
  @Column({ type: 'varchar', length: 26 }) staffId: string
  @Column({ type: 'bigint' }) at: number
}
