import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText, sealedJson } from '../../lib/crypto.ts'
import type { PriceList } from './price-list.ts'

/** What was chosen from a price list; `off` in thousandths of the price. */
export interface Chosen {
  item: string
  quantity: number
  off?: number
}

/** A line of a quote as it stood when it was made. Amounts are in fen. */
export interface QuoteLine {
  item: string
  name: string
  spec?: string
  unit: string
  quantity: number
  price: number
  off: number
  /** The price of one unit with the discount. */
  net: number
  amount: number
}

/** What lines come to. */
export interface Sums {
  /** Without any discount. */
  listTotal: number
  total: number
  /** The tax that the total includes. */
  tax: number
}

/** Whom it is made out to. */
export interface Buyer {
  company: string
  name: string
  phone: string
}

/** A quote: what is offered at which price. One number for each matter; each that is sent is a version of its own. */
@Entity('quotes')
export class Quote {
  /** Also the id of its document. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 20 }) number: string
  /** 0 until it is sent: drafts that are refused leave no gap. */
  @Column({ type: 'int' }) version: number
  @Column({ type: 'varchar', length: 20 }) subjectType: string
  @Column({ type: 'varchar', length: 26 }) subjectId: string
  @Column({ type: 'varchar', length: 26, nullable: true }) customerId: string | null
  /** The company whose it is, if it is one that we know. */
  @Column({ type: 'varchar', length: 26, nullable: true }) companyId: string | null
  /** Who made it. */
  @Column({ type: 'varchar', length: 26 }) staffId: string
  @Column({ type: 'text', transformer: sealedJson }) buyer: Buyer
  /** The version of the price list by which it was made. */
  @Column({ type: 'varchar', length: 26 }) listId: string
  @Column({ name: 'pricedLines', type: 'text', transformer: jsonText }) lines: QuoteLine[]
  @Column({ type: 'bigint' }) listTotal: number
  @Column({ type: 'bigint' }) total: number
  @Column({ type: 'bigint' }) tax: number
  /** making: approved, or in need of no approval; its document is on the way. */
  @Column({ type: 'varchar', length: 10 }) state: 'draft' | 'dropped' | 'rejected' | 'making' | 'sent' | 'superseded'
  @Column({ type: 'bigint', nullable: true }) validUntil: number | null
  /** When its document is made, or tried again; null: nothing to do. */
  @Column({ type: 'bigint', nullable: true }) makeAt: number | null
  @Column({ type: 'int' }) attempts: number
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'bigint', nullable: true }) decidedAt: number | null
  @Column({ type: 'bigint', nullable: true }) sentAt: number | null
}

/** The lines at the prices of a list. What is not in it, or not for sale so, has been refused where it was typed. */
export function pricedLines({ items }: Pick<PriceList, 'items'>, chosen: Chosen[]): QuoteLine[] {
  return chosen.flatMap(({ item: name, quantity, off = 0 }) => {
    const item = items.find((one) => one.item === name)
    if (!item) return []
    const { spec, unit, price } = item
    // Rounded for one unit: what customers multiply must come out.
    const net = Math.round((price * (1000 - off)) / 1000)
    return {
      item: name,
      name: item.name,
      ...(spec && { spec }),
      unit,
      quantity,
      price,
      off,
      net,
      amount: net * quantity,
    }
  })
}

/** What lines come to; tax in thousandths. */
export function sumsOf(lines: QuoteLine[], tax: number): Sums {
  const listTotal = lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0)
  const total = lines.reduce((sum, { amount }) => sum + amount, 0)
  return { listTotal, total, tax: total - Math.round((total * 1000) / (1000 + tax)) }
}

/** Whether more is taken off anything than whoever sells it may take off alone. */
export function isBeyond({ items }: Pick<PriceList, 'items'>, lines: QuoteLine[]): boolean {
  return lines.some(({ item, off }) => off > (items.find((one) => one.item === item)?.free ?? 0))
}

/** A discount as people say it in Chinese: 5 % off is 9.5 (折). */
export function foldOf(off: number): string {
  return off === 0 ? '' : String((1000 - off) / 100)
}
