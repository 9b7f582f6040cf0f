import type { Holding } from '../privacy/holding.ts'
import { slots } from '../privacy/rows.ts'
import { lookups } from './lookups.ts'
import { Memo } from './memo.ts'

/** What staff wanted to be reminded of: those that are about a customer, or name them, go. */
export const memoHolding: Holding = {
  name: 'memos',
  async erase(tx, { customerId }) {
    const customer = await lookups().customer(tx, customerId)
    const names = [customer?.name ?? '', customer?.phone ?? ''].filter((name) => [...name].length >= 2)
    // No memo about somebody is older than their row.
    const memos = await tx.find(Memo, 'WHERE id > ?', [customerId])
    const theirs = memos.filter(({ subjectId, text }) => {
      return subjectId === customerId || names.some((name) => text.includes(name))
    })
    const ids = theirs.map(({ id }) => id)
    if (ids.length > 0) await tx.run(`DELETE FROM memos WHERE id IN (${slots(ids)})`, ids)
    return { deleted: ids.length }
  },
}
