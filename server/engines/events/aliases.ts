import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { Tx } from '../../lib/tx.ts'

/**
 * The id of a customer who turned out to be another one. Events keep the id they came with, and so may whoever still
 * knows only the old one; where two merges follow one another both old ids lead straight to the last.
 */
@Entity('customer_aliases')
export class CustomerAlias {
  /** The id that is no customer's any more. */
  @PrimaryColumn({ type: 'varchar', length: 26 }) id: string
  /** Whose it is now. */
  @Column({ type: 'varchar', length: 26 }) customerId: string
}

/** Every id under which a customer's events may stand, their own first. */
export async function idsBehind(tx: Tx, customerId: string): Promise<string[]> {
  return [customerId, ...((await idsBehindAll(tx, [customerId])).get(customerId) ?? [])]
}

/** The further ids of these customers, by customer; most have none. */
export async function idsBehindAll(tx: Tx, customerIds: string[]): Promise<Map<string, string[]>> {
  const all = new Map<string, string[]>()
  if (customerIds.length === 0) return all
  const aliases = await tx.find(CustomerAlias, `WHERE customerId IN (${slots(customerIds)}) ORDER BY id`, customerIds)
  for (const { id, customerId } of aliases) all.set(customerId, [...(all.get(customerId) ?? []), id])
  return all
}

/** Who a customer is now, by an id that may be an old one. */
export async function presentId(tx: Tx, id: string): Promise<string> {
  return (await tx.get(CustomerAlias, id))?.customerId ?? id
}

/** Who these customers are now: only those stand in it whose id is an old one. */
export async function presentIds(tx: Tx, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const aliases = await tx.find(CustomerAlias, `WHERE id IN (${slots(ids)})`, ids)
  return new Map(aliases.map(({ id, customerId }) => [id, customerId]))
}

function slots(list: unknown[]): string {
  return list.map(() => '?').join(',')
}
