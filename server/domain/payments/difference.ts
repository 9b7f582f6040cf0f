import { Column, Entity, PrimaryColumn } from 'typeorm'

/**
 * not_here, not_there: one side has a payment or a refund that the other has not; amount: they do not agree on it; odd:
 * somebody paid something else than they were asked; unknown: news of what we do not know; stuck: a refund that the
 * platform cannot carry out; no_money: a refund for which the merchant's account has not enough.
 */
export const DIFFERENCES = ['not_here', 'not_there', 'amount', 'odd', 'unknown', 'stuck', 'no_money'] as const
export type DifferenceKind = (typeof DIFFERENCES)[number]

/** explained: nothing has to be done; returned: the money goes back; again: asked once more; by_hand: paid otherwise. */
export const OUTCOMES = ['explained', 'returned', 'again', 'by_hand'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What can be done about a kind, beside nothing. */
const HELP: Partial<Record<DifferenceKind, Outcome[]>> = {
  odd: ['returned'],
  stuck: ['again', 'by_hand'],
  no_money: ['again', 'by_hand'],
}

/** Whether an outcome makes sense for a kind of difference. */
export function fits(kind: DifferenceKind, outcome: string): boolean {
  return outcome === 'explained' || (HELP[kind] ?? []).some((one) => one === outcome)
}

/** Something about money that does not agree with the platform: work of finance. Amounts are in fen. */
@Entity('money_differences')
export class MoneyDifference {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** Names it: the same again is the same difference. */
  @Column({ type: 'varchar', length: 120, unique: true }) diffKey: string
  @Column({ type: 'varchar', length: 20 }) kind: DifferenceKind
  /** Of the payment or refund, as the platform knows it. */
  @Column({ type: 'varchar', length: 64 }) number: string
  /** The day of the bill, yyyymmdd. */
  @Column({ type: 'int', nullable: true }) day: number | null
  @Column({ type: 'varchar', length: 26, nullable: true }) paymentId: string | null
  @Column({ type: 'varchar', length: 26, nullable: true }) refundId: string | null
  @Column({ type: 'bigint', nullable: true }) ours: number | null
  @Column({ type: 'bigint', nullable: true }) theirs: number | null
  /** What the platform calls it. */
  @Column({ type: 'varchar', length: 40, nullable: true }) code: string | null
  @Column({ type: 'varchar', length: 8 }) state: 'open' | 'settled'
  @Column({ type: 'varchar', length: 10, nullable: true }) outcome: Outcome | null
  /** The flow in which finance works on it; null: no pack has one. */
  @Column({ type: 'varchar', length: 26, nullable: true }) runId: string | null
  @Column({ type: 'bigint' }) foundAt: number
  @Column({ type: 'bigint', nullable: true }) settledAt: number | null
  @Column({ type: 'int' }) version: number
}
