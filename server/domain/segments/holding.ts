import type { Holding } from '../../engines/privacy/holding.ts'
import { factsOf } from './facts.ts'
import { forgetCustomer } from './forget.ts'
import { tagsOf } from './tags.ts'

const TABLES = {
  customer_tallies: 'id',
  customer_facts: 'id',
  customer_tags: 'customerId',
  segment_members: 'customerId',
}

/** What was worked out about a customer: facts, tags with their reasons, segments, stage. */
export const segmentHolding: Holding = {
  name: 'segments',
  async tell(tx, customerId) {
    const facts = await factsOf(tx, customerId)
    const tags = await tagsOf(tx, customerId)
    return {
      rows: [
        facts,
        ...tags.map(({ tag, reasons }) => ({ tag, reasons: reasons.map(({ reason, at }) => ({ reason, at })) })),
      ],
    }
  },
  async erase(tx, { customerId }) {
    let deleted = 0
    for (const [table, column] of Object.entries({ ...TABLES, customer_stages: 'customerId' })) {
      const [row] = await tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table} WHERE ${column} = ?`, [
        customerId,
      ])
      deleted += Number(row?.n ?? 0)
    }
    if (deleted > 0) await forgetCustomer(tx, customerId)
    return { deleted }
  },
}
