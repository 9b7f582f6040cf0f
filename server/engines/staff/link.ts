import { createHash } from 'node:crypto'
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { MINUTE } from '../../lib/clock.ts'
import { signatureHolds, signText } from '../../lib/crypto.ts'
import { Forbidden, Unauthorized } from '../../lib/errors.ts'
import { newId, newToken } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'

const LINK_MS = 15 * MINUTE
const PAGE_MS = 60 * MINUTE

/** A one-time link that the bot gave to one person for one step; opening it starts a short session for that step only. */
@Entity('staff_links')
export class StaffLink {
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string
  @Column({ type: 'varchar', length: 26 }) staffId: string
  @Column({ type: 'varchar', length: 26 }) stepId: string
  @Column({ type: 'bigint' }) expiresAt: number
  @Column({ type: 'bigint', nullable: true }) openedAt: number | null
  @Column({ type: 'varchar', length: 64, nullable: true, unique: true }) sessionHash: string | null
}

/** Makes a signed link token for a person and a step. */
export async function openLink(tx: Tx, staffId: string, stepId: string): Promise<string> {
  const id = newId(tx.now)
  await tx.insert(StaffLink, { id, staffId, stepId, expiresAt: tx.now + LINK_MS })
  return `${id}.${signText(`work:${id}`)}`
}

/** Exchanges a link for a page session; a second opening, a wrong signature or an old link is refused. */
export async function enterLink(tx: Tx, token: string): Promise<string> {
  const [id = '', signature = ''] = token.split('.')
  if (!signatureHolds(`work:${id}`, signature)) throw new Forbidden('link_wrong')
  const session = newToken()
  const entered = await tx.run(
    'UPDATE staff_links SET openedAt = ?, sessionHash = ?, expiresAt = ? WHERE id = ? AND openedAt IS NULL AND expiresAt > ?',
    [tx.now, hash(session), tx.now + PAGE_MS, id, tx.now],
  )
  if (entered !== 1) throw new Forbidden('link_used')
  return session
}

/** Starts a page session for all of a person's work; its link names no step. */
export async function enterHome(tx: Tx, staffId: string): Promise<string> {
  const session = newToken()
  const row = { id: newId(tx.now), staffId, stepId: '', openedAt: tx.now, sessionHash: hash(session) }
  await tx.insert(StaffLink, { ...row, expiresAt: tx.now + PAGE_MS })
  return session
}

/** Who stands behind a page session, and for which step; throws Unauthorized. */
export async function linkOf(tx: Tx, session: string): Promise<StaffLink> {
  const link = await tx.first(StaffLink, 'WHERE sessionHash = ? AND expiresAt > ?', [hash(session), tx.now])
  if (!link) throw new Unauthorized('link_used')
  return link
}

/** Ends the links and page sessions of a person. */
export async function revokeLinks(tx: Tx, staffId: string): Promise<void> {
  await tx.run('UPDATE staff_links SET expiresAt = ? WHERE staffId = ? AND expiresAt > ?', [tx.now, staffId, tx.now])
}

function hash(session: string): string {
  return createHash('sha256').update(session).digest('hex')
}
