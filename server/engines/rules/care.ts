import type { Care } from '../access/care.ts'

/** Whoever is asked to call a customer has something to do for them. */
export const followUpCare: Care = {
  async now(tx, customerId) {
    const rows = await tx.query<{ id: string }>(
      `SELECT DISTINCT staffId AS id FROM follow_ups WHERE customerId = ? AND state IN ('open', 'put_off')`,
      [customerId],
    )
    return rows.map(({ id }) => id)
  },
}
