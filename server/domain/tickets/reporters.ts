import { record } from '../../engines/events/events.ts'
import { claimPictures } from '../../engines/files/files.ts'
import { DAY } from '../../lib/clock.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Customer } from '../customers/customer.ts'
import { about, by } from './change.ts'
import { TicketReporter } from './relations.ts'
import { type Remark, sayRemark } from './remarks.ts'
import type { Ticket } from './ticket.ts'

/** Over how long a customer's confirmed faults count. */
const HEAVY_MS = 90 * DAY

/**
 * Everybody who is told how a ticket goes on: its customer, then whoever reported the same. Who joined by what they only
 * said looks for themselves: what is told may be meant for the other's eyes.
 */
export async function tellsOf(tx: Tx, ticketId: string, customerId: string): Promise<string[]> {
  const others = await reportersOf(tx, ticketId)
  return [customerId, ...others.flatMap((other) => (other.limited ? [] : other.customerId))]
}

/** The further reporters of a ticket, first come first. */
export function reportersOf(tx: Tx, ticketId: string): Promise<TicketReporter[]> {
  return tx.find(TicketReporter, 'WHERE ticketId = ? ORDER BY at, id', [ticketId])
}

/** Adds somebody to those who reported a ticket; its own customer and whoever is there already change nothing. */
export async function addReporter(
  tx: Tx,
  ticket: Ticket,
  customerId: string,
  said: { answers: Record<string, unknown>; photos: string[]; limited?: boolean },
): Promise<void> {
  if (customerId === ticket.customerId) return
  await tx.insertOnce(TicketReporter, {
    id: `${ticket.id}:${customerId}`,
    ticketId: ticket.id,
    customerId,
    limited: false,
    ...said,
    at: tx.now,
  })
}

/** A report on what is being worked on already: it joins that ticket. */
export async function joinTicket(
  tx: Tx,
  ticket: Ticket,
  customer: Customer,
  report: Remark & { answers: Record<string, unknown>; limited: boolean },
): Promise<void> {
  const { answers, photos, limited } = report
  await claimPictures(tx, customer.id, photos, ticket.id)
  await addReporter(tx, ticket, customer.id, { answers, photos, limited })
  await sayRemark(tx, ticket, customer.id, report)
  const reporters = await reportersOf(tx, ticket.id)
  await record(tx, 'ticket.joined', {
    ...about(ticket),
    by: by(customer.id),
    data: { reporters: reporters.length + 1, photos: photos.length },
  })
}

const TRUE = ['confirmed']
const WRONG = ['mistaken', 'malicious']

/** How many faults a customer reported lately that were true, and how many that were not (D11). */
export async function faultsOf(tx: Tx, customerId: string): Promise<{ faults: number; wrong: number }> {
  const outcomes = [...TRUE, ...WRONG]
  const fault = `t.outcome IN (${outcomes.map(() => '?').join(',')}) AND t.openedAt >= ? AND t.assetCode IS NOT NULL`
  const about = [...outcomes, tx.now - HEAVY_MS]
  const rows = await tx.query<{ outcome: string; n: number }>(
    `SELECT outcome, COUNT(*) AS n FROM (
       SELECT t.outcome FROM tickets t WHERE t.customerId = ? AND ${fault}
       UNION ALL
       SELECT t.outcome FROM ticket_reporters r JOIN tickets t ON t.id = r.ticketId WHERE r.customerId = ? AND ${fault}
     ) reported GROUP BY outcome`,
    [customerId, ...about, customerId, ...about],
  )
  const count = (wanted: string[]) =>
    rows.reduce((sum, { outcome, n }) => sum + (wanted.includes(outcome) ? Number(n) : 0), 0)
  return { faults: count(TRUE), wrong: count(WRONG) }
}
