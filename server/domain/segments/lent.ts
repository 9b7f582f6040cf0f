import type { Tx } from '../../lib/tx.ts'
import type { FactKind } from './fact.ts'

export type FactValue = string | number | boolean

/** Facts that another noun knows by its own tables. */
export interface LentFacts {
  /** What they are called, and what they are. */
  kinds: Record<string, FactKind>
  /** The events after which they may have changed. */
  after: readonly string[]
  /** Those of these customers, in one statement; whoever has none is left out. */
  find(tx: Tx, customerIds: string[]): Promise<Map<string, Record<string, FactValue>>>
}

const lent = new Map<string, LentFacts>()

/** Lends facts about customers: main.ts hands them over for the nouns above. */
export function lendFacts(by: string, facts: LentFacts): void {
  lent.set(by, facts)
}

/** Everybody's lent facts. */
export function lentFacts(): LentFacts[] {
  return [...lent.values()]
}

/** What is lent about these customers, by customer. */
export async function findLent(tx: Tx, customerIds: string[]): Promise<Map<string, Record<string, FactValue>>> {
  const all = new Map<string, Record<string, FactValue>>()
  for (const { find } of lent.values()) {
    for (const [id, facts] of await find(tx, customerIds)) all.set(id, { ...all.get(id), ...facts })
  }
  return all
}

/** The tier of the loyalty programme, as it stands with the customer. */
export const tierFact: LentFacts = {
  kinds: { tier: 'text' },
  after: ['customer.tier_changed'],
  async find(tx, ids) {
    const rows = await tx.query<{ id: string; tier: string }>(
      `SELECT id, tier FROM customers WHERE tier IS NOT NULL AND id IN (${ids.map(() => '?').join(',')})`,
      ids,
    )
    return new Map(rows.map(({ id, tier }) => [id, { tier }]))
  },
}
