import { presentId } from '../../engines/events/aliases.ts'
import type { Lookups } from '../../engines/staff/lookups.ts'
import { Invalid } from '../../lib/errors.ts'
import type { Tx } from '../../lib/tx.ts'
import { Customer } from '../customers/customer.ts'
import { findCustomers, found } from '../customers/find.ts'
import { linkTickets, noteTicket, prioritiseTicket, replyToCustomer, tagTicket, watchTicket } from './desk.ts'
import { mergeTickets, splitTicket } from './merge.ts'
import { reopenByStaff } from './reopen.ts'
import { Ticket } from './ticket.ts'

/** What tickets and customers lend to those who ask in the chat. */
export const deskLookups: Lookups = {
  async byNumber(tx, number) {
    return (await ticketByNumber(tx, number))?.id
  },
  desk: {
    note: noteTicket,
    reply: replyToCustomer,
    merge: mergeTickets,
    link: linkTickets,
    async split(tx, staff, subjectId, text) {
      return (await splitTicket(tx, staff, subjectId, text)).number
    },
    reopen: reopenByStaff,
    tag: tagTicket,
    watch: watchTicket,
    prioritise: prioritiseTicket,
  },
  async findCustomers(tx, words, limit) {
    const ticket = NUMBER.test(words.trim()) ? await ticketByNumber(tx, words) : undefined
    const customer = ticket && (await tx.get(Customer, ticket.customerId))
    return customer ? [found(customer)] : findCustomers(tx, words, limit)
  },
  async customer(tx, id) {
    const customer = (await tx.get(Customer, id)) ?? (await tx.get(Customer, await presentId(tx, id)))
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
