import { createHash } from 'node:crypto'
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { DAY, HOUR } from '../../lib/clock.ts'
import { Unauthorized } from '../../lib/errors.ts'
import { newId, newToken } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'

const ACCESS_MS = 2 * HOUR
const REFRESH_MS = 30 * DAY

/** A customer's sign-in on one device. Tokens are stored as hashes; the refresh token changes with each use. */
@Entity('sessions')
export class Session {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 64, unique: true }) accessHash: string
  @Column({ type: 'bigint' }) accessUntil: number
  @Column({ type: 'varchar', length: 64, unique: true }) refreshHash: string
  /** The refresh token before: seen again, it was stolen or replayed, and the whole session ends. */
  @Column({ type: 'varchar', length: 64, nullable: true }) usedHash: string | null
  @Column({ type: 'bigint' }) refreshUntil: number
  @Column({ type: 'bigint', nullable: true }) revokedAt: number | null
}

export interface Tokens {
  token: string
  refreshToken: string
  expiresAt: number
}

/** Opens a session for a customer. */
export async function openSession(tx: Tx, customerId: string): Promise<Tokens> {
  const { tokens, columns } = freshTokens(tx.now)
  await tx.insert(Session, { id: newId(tx.now), customerId, ...columns })
  return tokens
}

/** Exchanges a refresh token for new tokens; an old one that comes again ends the session. */
export async function refreshSession(tx: Tx, refreshToken: string): Promise<{ tokens?: Tokens; customerId: string }> {
  const hash = hashOf(refreshToken)
  const session = await tx.first(Session, 'WHERE refreshHash = ? OR usedHash = ?', [hash, hash])
  if (!session || session.revokedAt !== null || session.refreshUntil < tx.now) throw new Unauthorized('session_ended')
  if (session.usedHash === hash) {
    await tx.update(Session, session.id, { revokedAt: tx.now })
    return { customerId: session.customerId }
  }
  const { tokens, columns } = freshTokens(tx.now)
  const mine = await tx.update(Session, session.id, { ...columns, usedHash: hash }, { refreshHash: hash })
  if (!mine) throw new Unauthorized('session_ended')
  return { tokens, customerId: session.customerId }
}

/** The customer behind an access token; throws Unauthorized. */
export async function customerOf(tx: Tx, token: string): Promise<string> {
  const session = await tx.first(Session, 'WHERE accessHash = ?', [hashOf(token)])
  if (!session || session.revokedAt !== null || session.accessUntil < tx.now) throw new Unauthorized('session_ended')
  return session.customerId
}

/** Ends the session of an access token. */
export async function closeSession(tx: Tx, token: string): Promise<void> {
  await tx.run('UPDATE sessions SET revokedAt = ? WHERE accessHash = ? AND revokedAt IS NULL', [tx.now, hashOf(token)])
}

function freshTokens(now: number) {
  const tokens = { token: newToken(), refreshToken: newToken(), expiresAt: now + ACCESS_MS }
  const columns = {
    accessHash: hashOf(tokens.token),
    accessUntil: tokens.expiresAt,
    refreshHash: hashOf(tokens.refreshToken),
    refreshUntil: now + REFRESH_MS,
  }
  return { tokens, columns }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
