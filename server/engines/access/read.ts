import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** Somebody has read personal data of a customer in full: one row for each reader, customer, door and hour (D12). */
@Entity('access_reads')
export class AccessRead {
  /** `<reader>:<customer>:<door>:<hour>` */
  @PrimaryColumn({ type: 'varchar', length: 110 }) id: string
  @Column({ type: 'varchar', length: 8 }) readerType: 'staff' | 'program'
  @Column({ type: 'varchar', length: 40 }) readerId: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 8 }) door: 'card' | 'page' | 'api' | 'export' | 'report'
  @Column({ type: 'text', transformer: jsonText }) fields: string[]
  /** On which occasion: `follow_up`, `step`, `found` … */
  @Column({ type: 'varchar', length: 40 }) why: string
  /** How often within that hour. */
  @Column({ type: 'int' }) times: number
  @Column({ type: 'bigint' }) at: number
  @Column({ type: 'bigint' }) lastAt: number
}
