import { Column, Entity, PrimaryColumn } from 'typeorm'
import { type Actor, record } from '../../engines/events/events.ts'
import type { IdentityKind } from '../../engines/packs/identities.ts'
import type { Tx } from '../../lib/tx.ts'

/** Two customers who may be one: only a person of staff decides that. */
@Entity('customer_look_alikes')
export class LookAlike {
  /** Both ids, the smaller one first. */
  @PrimaryColumn({ type: 'varchar', length: 60 }) id: string
  @Column({ type: 'varchar', length: 26 }) oneId: string
  @Column({ type: 'varchar', length: 26 }) otherId: string
  /** What they have in common. */
  @Column({ type: 'varchar', length: 20 }) kind: IdentityKind
  /** open: nobody has decided; merged; apart: somebody has said that they are two, and they are never joined by themselves. */
  @Column({ type: 'varchar', length: 8 }) state: 'open' | 'merged' | 'apart'
  @Column({ type: 'bigint' }) at: number
}

/** The one name of a pair, whichever is told first. */
export function pairOf(a: string, b: string): string {
  return a < b ? `${a}:${b}` : `${b}:${a}`
}

/** Notes that two customers look alike, once for each pair. */
export async function noteLookAlike(tx: Tx, a: string, b: string, kind: IdentityKind, by: Actor): Promise<void> {
  const [oneId, otherId] = a < b ? [a, b] : [b, a]
  const id = pairOf(a, b)
  if (await tx.get(LookAlike, id)) return
  if (!(await tx.insertOnce(LookAlike, { id, oneId, otherId, kind, state: 'open', at: tx.now }))) return
  await record(tx, 'customers.look_alike', {
    by,
    subject: { type: 'customer', id: oneId },
    customerId: oneId,
    data: { other: otherId, in: kind },
    dedupKey: `look_alike:${id}`,
  })
}

/** Writes down what somebody has decided about a pair, noted before or not. */
export async function decideLookAlike(tx: Tx, a: string, b: string, state: 'merged' | 'apart'): Promise<void> {
  const [oneId, otherId] = a < b ? [a, b] : [b, a]
  const id = pairOf(a, b)
  if (await tx.update(LookAlike, id, { state })) return
  await tx.insertOnce(LookAlike, { id, oneId, otherId, kind: 'member', state, at: tx.now })
}

/** Whether somebody has said that these are two. */
export async function areApart(tx: Tx, a: string, b: string): Promise<boolean> {
  return (await tx.get(LookAlike, pairOf(a, b)))?.state === 'apart'
}

/** The pairs about which nobody has decided, newest first. */
export function openLookAlikes(tx: Tx, limit: number): Promise<LookAlike[]> {
  return tx.find(LookAlike, `WHERE state = 'open' ORDER BY at DESC, id LIMIT ${limit}`)
}
