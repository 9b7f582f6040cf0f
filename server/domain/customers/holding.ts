import { AccessRead } from '../../engines/access/read.ts'
import type { Holding } from '../../engines/privacy/holding.ts'
import { dropRows, keepRows, sum, tellRows } from '../../engines/privacy/rows.ts'
import { Consent } from './consent.ts'
import { Customer, CustomerIdentity } from './customer.ts'
import { forgetClaims, forgetMerges } from './forget-merges.ts'

/** By what a customer is known and finds their way in: it goes first, so that nobody can come back as them. */
export const identityHolding: Holding = {
  name: 'identities',
  tell: (tx, customerId, after) =>
    tellRows(tx, CustomerIdentity, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ kind, value, createdAt }) => ({ kind, value, createdAt }),
    }),
  async erase(tx, { customerId }) {
    await forgetClaims(tx, customerId)
    const gone = []
    for (const table of ['sessions', 'customer_identities', 'customer_keys', 'customer_stops'])
      gone.push(await dropRows(tx, table, 'customerId = ?', [customerId]))
    return sum(gone)
  },
}

/** What a customer agreed to. That they did is kept, without them, for whoever has to show that they were asked. */
export const consentHolding: Holding = {
  name: 'consents',
  tell: (tx, customerId, after) =>
    tellRows(tx, Consent, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ purpose, status, version, source, at, lapsesAt }) => ({
        purpose,
        status,
        version,
        source,
        at,
        lapsesAt,
      }),
    }),
  erase: (tx, { customerId, alias }) =>
    keepRows(tx, 'consents', 'customerId = ?', [alias], 'customerId = ?', [customerId]),
}

/** Who read their data: for them to see, and of no use without them. */
export const readHolding: Holding = {
  name: 'reads',
  tell: (tx, customerId, after) =>
    tellRows(tx, AccessRead, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ readerType, door, fields, why, times, at, lastAt }) => {
        return { reader: readerType, door, fields, why, times, at, lastAt }
      },
    }),
  erase: (tx, { customerId }) => dropRows(tx, 'access_reads', 'customerId = ?', [customerId]),
}

/** The customer's own row, and who they were before they turned out to be one: the last to go. */
export const customerHolding: Holding = {
  name: 'customer',
  tell: (tx, customerId, after) =>
    tellRows(tx, Customer, {
      where: 'id = ?',
      values: [customerId],
      after,
      look: ({ nickname, phone, tier, createdAt, seenAt }) => ({ nickname, phone, tier, createdAt, seenAt }),
    }),
  async erase(tx, { customerId }) {
    const merges = await forgetMerges(tx, customerId)
    return sum([{ deleted: merges }, await dropRows(tx, 'customers', 'id = ?', [customerId])])
  },
}
