import { Column, Entity, PrimaryColumn } from 'typeorm'

/** An event that some rule listens to, written with it and taken away once it has been dealt with. */
@Entity('rule_heard')
export class RuleHeard {
  /** The event. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'bigint' }) nextAt: number
  @Column({ type: 'int' }) attempts: number
}

/** Somebody or something whose facts may have changed: dates and fields that rules watch are to be looked at anew. */
@Entity('rule_looks')
export class RuleLook {
  /** `<kind>:<id>` */
  @PrimaryColumn({ type: 'varchar', length: 60 }) id: string
  @Column({ type: 'varchar', length: 20 }) subjectType: string
  @Column({ type: 'varchar', length: 26 }) subjectId: string
  @Column({ type: 'varchar', length: 26, nullable: true }) customerId: string | null
  @Column({ type: 'bigint' }) dueAt: number
}

/** What the fields that rules watch were when they were looked at last. */
@Entity('rule_seen')
export class RuleSeen {
  /** `<kind>:<id>:<field>` */
  @PrimaryColumn({ type: 'varchar', length: 130 }) id: string
  /** As JSON. */
  @Column({ type: 'varchar', length: 500 }) value: string
}

/** Whether a rule is in use, by word of the people who watch over it. Without a row it is. */
@Entity('rule_switches')
export class RuleSwitch {
  @PrimaryColumn({ type: 'varchar', length: 60 }) id: string
  /** paused: nobody comes in, who is inside goes on to the next action that reaches anybody, then out. killed: all out. */
  @Column({ type: 'varchar', length: 8 }) state: 'on' | 'paused' | 'killed'
  @Column({ type: 'bigint' }) at: number
  @Column({ type: 'varchar', length: 26, nullable: true }) setBy: string | null
}

/** A message of the rules to a customer: what the cap that all of them share is counted by (K11). */
@Entity('rule_contacts')
export class RuleContact {
  /** `<customer>:<class>:<day>:<n>`: two rules at the same moment cannot both take the last place. */
  @PrimaryColumn({ type: 'varchar', length: 80 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 20 }) kind: string
  /** yyyymmdd */
  @Column({ type: 'int' }) day: number
  @Column({ type: 'bigint' }) at: number
  @Column({ type: 'varchar', length: 60 }) rule: string
  @Column({ type: 'varchar', length: 26 }) runId: string
}
