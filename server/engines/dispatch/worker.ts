import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** What is known of somebody who is sent to places. Nobody needs a row: who has none is asked last. */
@Entity('workers')
export class Worker {
  /** The member of staff. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** What they can do; null: nobody has said, the pack's word counts. */
  @Column({ type: 'text', nullable: true, transformer: jsonText }) skills: string[] | null
  /** Where they work; empty: everywhere. */
  @Column({ type: 'text', nullable: true, transformer: jsonText }) zones: string[] | null
  /** Where they were last seen, GCJ-02. */
  @Column({ type: 'double', nullable: true }) lat: number | null
  @Column({ type: 'double', nullable: true }) lng: number | null
  @Column({ type: 'bigint', nullable: true }) seenAt: number | null
  /** How many open steps they may have, in place of the rule's number. */
  @Column({ type: 'int', nullable: true }) capacity: number | null
}
