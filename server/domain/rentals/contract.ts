import { Column, Entity, PrimaryColumn } from 'typeorm'
import { sealedJson, sealedText } from '../../lib/crypto.ts'

export type ContractState = 'open' | 'signed' | 'void'

export interface Row {
  label: string
  text: string
}

/** Everything that stands in a contract, as it was when it was drawn up: later prices and rules change nothing. */
export interface ContractBody {
  title: string
  number: string
  company: { name: string; credit_code?: string; address: string; phone: string }
  customer: { name: string; idNumber: string; phone: string; licence: string; licenceClass: string }
  /** Label and text, in order. */
  particulars: Row[]
  /** All of them as they stand with it; a supplement tells in `particulars` what has changed. */
  standing: Row[]
  price: { title: string; amount: number }[]
  total: number
  deposit: number
  articles: { title: string; lines: string[] }[]
  madeAt: number
}

/** A contract of a rental, or a supplement to it. What was signed never changes: what comes later gets a supplement. */
@Entity('contracts')
export class Contract {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) rentalId: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 12 }) kind: 'contract' | 'supplement'
  /** Its place among those of the rental, from 1. */
  @Column({ type: 'int' }) seq: number
  @Column({ type: 'varchar', length: 20 }) number: string
  @Column({ type: 'varchar', length: 8 }) state: ContractState
  @Column({ type: 'text', transformer: sealedJson }) body: ContractBody
  /** SHA-256 of its text as it was read and signed. */
  @Column({ type: 'varchar', length: 64 }) hash: string
  @Column({ type: 'varchar', length: 26, nullable: true }) signatureId: string | null
  @Column({ type: 'bigint', nullable: true }) signedAt: number | null
  /** Who signed, and with which device. */
  @Column({ type: 'text', nullable: true, transformer: sealedText }) signer: string | null
  @Column({ type: 'text', nullable: true, transformer: sealedText }) device: string | null
  /** When the sealed document is to be made; null: made, or not signed. */
  @Column({ type: 'bigint', nullable: true }) makeAt: number | null
  @Column({ type: 'int' }) attempts: number
  @Column({ type: 'bigint', nullable: true }) madeAt: number | null
  /** SHA-256 of the certificate by which it was sealed; null: there was none. */
  @Column({ type: 'varchar', length: 64, nullable: true }) fingerprint: string | null
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'int' }) version: number
}
