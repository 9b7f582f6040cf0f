import type { Holding } from '../../engines/privacy/holding.ts'
import { keepRows, tellRows } from '../../engines/privacy/rows.ts'
import { Lead } from './lead.ts'

/** Leads: where they came from and what they came to is counted by; whose they were is not kept. */
export const leadHolding: Holding = {
  name: 'leads',
  tell: (tx, customerId, after) =>
    tellRows(tx, Lead, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ state, source, region, industry, reason, amount, openedAt, contactedAt, closedAt }) => {
        return { state, source, region, industry, reason, amount, openedAt, contactedAt, closedAt }
      },
    }),
  erase: (tx, { customerId, alias }) =>
    keepRows(tx, 'leads', 'customerId = ?', [alias], 'customerId = ?', [customerId]),
}
