import type { Holding } from '../../engines/privacy/holding.ts'
import { keepRows } from '../../engines/privacy/rows.ts'

/** The books: they stay, and no longer say whose money it was. What was paid is told by the payments. */
export const ledgerHolding: Holding = {
  name: 'ledger',
  erase: (tx, { customerId, alias }) =>
    keepRows(tx, 'ledger_moves', 'customerId = ?', [alias], 'customerId = ?', [customerId]),
}
