import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** What else passes between a customer and us in writing, and what may become of it. */
export const PAPERS = {
  quote: ['sent', 'accepted', 'rejected', 'expired'],
  contract: ['sent', 'signed', 'ended', 'cancelled'],
  invoice: ['issued', 'voided'],
  return: ['requested', 'received', 'done', 'rejected'],
} as const
export type PaperKind = keyof typeof PAPERS

/** A quote, contract, invoice or return that stands in another system (D5). */
@Entity('order_papers')
export class OrderPaper {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 8 }) kind: PaperKind
  @Column({ type: 'varchar', length: 40 }) source: string
  @Column({ type: 'varchar', length: 64 }) number: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  /** The number of the order to which it belongs, in the same system. */
  @Column({ type: 'varchar', length: 64, nullable: true }) orderNumber: string | null
  @Column({ type: 'varchar', length: 10 }) status: string
  /** In fen. */
  @Column({ type: 'bigint', nullable: true }) amount: number | null
  @Column({ type: 'varchar', length: 120, nullable: true }) title: string | null
  @Column({ type: 'text', transformer: jsonText }) data: Record<string, unknown>
  @Column({ type: 'bigint' }) issuedAt: number
  @Column({ type: 'bigint', nullable: true }) endsAt: number | null
  @Column({ type: 'bigint' }) updatedAt: number
}
