import { z } from 'zod'
import type { FieldKind } from '../../engines/forms/field.ts'
import { chosenIn, mistakeIn } from './items-text.ts'
import type { PriceItem } from './price-list.ts'
import { type Chosen, foldOf } from './quote.ts'

const MOST_LINES = 20
const chosenSchema = z
  .array(
    z.strictObject({
      item: z.string(),
      quantity: z.int().min(1).max(999_999),
      off: z.int().min(0).max(1000).optional(),
    }),
  )
  .min(1)
  .max(MOST_LINES)

/** The kind of field with which is chosen from a price list: how much of what, at which discount. */
export function itemsField(itemsOf: (list: string | undefined) => PriceItem[] | undefined): FieldKind {
  return {
    kind: 'items',
    takes: ['list'],
    needs: ['list'],
    missing: 'required_items',
    check({ list }, value) {
      const items = itemsOf(list)
      if (!items) return { why: 'items_gone' }
      const chosen = typeof value === 'string' ? chosenIn(value, items) : value
      if (typeof chosen === 'object' && chosen !== null && 'why' in chosen) return chosen as { why: string }
      const parsed = chosenSchema.safeParse(chosen)
      if (!parsed.success) return { why: 'items_none' }
      return mistakeIn(parsed.data, items) ?? { value: parsed.data }
    },
    describe({ list }, value, _context, say) {
      const items = itemsOf(list) ?? []
      const lines = (value as Chosen[]).map(({ item: name, quantity, off = 0 }) => {
        const item = items.find((one) => one.item === name)
        return { name: item?.name ?? name, unit: item?.unit ?? '', quantity, fold: foldOf(off) }
      })
      return say('items', { lines })
    },
    menu: ({ list }) =>
      (itemsOf(list) ?? []).map(({ name, unit, price, least }) => ({
        name,
        unit,
        fen: price,
        least: least > 1 ? least : 0,
      })),
    wished(_field, { item, quantity }) {
      const count = Number(quantity)
      return typeof item === 'string' && Number.isInteger(count) && count > 0 ? [{ item, quantity: count }] : undefined
    },
  }
}
