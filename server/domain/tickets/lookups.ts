import { record } from '../../engines/events/events.ts'
import type { Lookups } from '../../engines/staff/lookups.ts'
import type { Staff } from '../../engines/staff/staff.ts'
import { Invalid } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { Customer } from '../customers/customer.ts'
import { findCustomers, found } from '../customers/find.ts'
import { Comment, Ticket } from './ticket.ts'
import { about } from './tickets.ts'

/** What tickets and customers lend to those who ask in the chat. */
export const deskLookups: Lookups = {
  async byNumber(tx, number) {
    return (await ticketByNumber(tx, number))?.id
  },
  async note(tx, subjectId, staff, text) {
    const ticket = await tx.get(Ticket, subjectId)
    if (ticket) await noteTicket(tx, ticket, staff, text)
  },
  async findCustomers(tx, words, limit) {
    const ticket = NUMBER.test(words.trim()) ? await ticketByNumber(tx, words) : undefined
    const customer = ticket && (await tx.get(Customer, ticket.customerId))
    return customer ? [found(customer)] : findCustomers(tx, words, limit)
  },
  async customer(tx, id) {
    const customer = await tx.get(Customer, id)
    return customer && found(customer)
  },
}

const NUMBER = /^T\d{6}-?[0-9A-Z]{5}$/i
const TAIL = /^[0-9A-Z]{5}$/

/** The ticket with this number, or with these last five letters if only one has them. Throws Invalid. */
export async function ticketByNumber(tx: Tx, said: string): Promise<Ticket | undefined> {
  const number = said.trim().toUpperCase()
  if (NUMBER.test(number)) {
    return tx.first(Ticket, 'WHERE number = ?', [`${number.slice(0, 7)}-${number.slice(-5)}`])
  }
  if (!TAIL.test(number)) return undefined
  const alike = await tx.find(Ticket, `WHERE number LIKE ? ORDER BY id DESC LIMIT 2`, [`%-${number}`])
  if (alike.length > 1) throw new Invalid('number', 'number_twice', { number })
  return alike[0]
}

/** Writes an inside remark: colleagues read it in the history, the customer never. */
async function noteTicket(tx: Tx, ticket: Ticket, staff: Staff, text: string): Promise<void> {
  await tx.insert(Comment, {
    id: newId(tx.now),
    ticketId: ticket.id,
    authorType: 'staff',
    authorId: staff.id,
    kind: 'remark',
    inside: true,
    text,
    photos: [],
    safety: 'pass',
    at: tx.now,
  })
  await record(tx, 'ticket.noted', { ...about(ticket), by: { type: 'staff', id: staff.id }, data: { text } })
}
