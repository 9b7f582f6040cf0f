import { type Hear, type Heard, record, SYSTEM } from '../../engines/events/events.ts'
import { DAY } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import type { Tx } from '../../lib/tx.ts'
import { StockCart, StockGood } from './good.ts'

const NAMES = new Set(['cart.added', 'cart.removed', 'cart.changed', 'cart.emptied', 'order.placed', 'order.paid'])
const BATCH = 200
const GOODS = 20
/** Carts that nobody has touched for so long are forgotten. */
const KEEP_MS = 14 * DAY
const MOST_SKUS = 100

/** Whether an event changes what lies in a cart. */
export function isCart({ name, customerId }: Heard): boolean {
  return customerId != null && NAMES.has(name)
}

/** Keeps in mind what lies in the carts of customers, as far as their apps tell which goods it is. */
export const hearCarts: Hear = async (tx, events) => {
  for (const { name, customerId, data = {} } of events) {
    if (!customerId) continue
    const skus = skusIn(data)
    if (name === 'cart.emptied' || (name === 'cart.changed' && data.items === 0)) await takeOut(tx, customerId)
    else if (name === 'cart.removed' || name.startsWith('order.')) await takeOut(tx, customerId, skus)
    else {
      // What the whole cart holds, or one thing more.
      if (name === 'cart.changed' && Array.isArray(data.skus)) await takeOut(tx, customerId)
      for (const sku of skus) await putIn(tx, customerId, sku)
    }
  }
}

/** Tells those in whose carts a good lies that it is sold out, or there again; some at a time. Returns how many. */
export async function sweepCarts(db: Database): Promise<number> {
  const due = await db.read((tx) =>
    tx.find(StockGood, `WHERE tellAt <= ? ORDER BY tellAt, id LIMIT ${GOODS}`, [tx.now]),
  )
  for (const { id } of due) await db.write((tx) => tell(tx, id))
  return due.length
}

/** When carts are told next. */
export const nextCart = earliest('stock_goods', 'tellAt')

async function tell(tx: Tx, sku: string): Promise<void> {
  const good = await tx.get(StockGood, sku)
  if (!good || good.tellAt === null || good.tellAt > tx.now) return
  const carts = await tx.find(StockCart, `WHERE sku = ? AND gone = ? ORDER BY id LIMIT ${BATCH}`, [
    ...[sku, good.gone ? 0 : 1],
  ])
  for (const cart of carts) {
    if (!(await tx.update(StockCart, cart.id, { gone: good.gone }, { gone: cart.gone }))) continue
    if (cart.at < tx.now - KEEP_MS) continue
    const left = await leftIn(tx, cart.customerId)
    await record(tx, good.gone ? 'stock.gone' : 'stock.back', {
      by: SYSTEM,
      subject: { type: 'customer', id: cart.customerId },
      customerId: cart.customerId,
      data: { sku, title: good.title, left },
    })
  }
  if (carts.length < BATCH) await tx.update(StockGood, sku, { tellAt: null }, { gone: good.gone, tellAt: good.tellAt })
}

/** How many of the things in a cart can still be had. */
async function leftIn(tx: Tx, customerId: string): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    'SELECT COUNT(*) AS n FROM stock_carts WHERE customerId = ? AND gone = 0',
    [customerId],
  )
  return Number(row?.n ?? 0)
}

async function putIn(tx: Tx, customerId: string, sku: string): Promise<void> {
  const id = `${customerId}:${sku}`
  if (await tx.get(StockCart, id)) await tx.update(StockCart, id, { at: tx.now })
  else await tx.insertOnce(StockCart, { id, customerId, sku, at: tx.now, gone: false })
  // It may have been gone before it was put in.
  await tx.run('UPDATE stock_goods SET tellAt = ? WHERE id = ? AND gone = 1 AND tellAt IS NULL', [tx.now, sku])
}

async function takeOut(tx: Tx, customerId: string, skus?: string[]): Promise<void> {
  if (!skus) await tx.run('DELETE FROM stock_carts WHERE customerId = ?', [customerId])
  else for (const sku of skus) await tx.run('DELETE FROM stock_carts WHERE id = ?', [`${customerId}:${sku}`])
}

function skusIn({ sku, product, skus }: Record<string, unknown>): string[] {
  const all = Array.isArray(skus) ? skus : [sku ?? product]
  return all.filter((one) => typeof one === 'string' && one !== '' && one.length <= 64).slice(0, MOST_SKUS) as string[]
}

/** Forgets carts that nobody has touched for long; returns how many. */
export async function forgetCarts(db: Database): Promise<number> {
  return db.write(async (tx) => {
    const rows = await tx.query<{ id: string }>(`SELECT id FROM stock_carts WHERE at < ? ORDER BY id LIMIT ${BATCH}`, [
      tx.now - KEEP_MS,
    ])
    const ids = rows.map(({ id }) => id)
    if (ids.length > 0) await tx.run(`DELETE FROM stock_carts WHERE id IN (${ids.map(() => '?').join(',')})`, ids)
    return ids.length
  })
}
