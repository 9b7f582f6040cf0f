import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { Actor } from '../../engines/events/events.ts'
import { sealedJson, sealedText } from '../../lib/crypto.ts'
import type { Customer } from './customer.ts'

/** The fields of a customer that a merge may change. */
export type Fields = Pick<Customer, 'nickname' | 'phone' | 'tier' | 'createdAt' | 'seenAt'>

/** What one noun has moved, as it wants it back. */
export interface MovedPart {
  by: string
  what: unknown
}

/** One entry for each time that two customers became one: who did it and why, and what it takes to undo it (K9). */
@Entity('customer_merges')
export class CustomerMerge {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** Who both are now. */
  @Column({ type: 'varchar', length: 26 }) masterId: string
  /** Who is no customer of their own any more. */
  @Column({ type: 'varchar', length: 26 }) otherId: string
  @Column({ type: 'varchar', length: 8 }) state: 'merged' | 'undone'
  @Column({ type: 'varchar', length: 20 }) actorType: Actor['type']
  @Column({ type: 'varchar', length: 26, nullable: true }) actorId: string | null
  @Column({ type: 'text', transformer: sealedText }) why: string
  /** The fields of both before, and those of the master after. */
  @Column({ type: 'text', transformer: sealedJson }) fieldsBefore: { master: Fields; other: Fields; after: Fields }
  /** What each noun has moved, in order; sealed, since rows that were taken out are in it. */
  @Column({ type: 'text', transformer: sealedJson }) moved: { aliases: string[]; parts: MovedPart[] }
  @Column({ type: 'bigint' }) at: number
  /** When it is looked at again for what was written for the other one at the same moment. */
  @Column({ type: 'bigint', nullable: true }) settleAt: number | null
  @Column({ type: 'bigint', nullable: true }) undoneAt: number | null
  @Column({ type: 'varchar', length: 26, nullable: true }) undoneBy: string | null
}
