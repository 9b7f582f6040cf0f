import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A person's own hours: when they want quiet, and until when they are away (C9). Nobody needs a row. */
@Entity('staff_hours')
export class StaffHours {
  /** The member of staff. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** Their own quiet hours, in place of the pack's: times of day such as 22:00. */
  @Column({ type: 'varchar', length: 5, nullable: true }) quietFrom: string | null
  @Column({ type: 'varchar', length: 5, nullable: true }) quietTo: string | null
  @Column({ type: 'varchar', length: 10, nullable: true }) away: 'break' | 'off' | null
  /** When they said they would be back; null while away means until they say so. */
  @Column({ type: 'bigint', nullable: true }) awayUntil: number | null
  /** When they are put back on duty. */
  @Column({ type: 'bigint', nullable: true }) backAt: number | null
  /** The day (yyyymmdd) of their newest morning summary. */
  @Column({ type: 'int', nullable: true }) summaryDay: number | null
}
