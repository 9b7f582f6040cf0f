import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { IdentityKind } from '../../engines/packs/identities.ts'
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
  /** Whose it is; empty: several people use it, and it is none of theirs. */
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 20 }) kind: IdentityKind
  @Column({ type: 'text', transformer: sealedText }) value: string
  @Column({ type: 'bigint' }) createdAt: number
  /** Whether somebody has shown that it is theirs; what was only typed is a hint. */
  @Column({ type: 'boolean' }) proved: boolean
}

/**
 * With whom a thing was seen that several people may use: a device with the account or the number that was used on it.
 * While all of them are one customer's, so is the thing.
 */
@Entity('identity_claims')
export class IdentityClaim {
  /** `<thing>:<claimant>` */
  @PrimaryColumn({ type: 'varchar', length: 130 }) id: string
  @Column({ type: 'varchar', length: 64 }) identityId: string
  @Column({ type: 'varchar', length: 64 }) claimantId: string
}
