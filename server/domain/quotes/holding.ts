import { Document } from '../../engines/files/document.ts'
import { DOCUMENT_ENDING } from '../../engines/files/documents.ts'
import type { Holding } from '../../engines/privacy/holding.ts'
import { BATCH, sum, tellRows } from '../../engines/privacy/rows.ts'
import { Quote } from './quote.ts'

const NOBODY = { company: '', name: '', phone: '' }

/** Quotes: numbers, lines and amounts are kept for the books; to whom they were made out, and the paper, go. */
export const quoteHolding: Holding = {
  name: 'quotes',
  tell: (tx, customerId, after) =>
    tellRows(tx, Quote, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ number, version, buyer, lines, total, tax, state, createdAt, sentAt }) => {
        return { number, version, buyer, lines, total, tax, state, createdAt, sentAt }
      },
    }),
  async files(tx, customerId) {
    const rows = await tx.find(Document, 'WHERE id IN (SELECT id FROM quotes WHERE customerId = ?)', [customerId])
    return rows.map(({ id }) => ({ id, ending: DOCUMENT_ENDING }))
  },
  async erase(tx, { customerId, alias }) {
    const quotes = await tx.find(Quote, `WHERE customerId = ? ORDER BY id LIMIT ${BATCH}`, [customerId])
    for (const { id, number, state } of quotes) {
      const unfinished = state === 'draft' || state === 'making'
      await tx.update(Quote, id, {
        customerId: alias,
        buyer: NOBODY,
        makeAt: null,
        ...(unfinished && { state: 'dropped' as const }),
      })
      await tx.update(Document, id, { name: number, size: 0 })
    }
    return sum([{ kept: quotes.length, more: quotes.length === BATCH }])
  },
}
