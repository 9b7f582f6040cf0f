import { idsBehind, presentId } from '../../engines/events/aliases.ts'
import { Event } from '../../engines/events/event.ts'
import type { RuleFacts } from '../../engines/rules/hooks.ts'
import type { Tx } from '../../lib/tx.ts'
import { Customer } from './customer.ts'
import { slots } from './movers.ts'

/** Events by which a customer and the house were in touch. */
const CONTACTS = [
  'interaction.recorded',
  'ticket.opened',
  'ticket.joined',
  'ticket.remarked',
  'ticket.urged',
  'ticket.rated',
  'ticket.replied',
]

/** What is known of a customer, out of the log: as of any instant. */
export const customerFacts: RuleFacts = {
  looksBack: true,
  changedBy: ['customer.', 'interaction.', 'document.', ...CONTACTS.filter((name) => name.startsWith('ticket.'))],
  async at(tx, given, at) {
    const customer = (await tx.get(Customer, given)) ?? (await tx.get(Customer, await presentId(tx, given)))
    if (!customer || customer.createdAt > at) return undefined
    const { id } = customer
    const ids = await idsBehind(tx, id)
    const contact = await last(tx, ids, CONTACTS, at)
    const talk = await last(tx, ids, ['interaction.recorded'], at)
    return {
      id,
      registered_at: customer.createdAt,
      tier: customer.tier,
      has_phone: customer.phone !== null,
      last_interaction_at: contact?.at ?? customer.createdAt,
      /** Who spoke with them last looks after them. */
      owner: talk?.actorId ?? null,
      licence_expires_at: await expiryOf(tx, ids, at),
      tickets: await countOf(tx, ids, 'ticket.opened', at),
    }
  },
  async list(tx, after, most, segment) {
    // Nobody here knows segments.
    if (segment !== undefined) return []
    const rows = await tx.query<{ id: string }>(`SELECT id FROM customers WHERE id > ? ORDER BY id LIMIT ${most}`, [
      after,
    ])
    return rows.map(({ id }) => id)
  },
}

/** Until when their driving licence holds: as the last that was said of it. */
async function expiryOf(tx: Tx, ids: string[], at: number): Promise<number | null> {
  const said = await tx.find(
    Event,
    `WHERE customerId IN (${ids.map(() => '?').join(',')}) AND at <= ? AND name IN ('document.added', 'document.removed')
     ORDER BY at DESC, id DESC`,
    [...ids, at],
  )
  const latest = said.find(({ data }) => data.kind === 'driving_licence')
  return latest?.name === 'document.added' && typeof latest.data.expires_at === 'number' ? latest.data.expires_at : null
}

async function last(
  tx: Tx,
  ids: string[],
  names: string[],
  at: number,
): Promise<{ at: number; actorId: string | null } | undefined> {
  const [row] = await tx.query<{ at: number; actorId: string | null }>(
    `SELECT at, actorId FROM events WHERE customerId IN (${slots(ids)}) AND at <= ? AND name IN (${slots(names)})
     ORDER BY at DESC, id DESC LIMIT 1`,
    [...ids, at, ...names],
  )
  return row && { at: Number(row.at), actorId: row.actorId }
}

async function countOf(tx: Tx, ids: string[], name: string, at: number): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM events WHERE customerId IN (${slots(ids)}) AND name = ? AND at <= ?`,
    [...ids, name, at],
  )
  return Number(row?.n ?? 0)
}
