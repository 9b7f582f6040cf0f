import { Column, Entity, PrimaryColumn } from 'typeorm'
import { z } from 'zod'
import { timedConditionSchema } from '../../lib/condition.ts'

/** A time that a customer spent in a stage of their life with us (D8). */
@Entity('customer_stages')
export class CustomerStage {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 26 }) stage: string
  @Column({ type: 'bigint' }) enteredAt: number
  /** Null: they are in it. */
  @Column({ type: 'bigint', nullable: true }) leftAt: number | null
  /** Why they came into it: of a loss its reason. */
  @Column({ type: 'varchar', length: 200, nullable: true }) reason: string | null
  /** Who said so: `facts`, `staff:<id>`, `rule:<name>`. */
  @Column({ type: 'varchar', length: 60 }) putBy: string
}

/** A stage as packs write it. The first of the list whose condition holds is the customer's; the last holds always. */
export const stageSchema = z.strictObject({
  stage: z.string().regex(/^[a-z][a-z0-9_]{0,25}$/, 'use lower-case letters, digits and underscores, 26 at most'),
  title: z.string().min(1).max(20),
  when: timedConditionSchema.optional(),
  /** Whoever is in it is lost to us. */
  lost: z.boolean().default(false),
  /** Why, when it is the facts that say so. */
  reason: z.string().min(1).max(100).optional(),
})
export type Stage = z.infer<typeof stageSchema>

export const stagesSchema = z.strictObject({ stages: z.array(stageSchema).min(1).max(20) })
