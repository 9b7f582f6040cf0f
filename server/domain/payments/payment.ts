import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { Account } from '../ledger/accounts.ts'

/** closed: nobody can pay it any more; what comes all the same goes back, or is kept apart. */
export type PaymentState = 'open' | 'paid' | 'closed'
/** given_up: whoever asked for it took it back; lapsed: its time was over; odd: something else was paid than was asked. */
export type ClosedWhy = 'given_up' | 'lapsed' | 'odd'

/** What a customer was asked to pay for something, and what came of it. Amounts are in fen. */
@Entity('payments')
export class Payment {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** What the platform knows it by (out_trade_no). */
  @Column({ type: 'varchar', length: 32, unique: true }) number: string
  /** Names the asking: the same again is the same payment. */
  @Column({ type: 'varchar', length: 190, unique: true }) askKey: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 20 }) subjectType: string
  @Column({ type: 'varchar', length: 26 }) subjectId: string
  /** What it is for: `deposit`, `rental`, `settlement`, `ride` … */
  @Column({ type: 'varchar', length: 20 }) purpose: string
  @Column({ type: 'varchar', length: 60 }) title: string
  @Column({ type: 'bigint' }) amount: number
  /** What has come: the amount, or in an odd one something else. */
  @Column({ type: 'bigint' }) received: number
  /** What goes back of it, arrived or on its way. */
  @Column({ type: 'bigint' }) refunded: number
  @Column({ type: 'varchar', length: 8 }) state: PaymentState
  @Column({ type: 'varchar', length: 10, nullable: true }) closedWhy: ClosedWhy | null
  /** Until when it can be paid. */
  @Column({ type: 'bigint' }) payBy: number
  @Column({ type: 'bigint' }) createdAt: number
  /** When the platform may first have heard of it; null: it never has. */
  @Column({ type: 'bigint', nullable: true }) openedAt: number | null
  /** The blind index of the openid for which it was opened: nobody else's WeChat can pay it. */
  @Column({ type: 'varchar', length: 64, nullable: true }) openedFor: string | null
  /** What the phone pays by, and until when. */
  @Column({ type: 'varchar', length: 64, nullable: true }) prepayId: string | null
  @Column({ type: 'bigint', nullable: true }) prepayUntil: number | null
  /** The platform's own number. */
  @Column({ type: 'varchar', length: 40, nullable: true, unique: true }) transactionId: string | null
  /** When it was paid, by the platform's word. */
  @Column({ type: 'bigint', nullable: true }) paidAt: number | null
  /** When the platform is asked about it next, or told that it is closed. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  @Column({ type: 'int' }) attempts: number
  @Column({ type: 'int' }) version: number

  /** What of it has not gone back. */
  left(): number {
    return this.received - this.refunded
  }
}

/** The account on which the money of a payment stands until it is earned or goes back. */
export function accountOf({ purpose, closedWhy }: Pick<Payment, 'purpose' | 'closedWhy'>): Account {
  if (closedWhy === 'odd') return 'apart:wechatpay'
  return purpose === 'deposit' ? 'deposits:held' : 'customers:owed'
}
