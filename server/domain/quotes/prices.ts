import { z } from 'zod'
import { addFieldKind, fieldKind } from '../../engines/forms/fields.ts'
import type { PackFile } from '../../engines/packs/pack-files.ts'
import { unknown } from '../../engines/packs/source.ts'
import { DAY } from '../../lib/clock.ts'
import { spanMs, spanSchema } from '../../lib/span.ts'
import { itemsField } from './items-field.ts'

const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and underscores')
const percentSchema = z
  .string()
  .regex(/^(100|\d{1,2}(\.\d)?) ?%$/, 'write a share such as "5 %"')
  .transform((text) => Math.round(Number.parseFloat(text) * 10))
const clockSpan = spanSchema.refine((span) => !span.endsWith('workday'), 'write a span of the clock such as "15 d"')
const words = (most: number) => z.string().min(1).max(most)

const itemSchema = z.strictObject({
  item: identifier,
  name: words(20),
  spec: words(60).optional(),
  unit: words(6),
  /** Of one unit, in fen, tax included. */
  price: z.int().min(0).max(1_000_000_000),
  /** The smallest quantity that is sold. */
  least: z.int().min(1).default(1),
  /** How much may be taken off: by whoever sells it alone, and at all. */
  discount: z.strictObject({ free: percentSchema.prefault('0 %'), most: percentSchema }).optional(),
})
const listSchema = z.strictObject({
  list: identifier,
  /** Who sells: the head and the foot of a quote. */
  company: z.strictObject({
    name: words(40),
    address: words(80).optional(),
    phone: words(30).optional(),
    email: z.email().optional(),
    tax_number: words(30).optional(),
    bank: words(60).optional(),
    account: words(40).optional(),
  }),
  /** The share of tax that the prices include. */
  tax: percentSchema.prefault('0 %'),
  /** For how long a quote holds. */
  valid_for: clockSpan.default('15 d'),
  terms: z.array(words(120)).max(12).default([]),
  items: z.array(itemSchema).min(1).max(24),
})
type ListSource = z.infer<typeof listSchema>

/** Something that is sold. Discounts are in thousandths of the price. */
export type PriceItem = Omit<z.infer<typeof itemSchema>, 'discount'> & { free: number; most: number }

/** A price list in force; `tax` is in thousandths. */
export interface PriceList extends Omit<ListSource, 'valid_for' | 'items'> {
  validMs: number
  items: PriceItem[]
}

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
