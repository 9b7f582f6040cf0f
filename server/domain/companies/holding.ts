import type { Holding } from '../../engines/privacy/holding.ts'
import { dropRows, tellRows } from '../../engines/privacy/rows.ts'
import { CompanyContact } from './company.ts'

/** For which company somebody is known: the company stays, the person goes from it. */
export const contactHolding: Holding = {
  name: 'contacts',
  tell: (tx, customerId, after) =>
    tellRows(tx, CompanyContact, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ name, phone, role, decides, createdAt }) => ({ name, phone, role, decides, createdAt }),
    }),
  async erase(tx, { customerId }) {
    await tx.run(
      `UPDATE company_contacts SET reportsTo = NULL WHERE reportsTo IN
       (SELECT id FROM (SELECT id FROM company_contacts WHERE customerId = ?) theirs)`,
      [customerId],
    )
    return dropRows(tx, 'company_contacts', 'customerId = ?', [customerId])
  },
}
