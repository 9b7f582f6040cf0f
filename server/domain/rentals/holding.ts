import { Document } from '../../engines/files/document.ts'
import { DOCUMENT_ENDING } from '../../engines/files/documents.ts'
import type { Holding } from '../../engines/privacy/holding.ts'
import { BATCH, blankRows, sum, tellRows } from '../../engines/privacy/rows.ts'
import { Contract, type ContractBody } from './contract.ts'
import { Rental } from './rental.ts'

/** Rentals: amounts, distances and times are kept for the books; whose they were goes. */
export const rentalHolding: Holding = {
  name: 'rentals',
  tell: (tx, customerId, after) =>
    tellRows(tx, Rental, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ number, pickup, giveback, bill, billState, createdAt, endedAt }) => {
        return { number, pickup, giveback, bill, billState, createdAt, endedAt }
      },
    }),
  // A car that is out, or money that is owed, must come to its end first.
  open: async (tx, customerId) => {
    const rows = await tx.find(Rental, 'WHERE customerId = ? AND endedAt IS NULL ORDER BY id LIMIT 20', [customerId])
    return rows.map(({ number }) => ({ why: 'rental', data: { number } }))
  },
  erase: (tx, { customerId, alias }) =>
    blankRows(tx, Rental, 'customerId = ?', [customerId], ({ version, pickup, giveback }) => ({
      customerId: alias,
      pickup: pickup && { ...pickup, signatureId: null, note: '' },
      giveback: giveback && { ...giveback, signatureId: null, note: '' },
      version: version + 1,
    })),
}

/** Contracts: that one was signed, and its fingerprint, are kept; who signed it goes. */
export const contractHolding: Holding = {
  name: 'contracts',
  tell: (tx, customerId, after) =>
    tellRows(tx, Contract, {
      where: `customerId = ? AND state <> 'void'`,
      values: [customerId],
      after,
      look: ({ number, kind, state, body, hash, signedAt, signer, device }) => {
        return { number, kind, state, body, hash, signedAt, signer, device }
      },
    }),
  async files(tx, customerId) {
    const rows = await tx.find(Contract, 'WHERE customerId = ? AND madeAt IS NOT NULL', [customerId])
    return rows.map(({ id }) => ({ id, ending: DOCUMENT_ENDING }))
  },
  async erase(tx, { customerId, alias }) {
    const contracts = await tx.find(Contract, `WHERE customerId = ? ORDER BY id LIMIT ${BATCH}`, [customerId])
    for (const { id, number, body, version } of contracts) {
      await tx.update(Contract, id, {
        ...{ customerId: alias, body: nameless(body), signatureId: null, signer: null, device: null, makeAt: null },
        version: version + 1,
      })
      await tx.update(Document, id, { name: number, size: 0 })
    }
    return sum([{ kept: contracts.length, more: contracts.length === BATCH }])
  },
}

function nameless(body: ContractBody): ContractBody {
  const customer = { name: '', idNumber: '', phone: '', licence: '', licenceClass: '' }
  return { ...body, customer, particulars: [], standing: [] }
}
