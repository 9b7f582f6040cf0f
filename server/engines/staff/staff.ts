import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText, sealedText } from '../../lib/crypto.ts'

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
  /** The platform on which they want to be told; null: the first one configured where they have an account. */
  @Column({ type: 'varchar', length: 20, nullable: true }) chat: string | null
  /** The language they asked for; null: Chinese. */
  @Column({ type: 'varchar', length: 5, nullable: true }) language: string | null
  @Column({ type: 'bigint' }) updatedAt: number
  /** Who this one turned out to be; such a row only gives its old id a meaning. */
  @Column({ type: 'varchar', length: 26, nullable: true }) mergedInto: string | null
}

/** A chat account of a member of staff, and what that platform's address book says of it. */
@Entity('staff_accounts')
export class StaffAccount {
  @PrimaryColumn({ type: 'varchar', length: 100 }) id: string
  @Column({ type: 'varchar', length: 20 }) platform: string
  @Column({ type: 'varchar', length: 64 }) userId: string
  @Column({ type: 'varchar', length: 26 }) staffId: string
  /** Whether it can be used; false once the address book does not list it any more. */
  @Column({ type: 'boolean' }) active: boolean
  /** Whether the address book has ever listed it; others were linked by hand and say nothing of who has left. */
  @Column({ type: 'boolean' }) listed: boolean
  @Column({ type: 'bigint' }) since: number
  @Column({ type: 'varchar', length: 64, nullable: true }) name: string | null
  @Column({ type: 'varchar', length: 128, nullable: true }) position: string | null
  /** Names of departments, where the platform's departments are not kept as rows. */
  @Column({ type: 'text', nullable: true, transformer: jsonText }) departments: string[] | null
  @Column({ type: 'text', nullable: true, transformer: jsonText }) departmentIds: string[] | null
  /** User ids of the direct superiors. */
  @Column({ type: 'text', nullable: true, transformer: jsonText }) leaders: string[] | null
  @Column({ type: 'boolean' }) leads: boolean
  @Column({ type: 'text', nullable: true, transformer: sealedText }) mobile: string | null
  /** Blind index of the mobile number. */
  @Column({ type: 'varchar', length: 64, nullable: true }) mobileMark: string | null
  @Column({ type: 'varchar', length: 64, nullable: true }) jobNumber: string | null
  @Column({ type: 'varchar', length: 64, nullable: true }) unionId: string | null

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
