import { Column, Entity, PrimaryColumn } from 'typeorm'

/** How far a trigger that goes by the clock, or that watches facts, has come. */
@Entity('rule_clocks')
export class RuleClock {
  /** `<rule>#<n>`, by the trigger's place. */
  @PrimaryColumn({ type: 'varchar', length: 70 }) id: string
  @Column({ type: 'varchar', length: 60 }) rule: string
  /** Hash of the trigger: a changed one begins anew. */
  @Column({ type: 'varchar', length: 44 }) mark: string
  /** When there is something to do: the next firing, or now while one is dealt out or everybody is looked at. */
  @Column({ type: 'bigint', nullable: true }) nextAt: number | null
  /** The firing that is being dealt out. */
  @Column({ type: 'bigint', nullable: true }) firing: number | null
  /** How far down the list it has been dealt out, or everybody has been looked at. */
  @Column({ type: 'varchar', length: 26, nullable: true }) afterId: string | null
  /** When everybody who was there had been looked at: whoever is met after that is new. */
  @Column({ type: 'bigint', nullable: true }) filledAt: number | null
  @Column({ type: 'int' }) version: number
}

/** A date of somebody or something that a rule goes by. */
@Entity('rule_dates')
export class RuleDate {
  /** `<clock>:<id>` */
  @PrimaryColumn({ type: 'varchar', length: 110 }) id: string
  @Column({ type: 'varchar', length: 70 }) clockId: string
  @Column({ type: 'varchar', length: 26 }) subjectId: string
  @Column({ type: 'varchar', length: 26, nullable: true }) customerId: string | null
  /** The date as the facts tell it. */
  @Column({ type: 'varchar', length: 40 }) value: string
  /** The day that is kept next. */
  @Column({ type: 'bigint', nullable: true }) occursAt: number | null
  /** When the rule fires for it; null: it has, or the time has passed. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
}
