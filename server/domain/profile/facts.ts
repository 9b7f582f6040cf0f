import type { Tx } from '../../lib/tx.ts'
import type { LentFacts } from '../segments/lent.ts'
import type { DocumentKind } from './document.ts'
import { endOf } from './documents.ts'

const FACTS: Partial<Record<DocumentKind, string>> = {
  driving_licence: 'licence_expires_at',
  id_card: 'id_card_expires_at',
}

/** Until when a customer's papers hold, for segments and for the rules that remind them. */
export const documentFacts: LentFacts = {
  kinds: { licence_expires_at: 'time', id_card_expires_at: 'time' },
  after: ['document.added', 'document.removed'],
  async find(tx: Tx, customerIds: string[]) {
    const rows = await tx.query<{ customerId: string; kind: DocumentKind; expiresOn: number }>(
      `SELECT customerId, kind, expiresOn FROM customer_documents
       WHERE expiresOn IS NOT NULL AND customerId IN (${customerIds.map(() => '?').join(',')})`,
      customerIds,
    )
    const found = new Map<string, Record<string, number>>()
    for (const { customerId, kind, expiresOn } of rows) {
      const fact = FACTS[kind]
      if (fact) found.set(customerId, { ...found.get(customerId), [fact]: endOf(Number(expiresOn)) })
    }
    return found
  },
}
