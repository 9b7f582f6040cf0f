import { Column, Entity, PrimaryColumn } from 'typeorm'

/** The end of every time line, 9999-12-31. */
export const FOREVER = 253_402_214_400_000

/** A vehicle that can be booked. */
@Entity('booking_cars')
export class BookingCar {
  /** The asset. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 40 }) model: string
  /** Out of service its free time is not offered. */
  @Column({ type: 'boolean' }) offered: boolean
  /** How often it was changed: counting up keeps everybody else out until the transaction ends. */
  @Column({ type: 'int' }) version: number
}

/**
 * free: can be had; shut: could be had, but the vehicle is out of service; taken: by a booking; blocked: kept for work
 * on the vehicle; past: nobody has had it.
 */
export type SpanState = 'free' | 'shut' | 'taken' | 'blocked' | 'past'

/**
 * A piece of a vehicle's time line. The pieces of a vehicle follow each other without gap or overlap from the day on
 * which it was entered to the end of time: what is taken comes to be only out of a piece that is free, by one
 * compare-and-set, and no two pieces of a vehicle begin or end together. So nothing can be booked twice.
 */
@Entity('asset_spans')
export class AssetSpan {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) assetId: string
  @Column({ type: 'varchar', length: 40 }) model: string
  @Column({ type: 'varchar', length: 8 }) state: SpanState
  @Column({ type: 'bigint' }) fromAt: number
  /** The first instant that is not part of it. */
  @Column({ type: 'bigint' }) untilAt: number
  /** The first day that it has from midnight on, and the first behind it that it has not; counted from 1970-01-01. */
  @Column({ type: 'int' }) fromDay: number
  @Column({ type: 'int' }) untilDay: number
  /** The store where the vehicle stands when it begins. */
  @Column({ type: 'varchar', length: 40 }) store: string
  /** Where it has to stand when it ends; of what never ends, the same. */
  @Column({ type: 'varchar', length: 40 }) toStore: string
  @Column({ type: 'varchar', length: 26, nullable: true }) bookingId: string | null
  /** What it is blocked for. */
  @Column({ type: 'varchar', length: 60, nullable: true }) reason: string | null
  @Column({ type: 'int' }) version: number

  /** Whether nobody has it. */
  isOpen(): boolean {
    return this.state === 'free' || this.state === 'shut'
  }
}
