import { Column, Entity, PrimaryColumn } from 'typeorm'
import { sealedText } from '../../lib/crypto.ts'

/** One customer (D1). What names a person is sealed at rest (D12). */
@Entity('customers')
export class Customer {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'text', nullable: true, transformer: sealedText }) nickname: string | null
  @Column({ type: 'text', nullable: true, transformer: sealedText }) phone: string | null
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'bigint' }) seenAt: number
  /** The tier of the loyalty programme; null: none. */
  @Column({ type: 'varchar', length: 40, nullable: true }) tier: string | null
  /** When the words by which staff find them were written; null: they have changed since. */
  @Column({ type: 'bigint', nullable: true }) keyedAt: number | null
}

/** One of the identities by which a customer is known; the value is sealed, the blind index finds it. */
@Entity('customer_identities')
export class CustomerIdentity {
  /** Blind index of kind and value. */
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  /** `contact`: a number that was typed on a public page and that nobody has proved to be theirs. */
  @Column({ type: 'varchar', length: 20 }) kind: 'openid' | 'unionid' | 'phone' | 'contact' | 'email'
  @Column({ type: 'text', transformer: sealedText }) value: string
  @Column({ type: 'bigint' }) createdAt: number
}
