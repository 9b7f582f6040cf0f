import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { Tx } from './tx.ts'

/** Which process has the right to something that only one may do at a time, and until when unless it renews it. */
@Entity('leases')
export class Lease {
  @PrimaryColumn({ type: 'varchar', length: 190 }) name: string
  @Column({ type: 'varchar', length: 26 }) holder: string
  @Column({ type: 'bigint' }) expiresAt: number
}

/** A lease may be taken by its holder again, and by anybody once it has run out. */
const TAKE = 'UPDATE leases SET holder = ?, expiresAt = ? WHERE name = ? AND (holder = ? OR expiresAt <= ?)'

/** Takes or renews a lease for `ms`; returns when it runs out, or undefined while another one holds it. */
export async function takeLease(tx: Tx, name: string, holder: string, ms: number): Promise<number | undefined> {
  const expiresAt = tx.now + ms
  if ((await tx.run(TAKE, [holder, expiresAt, name, holder, tx.now])) === 1) return expiresAt
  const known = (await tx.get(Lease, name)) !== undefined
  if (known || !(await tx.insertOnce(Lease, { name, holder, expiresAt }))) return undefined
  return expiresAt
}

/** Gives a lease back, so that the next one need not wait; nothing happens if it was lost already. */
export async function giveLeaseBack(tx: Tx, name: string, holder: string): Promise<void> {
  await tx.run('UPDATE leases SET expiresAt = 0 WHERE name = ? AND holder = ?', [name, holder])
}
