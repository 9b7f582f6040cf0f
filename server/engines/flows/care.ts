import type { Care } from '../access/care.ts'

/** Whoever has an open step for a customer has something to do for them. */
export const stepCare: Care = {
  async now(tx, customerId) {
    const rows = await tx.query<{ id: string }>(
      `SELECT DISTINCT s.assigneeId AS id FROM flow_runs r JOIN flow_steps s ON s.runId = r.id
       WHERE r.customerId = ? AND s.assigneeId IS NOT NULL AND s.state IN ('open', 'waiting')`,
      [customerId],
    )
    return rows.map(({ id }) => id)
  },
}
