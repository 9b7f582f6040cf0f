import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** One immutable version of a definition (form, flow, …) from a pack (F3, P1). What runs keeps the version it began with. */
@Entity('definitions')
export class Definition {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 20 }) kind: string
  @Column({ type: 'varchar', length: 60 }) name: string
  @Column({ type: 'varchar', length: 60 }) pack: string
  @Column({ type: 'int' }) version: number
  @Column({ type: 'varchar', length: 64 }) hash: string
  @Column({ type: 'text', transformer: jsonText }) body: unknown
  @Column({ type: 'bigint' }) createdAt: number
}
