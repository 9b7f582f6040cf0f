import type { Tx } from '../../lib/tx.ts'
import { type Mover, putBack, type RawRow, takeOut } from '../customers/movers.ts'
import { recountCustomers } from './hear.ts'
import { CustomerTag, type TagReason } from './tag.ts'

/** What was worked out of one customer; of the one who remains it is worked out anew from the events of both. */
const WORKED_OUT: [table: string, column: string][] = [
  ['customer_tallies', 'id'],
  ['customer_facts', 'id'],
  ['segment_members', 'customerId'],
  ['customer_stages', 'customerId'],
]

interface Moved {
  taken: Record<string, RawRow[]>
  tags: RawRow[]
}

/** Tags of both are united, each with its reasons; counts, segments and stage are those of both together. */
export const segmentMover: Mover = {
  tables: ['customer_tallies', 'customer_facts', 'segment_members', 'customer_stages', 'customer_tags'],
  async move(tx, fromId, toId) {
    const taken: Record<string, RawRow[]> = {}
    for (const [table, column] of WORKED_OUT) taken[table] = await takeOut(tx, table, `${column} = ?`, [fromId])
    const theirs = await tx.find(CustomerTag, 'WHERE customerId = ? ORDER BY tag', [fromId])
    const tags = await takeOut(tx, 'customer_tags', 'customerId = ?', [fromId])
    for (const { tag, reasons } of theirs) await give(tx, toId, tag, given(reasons))
    await recountCustomers(tx, [toId])
    return { taken, tags } satisfies Moved
  },
  async back(tx, fromId, toId, moved) {
    const { taken, tags } = moved as Moved
    for (const [table] of WORKED_OUT) await putBack(tx, table, taken[table] ?? [])
    await putBack(tx, 'customer_tags', tags)
    for (const { tag, reasons } of await tx.find(CustomerTag, 'WHERE customerId = ?', [fromId]))
      await take(tx, toId, tag, given(reasons))
    await recountCustomers(tx, [fromId, toId])
  },
}

/** Segments give their tags anew to whoever is in them. */
function given(reasons: TagReason[]): TagReason[] {
  return reasons.filter(({ by }) => !by.startsWith('segment:'))
}

async function give(tx: Tx, customerId: string, tag: string, reasons: TagReason[]): Promise<void> {
  const id = `${customerId}:${tag}`
  const own = await tx.get(CustomerTag, id)
  const fresh = reasons.filter(({ by }) => !own?.reasons.some((one) => one.by === by))
  if (fresh.length === 0) return
  if (own) await tx.update(CustomerTag, id, { reasons: [...own.reasons, ...fresh], version: own.version + 1 })
  else await tx.insert(CustomerTag, { id, customerId, tag, reasons: fresh, version: 0 })
}

async function take(tx: Tx, customerId: string, tag: string, reasons: TagReason[]): Promise<void> {
  const id = `${customerId}:${tag}`
  const own = await tx.get(CustomerTag, id)
  if (!own) return
  const kept = own.reasons.filter(({ by, at }) => !reasons.some((one) => one.by === by && one.at === at))
  if (kept.length === own.reasons.length) return
  if (kept.length > 0) await tx.update(CustomerTag, id, { reasons: kept, version: own.version + 1 })
  else await tx.run('DELETE FROM customer_tags WHERE id = ?', [id])
}
