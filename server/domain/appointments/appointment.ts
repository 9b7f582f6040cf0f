import { Column, Entity, PrimaryColumn } from 'typeorm'
import { MINUTE } from '../../lib/clock.ts'
import { sealedText } from '../../lib/crypto.ts'

export type State = 'booked' | 'arrived' | 'done' | 'cancelled' | 'no_show'

/** What may become of an appointment. */
const NEXT: Record<State, readonly State[]> = {
  booked: ['arrived', 'done', 'cancelled', 'no_show'],
  arrived: ['done'],
  done: [],
  cancelled: [],
  no_show: [],
}

/** Time is cut into these, whatever the packs say of their grids. */
export const CELL = 5 * MINUTE

/** A customer's time with somebody, or at a place. */
@Entity('appointments')
export class Appointment {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 20, unique: true }) number: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  /** Customer and what names the wish: the same one again is the same appointment. */
  @Column({ type: 'varchar', length: 100, unique: true }) claimKey: string
  @Column({ type: 'varchar', length: 40 }) service: string
  @Column({ type: 'varchar', length: 40 }) resource: string
  /** Which of those whom the resource serves at once. */
  @Column({ type: 'int' }) seat: number
  @Column({ type: 'bigint' }) fromAt: number
  @Column({ type: 'bigint' }) untilAt: number
  @Column({ type: 'varchar', length: 10 }) state: State
  /** What the customer says of it. */
  @Column({ type: 'text', nullable: true, transformer: sealedText }) note: string | null
  /** The version of the agenda by which it was made. */
  @Column({ type: 'varchar', length: 26 }) agendaId: string
  /** How often it was moved. */
  @Column({ type: 'int' }) moves: number
  /** The run of the flow by which the customer is received. */
  @Column({ type: 'varchar', length: 26, nullable: true }) runId: string | null
  /** When somebody is reminded, or has not come. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'int' }) version: number

  /** Whether it may become that. */
  may(next: State): boolean {
    return NEXT[this.state].includes(next)
  }
}

/** A few minutes of one seat of a resource: whoever has them, nobody else can have. */
@Entity('appointment_cells')
export class AppointmentCell {
  /** `<agenda>:<resource>:<seat>:<minutes since 1970>` */
  @PrimaryColumn({ type: 'varchar', length: 110 }) id: string
  /** `<agenda>:<resource>` */
  @Column({ type: 'varchar', length: 81 }) resource: string
  @Column({ type: 'int' }) seat: number
  @Column({ type: 'bigint' }) at: number
  @Column({ type: 'varchar', length: 26 }) appointmentId: string
}
