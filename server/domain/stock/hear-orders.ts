import type { Hear, Heard } from '../../engines/events/events.ts'
import type { Tx } from '../../lib/tx.ts'
import { Order } from '../orders/order.ts'
import { StockAllocation, StockGood } from './good.ts'
import { allocate, endAllocation } from './stock.ts'

const NAMES = new Set(['order.placed', 'order.completed', 'order.cancelled'])
const SOURCE = 'orders'

/** Whether an event of an order moves goods. */
export function isOrder({ name, subjectType }: Heard): boolean {
  return subjectType === 'order' && NAMES.has(name)
}

/**
 * Orders of other systems: what is ordered is promised, what is done has left the house, what is called off is free
 * again. Of goods only those are moved that stand in the books; an order that another shop has taken counts also where
 * there are not so many.
 */
export const hearOrders: Hear = async (tx, events) => {
  for (const { name, subjectId } of events) {
    const order = await tx.get(Order, subjectId)
    if (!order) continue
    for (const [sku, quantity] of wantedIn(order)) {
      if (!(await tx.get(StockGood, sku))) continue
      const id = `${order.source}:${order.number}:${sku}`
      if (name === 'order.placed') await promise(tx, { id, sku, quantity })
      else await end(tx, id, name, { sku, quantity })
    }
  }
}

async function end(tx: Tx, id: string, name: string, what: { sku: string; quantity: number }): Promise<void> {
  const state = (await tx.get(StockAllocation, id))?.state
  if (name === 'order.completed') {
    if (state === undefined) await promise(tx, { id, ...what })
    if (state === undefined || state === 'allocated') await endAllocation(tx, id, 'sold', SOURCE)
  } else if (state === 'allocated') await endAllocation(tx, id, 'released', SOURCE)
  else if (state === 'sold') await endAllocation(tx, id, 'returned', SOURCE)
}

async function promise(tx: Tx, wanted: { id: string; sku: string; quantity: number }): Promise<void> {
  // An order that changes after it was placed keeps what was promised at first.
  if (await tx.get(StockAllocation, wanted.id)) return
  await allocate(tx, { ...wanted, source: SOURCE, sold: true })
}

/** How many of each are ordered, in one order of their numbers: two orders at once do not wait for each other crosswise. */
function wantedIn({ items }: Order): [string, number][] {
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of items) wanted.set(sku, (wanted.get(sku) ?? 0) + Math.ceil(quantity))
  return [...wanted].filter(([, quantity]) => quantity > 0).sort(([a], [b]) => (a < b ? -1 : 1))
}
