import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText, sealedJson } from '../../lib/crypto.ts'
import type { Extras, Price } from './prices.ts'

export const STATES = [
  'held',
  'confirmed',
  'running',
  'returned',
  'settled',
  'closed',
  'cancelled',
  'expired',
  'no_show',
] as const
export type State = (typeof STATES)[number]

/** What may become of a booking. */
const NEXT: Record<State, readonly State[]> = {
  held: ['confirmed', 'cancelled', 'expired'],
  confirmed: ['running', 'cancelled', 'no_show'],
  running: ['returned'],
  returned: ['settled', 'closed'],
  settled: ['closed'],
  closed: [],
  cancelled: [],
  // The money came all the same, and the car could be had once more.
  expired: ['confirmed'],
  no_show: [],
}

/** A car in these states of its booking is nobody else's. */
export const LIVE: ReadonlySet<State> = new Set(['held', 'confirmed', 'running'])

/** Where a car is brought and fetched: GCJ-02, and the address in words. */
export interface Doors {
  deliver?: Door
  collect?: Door
}
export interface Door {
  lat: number
  lng: number
  address: string
}

/** A customer's car for a time, from the first tap to the end of its bill (P6). */
@Entity('bookings')
export class Booking {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 20, unique: true }) number: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  /** Customer and what names the wish: the same one again is the same booking. */
  @Column({ type: 'varchar', length: 100, unique: true }) claimKey: string
  @Column({ type: 'varchar', length: 40 }) storeId: string
  @Column({ type: 'varchar', length: 40 }) returnStoreId: string
  @Column({ type: 'varchar', length: 40 }) model: string
  /** The car that is kept for it; another one of the model may take its place before it is handed over. */
  @Column({ type: 'varchar', length: 26 }) assetId: string
  @Column({ type: 'varchar', length: 26 }) spanId: string
  @Column({ type: 'bigint' }) fromAt: number
  @Column({ type: 'bigint' }) untilAt: number
  @Column({ type: 'varchar', length: 10 }) state: State
  /** Until when the car waits for the payment. */
  @Column({ type: 'bigint', nullable: true }) holdUntil: number | null
  /** `<customer>:<n>` while it is held: nobody has more of them than the terms let, however many they ask for at once. */
  @Column({ type: 'varchar', length: 40, nullable: true, unique: true }) holdSlot: string | null
  @Column({ type: 'text', transformer: jsonText }) extras: Extras
  @Column({ type: 'text', nullable: true, transformer: sealedJson }) doors: Doors | null
  @Column({ type: 'text', transformer: jsonText }) price: Price
  /** The version of the terms under which it was made. */
  @Column({ type: 'varchar', length: 26 }) termsId: string
  @Column({ type: 'varchar', length: 26, nullable: true }) couponId: string | null
  @Column({ type: 'varchar', length: 40, nullable: true }) tier: string | null
  @Column({ type: 'varchar', length: 26, nullable: true }) paymentId: string | null
  @Column({ type: 'bigint', nullable: true }) paidAt: number | null
  @Column({ type: 'bigint', nullable: true }) startedAt: number | null
  @Column({ type: 'bigint', nullable: true }) returnedAt: number | null
  /** When it came to an end that nothing follows. */
  @Column({ type: 'bigint', nullable: true }) endedAt: number | null
  /** When the sweep has something to do with it: the hold ends, somebody is reminded, nobody has come. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  /** Since when it is known that its car will not be there, and that there is no other. */
  @Column({ type: 'bigint', nullable: true }) strandedAt: number | null
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'int' }) version: number

  /** Whether it may become that. */
  may(next: State): boolean {
    return NEXT[this.state].includes(next)
  }

  /** Whether a car is kept for it. */
  isLive(): boolean {
    return LIVE.has(this.state)
  }
}
