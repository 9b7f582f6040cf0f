import type { LentLook } from '../segments/look.ts'
import { Quote } from './quote.ts'

/** What quotes add to the look at a customer: the last one that was sent. */
export const quoteLook: LentLook = {
  dimension: 'transactions',
  async find(tx, customerId) {
    const last = await tx.first(Quote, 'WHERE customerId = ? AND version > 0 ORDER BY id DESC', [customerId])
    return last ? { last_quote: { number: last.number, version: last.version, total_fen: last.total } } : {}
  },
}
