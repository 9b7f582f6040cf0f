import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'
import type { Bill } from './settlement.ts'

/** A picture that had to be taken, and the one that was. */
export interface ShotTaken {
  shot: string
  title: string
  pictureId: string
}

/** How a car was handed over, or came back: what was seen, when, where, by whom. */
export interface Inspection {
  at: number
  /** The member of staff. */
  by: string
  stepId: string
  store: string
  place: { lat: number; lng: number } | null
  /** In kilometres. */
  odometer: number
  /** How full the tank or the battery is, in percent. */
  fuel: number
  shots: ShotTaken[]
  signatureId: string | null
  note: string
}

/** A bill: to be confirmed, taken for right, disputed, on its way to be paid, paid, or dropped. */
export type BillState = 'none' | 'asked' | 'confirmed' | 'disputed' | 'paying' | 'paid'

/** What happens in a booking once it is confirmed, from the preparation of the car to the return of the deposit (P6). */
@Entity('rentals')
export class Rental {
  /** That of its booking. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 20 }) number: string
  /** The version of the rules under which it began. */
  @Column({ type: 'varchar', length: 26 }) rulesId: string
  @Column({ type: 'varchar', length: 26, nullable: true }) runId: string | null
  @Column({ type: 'text', nullable: true, transformer: jsonText }) pickup: Inspection | null
  @Column({ type: 'text', nullable: true, transformer: jsonText }) giveback: Inspection | null
  @Column({ type: 'text', nullable: true, transformer: jsonText }) bill: Bill | null
  @Column({ type: 'varchar', length: 10 }) billState: BillState
  @Column({ type: 'bigint', nullable: true }) billedAt: number | null
  /** What is owed that the deposit does not cover. */
  @Column({ type: 'varchar', length: 26, nullable: true }) paymentId: string | null
  /** The ticket in which the customer disputes the bill. */
  @Column({ type: 'varchar', length: 26, nullable: true, unique: true }) appealId: string | null
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'bigint', nullable: true }) endedAt: number | null
  @Column({ type: 'int' }) version: number
}
