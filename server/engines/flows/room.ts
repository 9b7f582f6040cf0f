import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/**
 * A room for one serious run: everybody concerned in one group chat, from the beginning to the closing summary. On which
 * platform it is stands on the message that opened it.
 */
@Entity('rooms')
export class Room {
  /** The run; also the group's id on the platform, so that making it twice makes it once. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 50 }) name: string
  @Column({ type: 'varchar', length: 10 }) state: 'wanted' | 'open' | 'closed' | 'failed'
  /** Staff who shall be in it. */
  @Column({ type: 'text', transformer: jsonText }) wanted: string[]
  /** Staff who are in it, as far as the platform was told. */
  @Column({ type: 'text', transformer: jsonText }) members: string[]
  /** When the duty looks at it next; null while nobody is missing. */
  @Column({ type: 'bigint', nullable: true }) nextAt: number | null
  @Column({ type: 'int' }) attempts: number
  @Column({ type: 'bigint' }) createdAt: number
}
