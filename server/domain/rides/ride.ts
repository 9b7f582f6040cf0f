import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'
import type { PricePart } from './parts.ts'

/** The rider wants no coupon to be used. */
export const NO_COUPON = 'none'

export type RideState = 'unlocking' | 'riding' | 'ended' | 'paid' | 'void'
/** Where a ride ended by the rules of the zones. */
export type ZoneResult = 'fine' | 'no_parking' | 'out_of_area'
/** Who brought a ride to its end. */
export type EndedBy = 'lock' | 'rider' | 'server'

/** A ride of a customer on a vehicle whose lock we open (A). Amounts are in fen. */
@Entity('rides')
export class Ride {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** What people read and say: `R261123-7K2QD`. */
  @Column({ type: 'varchar', length: 20, unique: true }) number: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 26 }) assetId: string
  @Column({ type: 'varchar', length: 30 }) code: string
  @Column({ type: 'varchar', length: 40 }) kind: string
  @Column({ type: 'varchar', length: 10 }) state: RideState
  /** The customer, while it is open: nobody has two. */
  @Column({ type: 'varchar', length: 60, nullable: true, unique: true }) openFor: string | null
  /** The vehicle, while it is open: nobody shares one. */
  @Column({ type: 'varchar', length: 26, nullable: true, unique: true }) openOn: string | null
  /** The version of the terms with which it began, and which of their plans. */
  @Column({ type: 'varchar', length: 26 }) termsId: string
  @Column({ type: 'varchar', length: 40 }) plan: string
  /** The coupon that is to be used for it; null: the best one, `none`: none. */
  @Column({ type: 'varchar', length: 26, nullable: true }) couponId: string | null
  /** The card that paid for some of it. */
  @Column({ type: 'varchar', length: 26, nullable: true }) cardId: string | null
  @Column({ type: 'bigint' }) askedAt: number
  @Column({ type: 'bigint', nullable: true }) startedAt: number | null
  @Column({ type: 'bigint', nullable: true }) pausedAt: number | null
  @Column({ type: 'bigint', nullable: true }) endedAt: number | null
  @Column({ type: 'varchar', length: 8, nullable: true }) endedBy: EndedBy | null
  /** Where it ended (GCJ-02). */
  @Column({ type: 'double', nullable: true }) lat: number | null
  @Column({ type: 'double', nullable: true }) lng: number | null
  @Column({ type: 'varchar', length: 60, nullable: true }) zone: string | null
  @Column({ type: 'varchar', length: 12, nullable: true }) zoneResult: ZoneResult | null
  /** How far the vehicle had gone in all when it began. */
  @Column({ type: 'bigint' }) metersBefore: number
  @Column({ type: 'int' }) meters: number
  @Column({ type: 'text', transformer: jsonText }) parts: PricePart[]
  /** What was left of its price after card and free minutes, without fees: what counts for the cap of its plan. */
  @Column({ type: 'int' }) fare: number
  @Column({ type: 'int' }) amount: number
  @Column({ type: 'int' }) refunded: number
  /** Why it came to nothing. */
  @Column({ type: 'varchar', length: 40, nullable: true }) voidFor: string | null
  /** The last payment that was asked for it. */
  @Column({ type: 'varchar', length: 26, nullable: true }) paymentId: string | null
  /** The case that an appeal against its price, or a lock that stays open, has opened. */
  @Column({ type: 'varchar', length: 26, nullable: true }) ticketId: string | null
  /** When the server looks after it by itself; null: nothing more will happen to it. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  @Column({ type: 'int' }) version: number

  /** What of its price was not let go again. */
  due(): number {
    return this.amount - this.refunded
  }

  /** Whether the customer is on it. */
  isOpen(): boolean {
    return this.state === 'unlocking' || this.state === 'riding'
  }
}

export type CommandState = 'asked' | 'sent' | 'done' | 'failed' | 'ended'

/** Something that a lock was told to do. Its id is the command's name at the lock service: said twice, it is done once. */
@Entity('lock_commands')
export class LockCommand {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) rideId: string
  @Column({ type: 'varchar', length: 30 }) code: string
  /** What it is for: the ride begins, or goes on after a pause. */
  @Column({ type: 'varchar', length: 8 }) purpose: 'start' | 'resume'
  @Column({ type: 'varchar', length: 8 }) state: CommandState
  @Column({ type: 'int' }) attempts: number
  @Column({ type: 'bigint' }) askedAt: number
  /** From then on the lock must not open by it any more. */
  @Column({ type: 'bigint' }) endBy: number
  /** When the service is asked again; null: nothing more is to be said. */
  @Column({ type: 'bigint', nullable: true }) nextAt: number | null
  @Column({ type: 'varchar', length: 40, nullable: true }) failure: string | null
}
