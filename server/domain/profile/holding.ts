import type { Holding } from '../../engines/privacy/holding.ts'
import { dropRows, sum, tellRows } from '../../engines/privacy/rows.ts'
import { CustomerDetail } from './detail.ts'
import { CustomerDocument } from './document.ts'

/** What a customer told of themselves. */
export const detailHolding: Holding = {
  name: 'details',
  tell: (tx, customerId, after) =>
    tellRows(tx, CustomerDetail, {
      where: 'id = ?',
      values: [customerId],
      after,
      look: ({ birthday, region, preferences, updatedAt }) => ({ birthday, region, preferences, updatedAt }),
    }),
  async erase(tx, { customerId }) {
    const gone = []
    for (const table of ['customer_details', 'email_confirmations'])
      gone.push(await dropRows(tx, table, 'id = ?', [customerId]))
    return sum(gone)
  },
}

/** A customer's papers; their photos are pictures like others. */
export const documentHolding: Holding = {
  name: 'documents',
  tell: (tx, customerId, after) =>
    tellRows(tx, CustomerDocument, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ kind, number, holder, class: ofClass, expiresOn, issuedOn, createdAt }) => {
        return { kind, number, holder, class: ofClass, expiresOn, issuedOn, createdAt }
      },
    }),
  erase: (tx, { customerId }) => dropRows(tx, 'customer_documents', 'customerId = ?', [customerId]),
}
