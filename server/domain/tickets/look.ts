import type { LentLook } from '../segments/look.ts'
import { Ticket } from './ticket.ts'

const MOST = 5
const OPEN = `WHERE customerId = ? AND status IN ('processing', 'waiting_customer') ORDER BY id DESC LIMIT ${MOST}`

/** What tickets add to the look at a customer: those that are open, and how they rated the last. */
export const ticketLook: LentLook = {
  dimension: 'service',
  async find(tx, customerId) {
    const open = await tx.find(Ticket, OPEN, [customerId])
    const rated = await tx.first(Ticket, 'WHERE customerId = ? AND csat IS NOT NULL ORDER BY id DESC', [customerId])
    return {
      open: open.map(({ number, title, safety, status, priority, openedAt }) => {
        return { number, title: safety === 'pass' ? title : '', status, priority, opened_at: openedAt }
      }),
      ...(rated && { last_csat: rated.csat }),
    }
  },
}
