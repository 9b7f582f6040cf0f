import { addFieldKind, fieldKind } from '../../engines/forms/fields.ts'
import type { PackFile } from '../../engines/packs/pack-files.ts'
import { unknown } from '../../engines/packs/source.ts'
import { DAY } from '../../lib/clock.ts'
import { spanMs } from '../../lib/span.ts'
import { itemsField } from './items-field.ts'
import { type ListSource, listSchema, type PriceList } from './price-list.ts'

/** A version of a price list. */
export interface PriceVersion {
  id: string
  body: PriceList
}

let inForce = new Map<string, PriceVersion>()

/** The price list of that name, if a pack in force has one. */
export function priceList(name: string | undefined): PriceVersion | undefined {
  return inForce.get(name ?? '')
}

/** Adds price lists to what packs can say, and the kind of field with which is chosen from them. */
export function quoteFile(): PackFile<ListSource, PriceList> {
  const itemsOf = (list: string | undefined) => priceList(list)?.body.items
  if (!fieldKind('items')) addFieldKind(itemsField(itemsOf))
  return {
    file: 'quotes.yaml',
    kind: 'prices',
    schema: listSchema,
    freeze: ({ valid_for, items, ...list }) => ({
      name: list.list,
      body: {
        ...list,
        validMs: spanMs(valid_for, DAY),
        items: items.map(({ discount, ...item }) => ({
          ...item,
          free: discount?.free ?? 0,
          most: discount?.most ?? 0,
        })),
      },
    }),
    check(read, { forms, flows }, problems) {
      read?.value.items.forEach(({ item, discount }, i) => {
        const first = read.value.items.findIndex((one) => one.item === item)
        if (first < i) problems.push(read.source.problem(['items', i, 'item'], `the item "${item}" stands twice`))
        if (discount && discount.free > discount.most) {
          const path = ['items', i, 'discount', 'free']
          problems.push(read.source.problem(path, '"free" is greater than "most"'))
        }
      })
      const opening = new Set(flows.map(({ value }) => value.form))
      const known = read ? [read.value.list] : []
      for (const { value, source } of forms) {
        value.fields.forEach(({ kind, list = '' }, i) => {
          if (kind !== 'items') return
          if (!known.includes(list)) {
            problems.push(source.problem(['fields', i, 'list'], unknown('price list', list, known)))
          }
          if (opening.has(value.form)) {
            problems.push(source.problem(['fields', i, 'kind'], 'customers are not asked for items of a price list'))
          }
        })
      }
    },
    use(all) {
      inForce = new Map(all.map(({ id, body }) => [body.list, { id, body }]))
    },
  }
}
