import { type Mover, putBack, type RawRow, takeOut } from '../customers/movers.ts'
import { StockCart } from './good.ts'

/** What lies in both carts lies in one. */
export const cartMover: Mover = {
  tables: ['stock_carts'],
  async move(tx, fromId, toId) {
    const rows = await takeOut(tx, 'stock_carts', 'customerId = ?', [fromId])
    for (const row of rows) {
      const { sku, at, gone } = row as unknown as StockCart
      const cart = { sku, at: Number(at), gone: Boolean(gone) }
      await tx.insertOnce(StockCart, { id: `${toId}:${sku}`, customerId: toId, ...cart })
    }
    return rows.length > 0 ? rows : undefined
  },
  async back(tx, _fromId, toId, moved) {
    const rows = moved as RawRow[]
    for (const { sku } of rows) await tx.run('DELETE FROM stock_carts WHERE id = ?', [`${toId}:${sku}`])
    await putBack(tx, 'stock_carts', rows)
  },
}
