import { Column, Entity, PrimaryColumn } from 'typeorm'
import { z } from 'zod'
import { timedConditionSchema } from '../../lib/condition.ts'

/** A customer belongs to a segment. That they came and went is told by events. */
@Entity('segment_members')
export class SegmentMember {
  /** `<segment>:<customer>` */
  @PrimaryColumn({ type: 'varchar', length: 60 }) id: string
  @Column({ type: 'varchar', length: 26 }) segment: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'bigint' }) since: number
}

/** The longest tag. */
export const LONGEST_TAG = 20

/** A segment as packs write it (D7). */
export const segmentSchema = z.strictObject({
  segment: z.string().regex(/^[a-z][a-z0-9_]{0,25}$/, 'use lower-case letters, digits and underscores, 26 at most'),
  title: z.string().min(1).max(20),
  /** What it is for, for whoever chooses one. */
  about: z.string().min(1).max(200).optional(),
  when: timedConditionSchema,
  /** Tags that its members carry as long as they are in it (D6). */
  tags: z.array(z.string().min(1).max(LONGEST_TAG)).default([]),
})
export type Segment = z.infer<typeof segmentSchema>
