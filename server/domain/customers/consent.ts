import { Column, Entity, PrimaryColumn } from 'typeorm'
import { record } from '../../engines/events/events.ts'
import type { Purpose } from '../../engines/packs/privacy.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'

/** What a customer said to one purpose, and to which words: appended, never changed; the latest row holds (SEMANTICS E7). */
@Entity('consents')
export class Consent {
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  @Column({ type: 'varchar', length: 26 }) customerId: string
  @Column({ type: 'varchar', length: 40 }) purpose: string
  /** denied: they never agreed; revoked: they had. */
  @Column({ type: 'varchar', length: 8 }) status: 'granted' | 'denied' | 'revoked'
  /** The version of the words that they were shown. */
  @Column({ type: 'int' }) version: number
  /** Where they said it. */
  @Column({ type: 'varchar', length: 20 }) source: 'app' | 'unsubscribe' | 'resume' | 'api'
  @Column({ type: 'bigint' }) at: number
  @Column({ type: 'bigint', nullable: true }) lapsesAt: number | null
}

let inForce: () => Purpose[] = () => []

/** Hands over the purposes of the packs in force. */
export function useConsents(purposes: () => Purpose[]): void {
  inForce = purposes
}

/** The purposes for which customers are asked, in the packs' order. */
export function purposesNow(): Purpose[] {
  return inForce()
}

/** What a customer has said last to each purpose. */
export async function consentsOf(tx: Tx, customerId: string): Promise<Map<string, Consent>> {
  const rows = await tx.find(Consent, 'WHERE customerId = ? ORDER BY id', [customerId])
  return new Map(rows.map((row) => [row.purpose, row]))
}

/** Whether a yes holds for the words in force now: neither taken back, nor to earlier words, nor lapsed. */
export function holds(purpose: Purpose, said: Consent | undefined, now: number): boolean {
  if (said === undefined) return purpose.needs === 'opt_out'
  if (said.status !== 'granted') return false
  const stands = said.version >= purpose.version && (said.lapsesAt === null || said.lapsesAt > now)
  return stands || purpose.needs === 'opt_out'
}

/** Notes what a customer says to a purpose; the same once more changes nothing. Says whether it was new. */
export async function noteConsent(
  tx: Tx,
  customerId: string,
  purpose: Purpose,
  yes: boolean,
  source: Consent['source'],
): Promise<boolean> {
  const before = (await consentsOf(tx, customerId)).get(purpose.purpose)
  const status = yes ? 'granted' : before?.status === 'granted' || before?.status === 'revoked' ? 'revoked' : 'denied'
  const lasting = before?.lapsesAt === null || (before?.lapsesAt ?? 0) > tx.now
  if (before?.status === status && before.version === purpose.version && lasting) return false
  const lapsesAt = yes && purpose.lapsesMs !== undefined ? tx.now + purpose.lapsesMs : null
  const said = { customerId, purpose: purpose.purpose, status, version: purpose.version, source } as const
  await tx.insert(Consent, { id: newId(tx.now), ...said, at: tx.now, lapsesAt })
  await record(tx, yes ? 'consent.given' : 'consent.withdrawn', {
    by: { type: 'customer', id: customerId },
    subject: { type: 'customer', id: customerId },
    customerId,
    data: { purpose: purpose.purpose, status, version: purpose.version, source },
  })
  return true
}
