import { Column, Entity, PrimaryColumn } from 'typeorm'
import { jsonText } from '../../lib/crypto.ts'

/** What a key may do: the one table of it. Their words stand in templates/messages/api.yaml. */
export const SCOPES = [
  'events:write',
  'customers:read',
  /** Numbers and names in full; without it they are masked. */
  'customers:reveal',
  'customers:write',
  'orders:read',
  'orders:write',
  'stock:read',
  'stock:write',
  'rentals:write',
] as const
export type Scope = (typeof SCOPES)[number]

/** A key with which an outside system comes in at /api/v1. Of the secret only a hash is kept. */
@Entity('api_keys')
export class ApiKey {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 64 }) hash: string
  /** Whose key it is. What comes in belongs to this source: a new key of the same name goes on where the old one was. */
  @Column({ type: 'varchar', length: 40 }) name: string
  @Column({ type: 'varchar', length: 400, transformer: jsonText }) scopes: Scope[]
  @Column({ type: 'int' }) perMinute: number
  @Column({ type: 'bigint' }) createdAt: number
  @Column({ type: 'bigint', nullable: true }) revokedAt: number | null
  /** yyyymmdd, the last day on which it was used: to see which ones are not needed any more. */
  @Column({ type: 'int', nullable: true }) usedDay: number | null
}

/** A request that was sent under an Idempotency-Key, with what it was answered. */
@Entity('api_requests')
export class ApiRequest {
  /** Hash of the API key, the door and the key that was sent. */
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string
  @Column({ type: 'varchar', length: 64 }) bodyHash: string
  @Column({ type: 'bigint' }) startedAt: number
  /** Null while it is being worked on. */
  @Column({ type: 'bigint', nullable: true }) answeredAt: number | null
  /** Sealed by whoever writes it: it may tell of a person. */
  @Column({ type: 'text', nullable: true }) answer: string | null
}
