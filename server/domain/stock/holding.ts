import type { Holding } from '../../engines/privacy/holding.ts'
import { dropRows, tellRows } from '../../engines/privacy/rows.ts'
import { StockCart } from './good.ts'

/** What lies in somebody's cart: it goes with them. */
export const cartHolding: Holding = {
  name: 'carts',
  tell: (tx, customerId, after) =>
    tellRows(tx, StockCart, {
      where: 'customerId = ?',
      values: [customerId],
      after,
      look: ({ sku, at }) => ({ sku, at }),
    }),
  erase: (tx, { customerId }) => dropRows(tx, 'stock_carts', 'customerId = ?', [customerId]),
}
