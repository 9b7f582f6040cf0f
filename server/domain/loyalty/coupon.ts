import { Column, Entity, PrimaryColumn } from 'typeorm'

export type CouponState = 'active' | 'used' | 'expired'

/** A coupon in a customer's hands; its terms are those of the version of its template from which it was made (L3). */
@Entity('coupons')
export class Coupon {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 40 }) template: string
  @Column({ type: 'varchar', length: 26 }) definitionId: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  /** Template, customer and what names the claim: the same one again is the same coupon. */
  @Column({ type: 'varchar', length: 190, unique: true }) claimKey: string
  /** Template, customer and place among those that they took themselves: nobody takes more than their share. */
  @Column({ type: 'varchar', length: 90, nullable: true, unique: true }) place: string | null
  @Column({ type: 'varchar', length: 10 }) state: CouponState
  @Column({ type: 'bigint' }) claimedAt: number
  @Column({ type: 'bigint' }) startsAt: number
  /** The first instant at which it is not good any more. */
  @Column({ type: 'bigint' }) endsAt: number
  @Column({ type: 'bigint', nullable: true }) usedAt: number | null
  /** The order for which it was used. */
  @Column({ type: 'varchar', length: 64, nullable: true }) usedFor: string | null
  /** When the sweep ends it; null: it is used or over. */
  @Column({ type: 'bigint', nullable: true }) sweepAt: number | null

  /** Whether it can be used now. */
  isUsable(now: number): boolean {
    return this.state === 'active' && this.startsAt <= now && now < this.endsAt
  }
}

/** How many of a template have been given out, in one row that is only ever counted up under its limit. */
@Entity('coupon_stocks')
export class CouponStock {
  /** The template. */
  @PrimaryColumn({ type: 'varchar', length: 40 }) id: string
  @Column({ type: 'int' }) claimed: number
}

/** A coupon was used for an order; a refund gives it back. */
@Entity('coupon_uses')
export class CouponUse {
  /** Coupon and order. */
  @PrimaryColumn({ type: 'varchar', length: 100 }) id: string
  @Column({ type: 'varchar', length: 26 }) couponId: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 64 }) orderId: string
  /** What it took off, in fen. */
  @Column({ type: 'int' }) off: number
  @Column({ type: 'bigint' }) at: number
  @Column({ type: 'bigint', nullable: true }) returnedAt: number | null
}
