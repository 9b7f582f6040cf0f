import type { LentFacts } from '../segments/lent.ts'

/** What tickets know of a customer: how many are open. */
export const ticketFacts: LentFacts = {
  kinds: { open_tickets: 'number' },
  after: [
    'ticket.opened',
    'ticket.resolved',
    'ticket.closed',
    'ticket.withdrawn',
    'ticket.merged',
    'ticket.reopened',
    'flow.ended',
  ],
  async find(tx, ids) {
    const rows = await tx.query<{ customerId: string; n: number }>(
      `SELECT customerId, COUNT(*) AS n FROM tickets
       WHERE customerId IN (${ids.map(() => '?').join(',')}) AND status IN ('processing', 'waiting_customer')
       GROUP BY customerId`,
      ids,
    )
    const open = new Map(rows.map(({ customerId, n }) => [customerId, Number(n)]))
    return new Map(ids.map((id) => [id, { open_tickets: open.get(id) ?? 0 }]))
  },
}
