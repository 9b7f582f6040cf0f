import type { Care } from '../../engines/access/care.ts'

/** Whoever has a customer's lead in hand looks after them; while it is open there is something to do. */
export const leadCare: Care = {
  async now(tx, customerId) {
    const rows = await tx.query<{ id: string }>(
      `SELECT DISTINCT ownerId AS id FROM leads WHERE customerId = ? AND ownerId IS NOT NULL AND state = 'open'`,
      [customerId],
    )
    return rows.map(({ id }) => id)
  },
  async owner(tx, customerId) {
    const rows = await tx.query<{ id: string }>(
      'SELECT DISTINCT ownerId AS id FROM leads WHERE customerId = ? AND ownerId IS NOT NULL',
      [customerId],
    )
    return rows.map(({ id }) => id)
  },
}
