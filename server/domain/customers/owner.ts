import { idsBehind } from '../../engines/events/aliases.ts'
import type { Tx } from '../../lib/tx.ts'

/** By these somebody of staff takes a customer on, or was in touch with them. */
export const OWNING = ['customer.assigned', 'lead.taken', 'lead.contacted', 'interaction.recorded'] as const

const LAST = `AND at <= ? AND actorType = 'staff' AND name IN (${OWNING.map(() => '?').join(',')}) ORDER BY at DESC, id DESC LIMIT 1`

/** Who looks after a customer: the member of staff who had to do with them last. */
export async function ownerOf(tx: Tx, customerId: string, at = tx.now): Promise<string | undefined> {
  const ids = await idsBehind(tx, customerId)
  const last = `SELECT actorId FROM events WHERE customerId IN (${ids.map(() => '?').join(',')}) ${LAST}`
  const [row] = await tx.query<{ actorId: string | null }>(last, [...ids, at, ...OWNING])
  return row?.actorId ?? undefined
}
