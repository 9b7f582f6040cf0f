import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** A department of a platform's address book. */
@Entity('departments')
export class Department {
  @PrimaryColumn({ type: 'varchar', length: 100 }) id: string
  @Column({ type: 'varchar', length: 20 }) platform: string
  @Column({ type: 'varchar', length: 64 }) departmentId: string
  @Column({ type: 'varchar', length: 128 }) name: string
  /** The department above, by the platform's id; null for the root. */
  @Column({ type: 'varchar', length: 64, nullable: true }) parentId: string | null
  /** User ids of those who lead it. */
  @Column({ type: 'text', transformer: jsonText }) leaders: string[]

  /** The key of a department. */
  static key(platform: string, departmentId: string): string {
    return `${platform}:${departmentId}`
  }
}
