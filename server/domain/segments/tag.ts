import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** Why a customer has a tag. */
export interface TagReason {
  /** Who put it on: `segment:<name>`, `staff:<id>`, `rule:<name>`; taken off by the same. */
  by: string
  reason: string
  at: number
}

/** A word that a customer carries, with every reason for it; without one it is gone (D6). */
@Entity('customer_tags')
export class CustomerTag {
  /** `<customer>:<tag>` */
  @PrimaryColumn({ type: 'varchar', length: 60 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 20 }) tag: string
  @Column({ type: 'text', transformer: jsonText }) reasons: TagReason[]
  @Column({ type: 'int' }) version: number
}
