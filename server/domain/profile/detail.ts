import { Column, Entity, PrimaryColumn } from 'typeorm'
import { sealedJson, sealedText } from '../../lib/crypto.ts'

/** What a customer tells of themselves (M6). */
@Entity('customer_details')
export class CustomerDetail {
  /** The customer. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** `1990-11-23` */
  @Column({ type: 'text', nullable: true, transformer: sealedText }) birthday: string | null
  @Column({ type: 'varchar', length: 60, nullable: true }) region: string | null
  /** By the questions of the packs. */
  @Column({ type: 'text', transformer: sealedJson }) preferences: Record<string, string[]>
  @Column({ type: 'bigint' }) updatedAt: number
}
