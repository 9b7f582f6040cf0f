import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** One step of a run: whose turn it is, since when, until when. Its deadlines are columns, nothing else keeps time. */
@Entity('flow_steps')
export class FlowStep {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) runId: string
  @Column({ type: 'varchar', length: 40 }) name: string
  /** What it waits for: a person, its branches, an event from outside, or the end of another flow. */
  @Column({ type: 'varchar', length: 8 }) kind: 'task' | 'fork' | 'wait' | 'call'
  /** The fork whose branch it stands in. A running run has one live step outside any fork, a live fork one within. */
  @Column({ type: 'varchar', length: 26, nullable: true }) forkId: string | null
  @Column({ type: 'int' }) seq: number
  @Column({ type: 'varchar', length: 12 }) state: 'open' | 'waiting' | 'done' | 'cancelled'
  @Column({ type: 'varchar', length: 40 }) role: string
  /** Nobody yet: the step lies in the pool of its role. */
  @Column({ type: 'varchar', length: 26, nullable: true }) assigneeId: string | null
  /** How often it changed hands: each hand gets a card of its own. */
  @Column({ type: 'int' }) hands: number
  @Column({ type: 'bigint' }) openedAt: number
  @Column({ type: 'bigint', nullable: true }) acceptedAt: number | null
  /** The working time allowed, extensions included. */
  @Column({ type: 'bigint' }) limitMs: number
  /** When that time is used up; null while the clock is paused. */
  @Column({ type: 'bigint', nullable: true }) dueAt: number | null
  /** When the sweep looks at it next: the time of the rung below. */
  @Column({ type: 'bigint', nullable: true }) wakeAt: number | null
  /** The rung of the ladder that fires next. */
  @Column({ type: 'int' }) rung: number
  @Column({ type: 'bigint', nullable: true }) rungAt: number | null
  @Column({ type: 'bigint', nullable: true }) overdueAt: number | null
  /** How far up the chain it was carried: 0 nobody, 1 first level … */
  @Column({ type: 'int' }) level: number
  @Column({ type: 'varchar', length: 26, nullable: true }) ackBy: string | null
  @Column({ type: 'bigint', nullable: true }) ackUntil: number | null
  @Column({ type: 'varchar', length: 26, nullable: true }) finishedBy: string | null
  @Column({ type: 'bigint', nullable: true }) finishedAt: number | null
  @Column({ type: 'text', nullable: true, transformer: jsonText }) answers: Record<string, unknown> | null
  /** Working time used, without pauses; written once at the end. */
  @Column({ type: 'bigint', nullable: true }) usedMs: number | null
  @Column({ type: 'int' }) version: number

  /** Whether anything can still be done with it. */
  isLive(): boolean {
    return this.state === 'open' || this.state === 'waiting'
  }
}

/** A span in which a step's clock stood still; appended, never changed but for its end. */
@Entity('flow_pauses')
export class FlowPause {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) stepId: string
  @Column({ type: 'bigint' }) fromAt: number
  @Column({ type: 'bigint', nullable: true }) toAt: number | null
}
