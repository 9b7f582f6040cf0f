import type { RuleFacts } from '../../engines/rules/hooks.ts'
import { Ticket } from './ticket.ts'

/** What rules may ask of a ticket. */
export const ticketRuleFacts: RuleFacts = {
  changedBy: ['ticket.', 'step.', 'flow.'],
  async at(tx, id) {
    const ticket = await tx.get(Ticket, id)
    return (
      ticket && {
        id,
        customer_id: ticket.customerId,
        number: ticket.number,
        kind: ticket.kind,
        title: ticket.safety === 'pass' ? ticket.title : '',
        status: ticket.status,
        priority: ticket.priority,
        outcome: ticket.outcome,
        asset: ticket.assetCode,
        opened_at: ticket.openedAt,
        closed_at: ticket.closedAt,
        csat: ticket.csat,
        nps: ticket.nps,
      }
    )
  },
  async list(tx, after, most) {
    const rows = await tx.query<{ id: string }>(`SELECT id FROM tickets WHERE id > ? ORDER BY id LIMIT ${most}`, [
      after,
    ])
    return rows.map(({ id }) => id)
  },
}
