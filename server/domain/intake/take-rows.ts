import { type Objection, objectionIn, readBy } from '../../engines/api/objection.ts'
import type { DeclaredEvent } from '../../engines/packs/events.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { putOrder } from '../orders/orders.ts'
import { orderSchema } from '../orders/schema.ts'
import { readEvent } from './event.ts'
import { takeEventsOf } from './event-doors.ts'
import type { ImportKind } from './import.ts'
import { customerSchema, putCustomer } from './put-customer.ts'

/** What became of a row of a file. */
export type RowOutcome = 'accepted' | 'known' | { refused: Objection }

/** So many rows are under way at once; on SQLite they share a commit. */
const TOGETHER = 16
const EVENTS_TOGETHER = 500

interface Given {
  source: string
  declared: ReadonlyMap<string, DeclaredEvent>
}

/**
 * Takes rows of a file as the doors would take them, in their order: the same again says nothing new. Returns what became
 * of each.
 */
export async function takeRows(db: Database, kind: ImportKind, items: unknown[], given: Given): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = []
  const size = kind === 'events' ? EVENTS_TOGETHER : TOGETHER
  for (let from = 0; from < items.length; from += size) {
    const slice = items.slice(from, from + size)
    if (kind === 'events') outcomes.push(...(await takeEventRows(db, slice, given)))
    else outcomes.push(...(await Promise.all(slice.map((item) => takeRow(db, kind, item, given.source)))))
  }
  return outcomes
}

/** What a row would come to as far as it can be told without looking anything up. */
export function checkRow(
  kind: ImportKind,
  item: unknown,
  now: number,
  declared: ReadonlyMap<string, DeclaredEvent>,
): RowOutcome {
  if (kind === 'events') {
    const read = readEvent(item, now, declared)
    return 'objection' in read ? { refused: read.objection } : 'accepted'
  }
  const read = readBy<unknown>(kind === 'customers' ? customerSchema : orderSchema, item)
  return 'objection' in read ? { refused: read.objection } : 'accepted'
}

async function takeEventRows(db: Database, items: unknown[], { source, declared }: Given): Promise<RowOutcome[]> {
  const taken = await db.write((tx) => takeEventsOf(tx, items, source, declared))
  return taken.map((one) => {
    if (one.status === 'refused') return { refused: one.objection }
    return one.status === 'accepted' ? 'accepted' : 'known'
  })
}

/** Each in a piece of work of its own: what is refused half-way leaves nothing. */
async function takeRow(db: Database, kind: 'customers' | 'orders', item: unknown, source: string): Promise<RowOutcome> {
  try {
    return await db.write((tx) => (kind === 'customers' ? takeCustomer(tx, item, source) : takeOrder(tx, item, source)))
  } catch (error) {
    return { refused: objectionIn(error) }
  }
}

async function takeCustomer(tx: Tx, item: unknown, source: string): Promise<RowOutcome> {
  const read = readBy(customerSchema, item)
  if ('objection' in read) return { refused: read.objection }
  const { outcome } = await putCustomer(tx, read.data, source)
  return outcome === 'known' ? 'known' : 'accepted'
}

async function takeOrder(tx: Tx, item: unknown, source: string): Promise<RowOutcome> {
  const read = readBy(orderSchema, item)
  if ('objection' in read) return { refused: read.objection }
  const { outcome } = await putOrder(tx, read.data, source)
  return outcome === 'known' ? 'known' : 'accepted'
}
