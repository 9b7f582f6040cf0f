import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'
import type { Counts } from './counts.ts'

/**
 * What has been counted of a customer, kept in the transaction of each event, and when they are to be looked at again:
 * at once after something happened, or when time alone may change where they belong.
 */
@Entity('customer_tallies')
export class CustomerTally {
  /** The customer's. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** The version of the facts by which it was counted; another one: to be counted anew from the events. */
  @Column({ type: 'int' }) counted: number
  /** The version of the definitions by which they were last judged. */
  @Column({ type: 'int' }) judged: number
  @Column({ type: 'bigint', nullable: true }) dueAt: number | null
  @Column({ type: 'int' }) version: number
  @Column({ type: 'text', transformer: jsonText }) counts: Counts
}
