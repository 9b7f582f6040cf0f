import type { IdentityKind, IdentityRule, IdentityRules } from '../../engines/packs/identities.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Rank, rankOf, SPAN_MS } from './identity.ts'
import { slots } from './movers.ts'

/** One identity, without its value: what limits and ranks are read from. */
export interface Held {
  id: string
  customerId: string
  kind: IdentityKind
  proved: boolean
  createdAt: number
}

/** The identities of these customers, by customer. */
export async function profilesOf(tx: Tx, customerIds: string[]): Promise<Map<string, Held[]>> {
  const all = new Map<string, Held[]>(customerIds.map((id) => [id, []]))
  if (customerIds.length === 0) return all
  const rows = await tx.query<Held>(
    `SELECT id, customerId, kind, proved, createdAt FROM customer_identities
     WHERE customerId IN (${slots(customerIds)}) ORDER BY id`,
    customerIds,
  )
  for (const row of rows)
    all.get(row.customerId)?.push({ ...row, proved: Boolean(row.proved), createdAt: Number(row.createdAt) })
  return all
}

/** How much is known of who a customer is: the most that one of their identities says. */
export function rankOfAll(held: Held[] = []): Rank {
  return held.reduce<Rank>((most, one) => (rankOf(one) > most ? rankOf(one) : most), 0)
}

/** Whether a customer has shown who they are; if not they are anonymous. */
export function isKnown(held: Held[] | undefined): boolean {
  return rankOfAll(held) === 2
}

/** Whether there are more of a kind than one customer may have. */
export function isOver({ limit, per }: IdentityRule, kind: IdentityKind, held: Held[], now: number): boolean {
  const since = now - SPAN_MS[per]
  return held.filter((one) => one.kind === kind && one.createdAt > since).length > limit
}

/** The first kind among those that are added of which there are more than a customer may have, or undefined. */
export function overLimit(
  rules: IdentityRules,
  held: Held[],
  now: number,
  added: IdentityKind[],
): IdentityKind | undefined {
  return added.find((kind) => isOver(rules[kind], kind, held, now))
}
