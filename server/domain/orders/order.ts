import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** What the system where an order stands says of it; what was paid and given back is counted here. */
export const TOLD = ['placed', 'paid', 'completed', 'cancelled'] as const
export type Told = (typeof TOLD)[number]
export const STATUSES = ['placed', 'paid', 'completed', 'cancelled', 'partly_refunded', 'refunded'] as const
export type Status = (typeof STATUSES)[number]

/** An order of a customer, from wherever they order (D5). Amounts are in fen. */
@Entity('orders')
export class Order {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** Where it stands: the name of the key by which it came. */
  @Column({ type: 'varchar', length: 40 }) source: string
  /** Its number there. */
  @Column({ type: 'varchar', length: 64 }) number: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 16 }) status: Status
  @Column({ type: 'varchar', length: 16 }) told: Told
  /** It was called paid at any time, whatever single payments are known of. */
  @Column({ type: 'boolean' }) toldPaid: boolean
  @Column({ type: 'bigint' }) total: number
  @Column({ type: 'bigint' }) paid: number
  @Column({ type: 'bigint' }) refunded: number
  @Column({ type: 'varchar', length: 120, nullable: true }) title: string | null
  /** By which way it came to that system: shop, app, telephone. */
  @Column({ type: 'varchar', length: 40, nullable: true }) channel: string | null
  @Column({ type: 'text', transformer: jsonText }) items: OrderItem[]
  @Column({ type: 'text', transformer: jsonText }) data: Record<string, unknown>
  @Column({ type: 'bigint' }) placedAt: number
  @Column({ type: 'bigint', nullable: true }) paidAt: number | null
  /** The time of the newest version that we know: what is older changes nothing. */
  @Column({ type: 'bigint' }) updatedAt: number
  /** Counts every change of the row, for the compare-and-set. */
  @Column({ type: 'int' }) version: number
}

export interface OrderItem {
  sku: string
  name: string
  quantity: number
  /** For one. */
  price: number
}

/** Money that came for an order, or went back. */
@Entity('order_moves')
export class OrderMove {
  /** `<order>:<payment|refund>:<its number where it comes from>` */
  @PrimaryColumn({ type: 'varchar', length: 110 }) id: string
  @Column({ type: 'varchar', length: 26 }) orderId: string
  @Column({ type: 'varchar', length: 8 }) kind: 'payment' | 'refund'
  @Column({ type: 'varchar', length: 64 }) number: string
  @Column({ type: 'bigint' }) amount: number
  @Column({ type: 'bigint' }) at: number
  @Column({ type: 'varchar', length: 40, nullable: true }) method: string | null
  @Column({ type: 'varchar', length: 120, nullable: true }) reason: string | null
}

/** Where an order stands by what is told and what was paid. */
export function statusOf({ told, total, paid, refunded }: Pick<Order, 'told' | 'total' | 'paid' | 'refunded'>): Status {
  if (refunded > 0) return refunded >= paid ? 'refunded' : 'partly_refunded'
  if (told === 'cancelled' || told === 'completed') return told
  return told === 'paid' || (total > 0 && paid >= total) ? 'paid' : 'placed'
}

/** What was paid: the single payments, or the whole if the order is called paid. */
export function paidOf(
  { toldPaid, total }: Pick<Order, 'toldPaid' | 'total'>,
  payments: Pick<OrderMove, 'amount'>[],
): number {
  const sum = payments.reduce((all, { amount }) => all + amount, 0)
  return toldPaid ? Math.max(sum, total) : sum
}

/**
 * When an order was paid in full, or null: with the payment that made it so, in the order of their time, or with the
 * version that first called it paid.
 */
export function paidWhen(
  { toldPaid, total }: Pick<Order, 'toldPaid' | 'total'>,
  moves: Pick<OrderMove, 'kind' | 'amount' | 'at'>[],
  toldAt: number,
): number | null {
  let sum = 0
  for (const { kind, amount, at } of moves) {
    if (kind === 'payment') sum += amount
    if (total > 0 && sum >= total) return at
  }
  return toldPaid ? toldAt : null
}
