import type { Actor } from '../../engines/events/events.ts'
import { NotFound } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { TicketReporter } from './relations.ts'
import { Ticket } from './ticket.ts'

/** A customer's own ticket; somebody else's does not exist for them. Throws NotFound. */
export async function ticketFor(tx: Tx, customerId: string, ticketId: string): Promise<Ticket> {
  const ticket = await tx.get(Ticket, ticketId)
  if (ticket?.customerId !== customerId) throw new NotFound('ticket')
  return ticket
}

/** A ticket that a customer may see: their own, or one that they reported as well. Throws NotFound. */
export async function ticketSeenBy(tx: Tx, customerId: string, ticketId: string): Promise<Ticket> {
  const ticket = await tx.get(Ticket, ticketId)
  if (ticket?.customerId === customerId) return ticket
  if (!ticket || !(await tx.get(TicketReporter, `${ticketId}:${customerId}`))) throw new NotFound('ticket')
  return ticket
}

/** Writes a change of a ticket if it is still as it was read; otherwise the transaction runs again. */
export async function changeTicket(tx: Tx, ticket: Ticket, changes: Partial<Ticket>): Promise<void> {
  const closes = changes.status && changes.status !== 'processing' && changes.status !== 'waiting_customer'
  const next = { ...changes, ...(closes && { openKey: null }), updatedAt: tx.now, version: ticket.version + 1 }
  await tx.changeLater(Ticket, ticket.id, next, { version: ticket.version })
  Object.assign(ticket, next)
}

/** What an event of a ticket is about. */
export function about(ticket: Ticket) {
  return { subject: { type: 'ticket', id: ticket.id }, customerId: ticket.customerId }
}

/** A customer as the one who did something. */
export function by(customerId: string): Actor {
  return { type: 'customer', id: customerId }
}
