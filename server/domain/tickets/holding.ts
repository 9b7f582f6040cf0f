import { changeRun, liveSteps, runOf } from '../../engines/flows/flows.ts'
import { touchCards } from '../../engines/messages/outbox.ts'
import type { Holding } from '../../engines/privacy/holding.ts'
import { BATCH, dropRows, slots, sum, tellRows } from '../../engines/privacy/rows.ts'
import type { Tx } from '../../lib/tx.ts'
import { TicketReporter } from './relations.ts'
import { Comment, Ticket } from './ticket.ts'

const MINE = 'ticketId IN (SELECT id FROM tickets WHERE customerId = ?)'
const TOLD = 'ticketId IN (SELECT ticketId FROM ticket_reporters WHERE customerId = ?)'
const BY_THEM = `authorType = 'customer' AND authorId = ?`

/** A customer's cases: that there was one, of what kind and how it ended, is kept; what was said goes. */
export const ticketHolding: Holding = {
  name: 'tickets',
  tell: (tx, customerId, after) =>
    tellRows(tx, Ticket, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ number, title, status, answers, openedAt, closedAt, csat, nps, ratingWords, assetCode }) => {
        return { number, title, status, answers, openedAt, closedAt, csat, nps, ratingWords, assetCode }
      },
    }),
  async open(tx, customerId) {
    const running = await tx.find(
      Ticket,
      `WHERE customerId = ? AND status IN ('processing', 'waiting_customer') ORDER BY id LIMIT 20`,
      [customerId],
    )
    return running.map(({ number, title, status }) => ({
      why: status === 'waiting_customer' ? 'ticket_waits' : 'ticket_open',
      data: { number, title },
    }))
  },
  async erase(tx, { customerId, alias }) {
    const joined = await tx.find(TicketReporter, `WHERE customerId = ? ORDER BY id LIMIT ${BATCH}`, [customerId])
    for (const { ticketId } of joined) await dropOthersWords(tx, ticketId)
    const said = await dropRows(tx, 'comments', `${MINE} OR (${BY_THEM} AND ${TOLD})`, Array(3).fill(customerId))
    if (said.more) return said
    const left = await dropRows(tx, 'ticket_reporters', 'customerId = ?', [customerId])
    const tickets = await tx.find(Ticket, `WHERE customerId = ? ORDER BY id LIMIT ${BATCH}`, [customerId])
    for (const { id, version } of tickets) {
      await tx.update(Ticket, id, {
        customerId: alias,
        answers: {},
        photos: [],
        requestKey: null,
        ratingWords: null,
        openKey: null,
        checkAt: null,
        version: version + 1,
      })
    }
    const requests = await dropRequests(
      tx,
      tickets.map(({ id }) => id).concat(joined.map(({ ticketId }) => ticketId)),
      customerId,
    )
    const kept = { kept: tickets.length, more: tickets.length === BATCH }
    return sum([said, left, requests, kept])
  },
}

/** The cards of a matter that they have joined tell their words no more, nor for simplicity those of others who joined. */
async function dropOthersWords(tx: Tx, ticketId: string): Promise<void> {
  const run = await runOf(tx, ticketId)
  if (!run?.facts.added?.some(({ other }) => other)) return
  await changeRun(tx, run, { facts: { ...run.facts, added: run.facts.added.filter(({ other }) => !other) } })
  for (const step of await liveSteps(tx, run.id)) await touchCards(tx, step.id)
}

/** The keys of requests name whoever sent them. */
function dropRequests(tx: Tx, ticketIds: string[], customerId: string) {
  if (ticketIds.length === 0) return Promise.resolve({})
  const where = `ticketId IN (${slots(ticketIds)}) AND id LIKE ?`
  return dropRows(tx, 'ticket_requests', where, [...ticketIds, `${customerId}%`])
}

/** What was said about a customer's cases, by them and to them. */
export const commentHolding: Holding = {
  name: 'comments',
  tell: (tx, customerId, after) =>
    tellRows(tx, Comment, {
      where: `inside = 0 AND (${MINE} OR (${BY_THEM} AND ${TOLD}))`,
      values: Array(3).fill(customerId),
      after,
      look: ({ authorType, kind, text, at }) => ({ by: authorType, kind, text, at }),
    }),
  // They go with their tickets.
  erase: async () => ({}),
}
