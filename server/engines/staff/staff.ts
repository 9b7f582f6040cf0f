import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** A member of staff, as the work chat's address book knows them (C8). */
@Entity('staff')
export class Staff {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 64 }) name: string
  @Column({ type: 'varchar', length: 128 }) position: string
  @Column({ type: 'text', transformer: jsonText }) departments: string[]
  @Column({ type: 'varchar', length: 26, nullable: true }) leaderId: string | null
  @Column({ type: 'boolean' }) active: boolean
  @Column({ type: 'boolean' }) onDuty: boolean
  @Column({ type: 'bigint' }) updatedAt: number
}

/** A chat account of a member of staff. */
@Entity('staff_accounts')
export class StaffAccount {
  @PrimaryColumn({ type: 'varchar', length: 100 }) id: string
  @Column({ type: 'varchar', length: 20 }) platform: string
  @Column({ type: 'varchar', length: 64 }) userId: string
  @Column({ type: 'varchar', length: 26 }) staffId: string

  /** The key of an account; platforms do not tell user ids apart by case. */
  static key(platform: string, userId: string): string {
    return `${platform}:${userId.toLowerCase()}`
  }
}

/** A role that a member of staff holds, given by the pack's role rules. */
@Entity('staff_roles')
export class StaffRole {
  @PrimaryColumn({ type: 'varchar', length: 100 }) id: string
  @Column({ type: 'varchar', length: 26 }) staffId: string
  @Column({ type: 'varchar', length: 40 }) role: string
}
