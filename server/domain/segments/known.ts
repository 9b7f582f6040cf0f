import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { SqlField } from '../../lib/condition-sql.ts'
import { jsonText } from '../../lib/crypto.ts'
import type { FactKind } from './fact.ts'
import type { FactValue } from './lent.ts'

/** What was known of a customer when they were last judged: what segments are counted over. */
@Entity('customer_facts')
export class CustomerFacts {
  /** The customer's. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'bigint', nullable: true }) registeredAt: number | null
  @Column({ type: 'bigint', nullable: true }) lastSeenAt: number | null
  @Column({ type: 'bigint', nullable: true }) lastInteractionAt: number | null
  @Column({ type: 'int', nullable: true }) orders: number | null
  @Column({ type: 'bigint', nullable: true }) lastOrderAt: number | null
  @Column({ type: 'int', nullable: true }) orderGapDays: number | null
  @Column({ type: 'bigint', nullable: true }) spentFen: number | null
  @Column({ type: 'int', nullable: true }) rides: number | null
  @Column({ type: 'bigint', nullable: true }) lastRideAt: number | null
  @Column({ type: 'int', nullable: true }) rideGapDays: number | null
  @Column({ type: 'int', nullable: true }) tickets: number | null
  @Column({ type: 'int', nullable: true }) openTickets: number | null
  @Column({ type: 'int', nullable: true }) faultReports: number | null
  /** A day of any year: 1123. */
  @Column({ type: 'int', nullable: true }) birthday: number | null
  @Column({ type: 'varchar', length: 60, nullable: true }) region: string | null
  @Column({ type: 'varchar', length: 60, nullable: true }) tier: string | null
  /** From 1 to one more than there are edges. */
  @Column({ type: 'int', nullable: true }) rScore: number | null
  @Column({ type: 'int', nullable: true }) fScore: number | null
  @Column({ type: 'int', nullable: true }) mScore: number | null
  /** The three scores as people write them: 545. */
  @Column({ type: 'varchar', length: 6, nullable: true }) rfm: string | null
  @Column({ type: 'varchar', length: 26, nullable: true }) stage: string | null
  @Column({ type: 'bigint', nullable: true }) stageSince: number | null
  /** The stage that somebody set, and the one that the facts spoke for then: it holds until they speak for another. */
  @Column({ type: 'varchar', length: 26, nullable: true }) stageSet: string | null
  @Column({ type: 'varchar', length: 26, nullable: true }) stageBase: string | null
  /** The facts that packs and other nouns have beside these. */
  @Column({ type: 'text', transformer: jsonText }) more: Record<string, FactValue>
}

type FactColumn = Exclude<keyof CustomerFacts, 'id' | 'more' | 'stageSet' | 'stageBase'>

/** The facts that have a column of their own, with what they are. */
export const COLUMNS: Record<string, { column: FactColumn; kind: FactKind }> = {
  registered_at: { column: 'registeredAt', kind: 'time' },
  last_seen_at: { column: 'lastSeenAt', kind: 'time' },
  last_interaction_at: { column: 'lastInteractionAt', kind: 'time' },
  orders: { column: 'orders', kind: 'number' },
  last_order_at: { column: 'lastOrderAt', kind: 'time' },
  order_gap_days: { column: 'orderGapDays', kind: 'number' },
  spent_fen: { column: 'spentFen', kind: 'number' },
  rides: { column: 'rides', kind: 'number' },
  last_ride_at: { column: 'lastRideAt', kind: 'time' },
  ride_gap_days: { column: 'rideGapDays', kind: 'number' },
  tickets: { column: 'tickets', kind: 'number' },
  open_tickets: { column: 'openTickets', kind: 'number' },
  fault_reports: { column: 'faultReports', kind: 'number' },
  birthday: { column: 'birthday', kind: 'month_day' },
  region: { column: 'region', kind: 'text' },
  tier: { column: 'tier', kind: 'text' },
  r_score: { column: 'rScore', kind: 'number' },
  f_score: { column: 'fScore', kind: 'number' },
  m_score: { column: 'mScore', kind: 'number' },
  rfm: { column: 'rfm', kind: 'text' },
  stage: { column: 'stage', kind: 'text' },
  stage_since: { column: 'stageSince', kind: 'time' },
}

/** The columns of a row for facts by their names; what has no column goes into `more`. */
export function columnsOf(facts: Record<string, unknown>): Partial<CustomerFacts> & Pick<CustomerFacts, 'more'> {
  const row: Record<string, unknown> = {}
  const more: Record<string, FactValue> = {}
  for (const { column } of Object.values(COLUMNS)) row[column] = null
  for (const [fact, value] of Object.entries(facts)) {
    const own = COLUMNS[fact]
    if (own) row[own.column] = value ?? null
    else more[fact] = value as FactValue
  }
  return { ...row, more }
}

/** The facts in a row; what is not known is left out. */
export function factsInRow(row: CustomerFacts): Record<string, FactValue> {
  const facts: Record<string, FactValue> = {}
  for (const [fact, { column }] of Object.entries(COLUMNS)) {
    const value = row[column]
    if (value !== null) facts[fact] = value
  }
  return { ...facts, ...row.more }
}

/** Where a fact stands in the tables, seen from `customer_facts f`; undefined for what nobody knows. */
export function fieldOf(fact: string): SqlField | undefined {
  if (fact === 'tags')
    return { kind: 'list', rows: `SELECT 1 FROM customer_tags l WHERE l.customerId = f.id`, sql: 'l.tag' }
  if (fact === 'segments')
    return { kind: 'list', rows: `SELECT 1 FROM segment_members l WHERE l.customerId = f.id`, sql: 'l.segment' }
  const own = Object.hasOwn(COLUMNS, fact) ? COLUMNS[fact] : undefined
  if (own) return { kind: own.kind === 'text' ? 'text' : 'number', sql: `f.${own.column}` }
  return /^\w+$/.test(fact) ? { kind: 'json', sql: 'f.more', key: fact } : undefined
}

/** Whole numbers where the column holds whole numbers: the test and the tables see the same. */
export function roundedFacts(facts: Record<string, FactValue>): Record<string, FactValue> {
  for (const [fact, value] of Object.entries(facts))
    if (typeof value === 'number' && COLUMNS[fact]) facts[fact] = Math.round(value)
  return facts
}
