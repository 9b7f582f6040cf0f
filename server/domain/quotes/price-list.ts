import { z } from 'zod'
import { spanSchema } from '../../lib/span.ts'

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
/** A price list as a pack writes it. */
export const listSchema = z.strictObject({
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
export type ListSource = z.infer<typeof listSchema>

/** Something that is sold. Discounts are in thousandths of the price. */
export type PriceItem = Omit<z.infer<typeof itemSchema>, 'discount'> & { free: number; most: number }

/** A price list in force; `tax` is in thousandths. */
export interface PriceList extends Omit<ListSource, 'valid_for' | 'items'> {
  validMs: number
  items: PriceItem[]
}
