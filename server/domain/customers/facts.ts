import type { RuleFacts } from '../../engines/rules/hooks.ts'
import type { Tx } from '../../lib/tx.ts'
import { Customer } from './customer.ts'

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
  changedBy: ['customer.', 'interaction.', ...CONTACTS.filter((name) => name.startsWith('ticket.'))],
  async at(tx, id, at) {
    const customer = await tx.get(Customer, id)
    if (!customer || customer.createdAt > at) return undefined
    const contact = await last(tx, id, CONTACTS, at)
    const talk = await last(tx, id, ['interaction.recorded'], at)
    return {
      id,
      registered_at: customer.createdAt,
      tier: customer.tier,
      has_phone: customer.phone !== null,
      last_interaction_at: contact?.at ?? customer.createdAt,
      /** Who spoke with them last looks after them. */
      owner: talk?.actorId ?? null,
      tickets: await countOf(tx, id, 'ticket.opened', at),
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

async function last(
  tx: Tx,
  id: string,
  names: string[],
  at: number,
): Promise<{ at: number; actorId: string | null } | undefined> {
  const [row] = await tx.query<{ at: number; actorId: string | null }>(
    `SELECT at, actorId FROM events WHERE customerId = ? AND at <= ? AND name IN (${names.map(() => '?').join(',')})
     ORDER BY at DESC, id DESC LIMIT 1`,
    [id, at, ...names],
  )
  return row && { at: Number(row.at), actorId: row.actorId }
}

async function countOf(tx: Tx, id: string, name: string, at: number): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    'SELECT COUNT(*) AS n FROM events WHERE customerId = ? AND name = ? AND at <= ?',
    [id, name, at],
  )
  return Number(row?.n ?? 0)
}
