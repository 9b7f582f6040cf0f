import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** What set a run going, as conditions and texts read it. */
export interface Occasion {
  name: string
  at: number
  [field: string]: unknown
}

/** What a run has met on its way. */
export interface Memory {
  /** What happened at each wait for something, by the name that the rule gave it. */
  answers: Record<string, Occasion>
  /** Into which part of each split it fell, by the split's place. */
  splits: Record<string, string>
  /** What words have given, by name: the coupon of which the next message speaks. */
  given?: Record<string, unknown>
  /** It is on the way out because of them. */
  stopped?: true
}

export type Outcome = 'completed' | 'ended' | 'stopped' | 'left' | 'killed' | 'failed'

/** One journey of one key (a customer, an order, a vehicle …) through a rule. Its waits are columns, nothing else keeps time. */
@Entity('rule_runs')
export class RuleRun {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 60 }) rule: string
  /** The version of the rule that this run began with and keeps. */
  @Column({ type: 'varchar', length: 26 }) definitionId: string
  @Column({ type: 'varchar', length: 120 }) runKey: string
  /** While it goes on, no second one of the same rule and key begins. */
  @Column({ type: 'varchar', length: 190, nullable: true, unique: true }) openKey: string | null
  /** What set it going: the same occasion sets it going once. */
  @Column({ type: 'varchar', length: 190, unique: true }) entryKey: string
  @Column({ type: 'varchar', length: 26, nullable: true }) customerId: string | null
  /** The things that it is about, by their kind: `{ ticket: id }`. */
  @Column({ type: 'text', transformer: jsonText }) subjects: Record<string, string>
  @Column({ type: 'varchar', length: 8 }) state: 'running' | 'ended'
  @Column({ type: 'varchar', length: 10, nullable: true }) outcome: Outcome | null
  /** The step that comes next, or at which it waits; null: the end. */
  @Column({ type: 'varchar', length: 80, nullable: true }) node: string | null
  /** Whether it has come to that step and waits there. */
  @Column({ type: 'boolean' }) arrived: boolean
  /** An id of the moment when it came there: events behind it came later. */
  @Column({ type: 'varchar', length: 26, nullable: true }) arrivedId: string | null
  /** When the sweep takes it on. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  /** Since when its next action is held by a cap or the quiet hours. */
  @Column({ type: 'bigint', nullable: true }) heldSince: number | null
  /** How often it has begun anew: each round's effects are its own. */
  @Column({ type: 'int' }) round: number
  /** The event after which what it waits for, or stops for, counts. */
  @Column({ type: 'varchar', length: 26 }) sinceId: string
  @Column({ type: 'text', transformer: jsonText }) occasion: Occasion
  @Column({ type: 'text', transformer: jsonText }) memory: Memory
  /** How often its next action has failed. */
  @Column({ type: 'int' }) attempts: number
  /** It fell due while the house was down, and has been given a time of its own since. */
  @Column({ type: 'boolean' }) staggered: boolean
  @Column({ type: 'bigint' }) startedAt: number
  @Column({ type: 'bigint', nullable: true }) endedAt: number | null
  @Column({ type: 'int' }) version: number
}

export type TraceKind =
  | 'entered'
  | 'refused'
  | 'missed'
  | 'restarted'
  | 'waits'
  | 'woke'
  | 'happened'
  | 'branched'
  | 'split'
  | 'passed'
  | 'done'
  | 'held'
  | 'capped'
  | 'failed'
  | 'stopped'
  | 'over'

/** What a rule did or did not do, and on what grounds: appended, never changed (K19). */
@Entity('rule_traces')
export class RuleTrace {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 60 }) rule: string
  @Column({ type: 'varchar', length: 26, nullable: true }) runId: string | null
  @Column({ type: 'varchar', length: 120 }) runKey: string
  @Column({ type: 'varchar', length: 26, nullable: true }) customerId: string | null
  @Column({ type: 'bigint' }) at: number
  @Column({ type: 'varchar', length: 12 }) kind: TraceKind
  @Column({ type: 'varchar', length: 80, nullable: true }) node: string | null
  @Column({ type: 'text', transformer: jsonText }) data: Record<string, unknown>
  /** Set where the same would be told again and again: once is enough. */
  @Column({ type: 'varchar', length: 190, nullable: true, unique: true }) dedupKey: string | null
}
