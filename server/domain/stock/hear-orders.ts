import type { Tx } from '../../lib/tx.ts'
import type { Order } from '../orders/order.ts'
import { StockAllocation, StockGood, StockMove } from './good.ts'
import { changeAllocation } from './stock.ts'

const SOURCE = 'orders'

/**
 * Orders of other systems, as they stand now: what is ordered is promised, what is done has left the house, what is called
 * off or paid back before it left is free again, once. Of an order that changes more or less is promised. Of goods only
 * those are moved that stand in the books; an order that another shop has taken counts also where there are not so many.
 */
export async function hearOrder(tx: Tx, order: Order): Promise<void> {
  const wanted = wantedIn(order)
  const known = await allocationsOf(tx, order)
  // In one order of their numbers: two orders at once do not wait for each other crosswise.
  const skus = [...new Set([...wanted.keys(), ...known.keys()])].sort()
  for (const sku of skus) {
    const before = known.get(sku)
    const to = after(order, before, wanted.get(sku) ?? 0)
    if (!to || !(await tx.get(StockGood, sku)) || (before && (await isGivenBack(tx, before)))) continue
    await changeAllocation(tx, { id: idOf(order, sku), sku, before, to, source: SOURCE, step: order.version })
  }
}

type Kept = Pick<StockAllocation, 'state' | 'quantity'>

/** What becomes of a promise by how its order stands now; undefined: what it is. */
function after({ told, status }: Order, before: Kept | undefined, quantity: number): Kept | undefined {
  const over = before?.state === 'released' || before?.state === 'returned'
  if (told === 'cancelled')
    return before && !over ? { ...before, state: before.state === 'sold' ? 'returned' : 'released' } : undefined
  if (told === 'completed') return quantity > 0 || before ? { state: 'sold', quantity } : undefined
  // Money alone brings nothing back that has left the house.
  if (status === 'refunded') return before?.state === 'allocated' ? { ...before, state: 'released' } : undefined
  return quantity > 0 || before ? { state: before?.state === 'sold' ? 'sold' : 'allocated', quantity } : undefined
}

/** Whether the system itself, and not its order, has given back what was promised. */
async function isGivenBack(tx: Tx, { id, state }: StockAllocation): Promise<boolean> {
  const kind = state === 'released' ? 'release' : state === 'returned' ? 'cancellation' : undefined
  const move = kind && (await tx.get(StockMove, `${kind}:${id}`))
  return move !== undefined && move.source !== SOURCE
}

/** What is promised for an order, by number; those that its system has had promised itself under its name are among them. */
async function allocationsOf(tx: Tx, order: Order): Promise<Map<string, StockAllocation>> {
  const prefix = idOf(order, '')
  const rows = await tx.find(StockAllocation, 'WHERE id >= ? AND id < ?', [
    // What follows the colon in the order of letters.
    ...[prefix, `${prefix.slice(0, -1)};`],
  ])
  return new Map(rows.filter(({ id, sku }) => id === prefix + sku).map((row) => [row.sku, row]))
}

function idOf({ source, number }: Order, sku: string): string {
  return `${source}:${number}:${sku}`
}

/** How many of each are ordered. */
function wantedIn({ items }: Order): Map<string, number> {
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of items) wanted.set(sku, (wanted.get(sku) ?? 0) + Math.ceil(quantity))
  return wanted
}
