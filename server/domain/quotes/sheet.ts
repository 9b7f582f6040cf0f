import type { Pen } from '../../lib/pen.ts'
import type { Words } from '../../lib/render.ts'
import type { PriceList } from './price-list.ts'
import type { Buyer, QuoteLine } from './quote.ts'

/** Where the words of a quote stand. */
export const KEY = 'documents/quote'

/** Everything that stands on a quote. */
export interface QuotePaper {
  number: string
  version: number
  /** When it was made out, and until when it holds. */
  at: number
  validUntil: number
  buyer: Buyer
  company: PriceList['company']
  /** Who made it. */
  staff: string
  lines: QuoteLine[]
  listTotal: number
  total: number
  tax: number
  /** In thousandths. */
  taxRate: number
  terms: string[]
}

/** The quote on its way onto paper. */
export interface Sheet extends Pen {
  words: Words
  data: QuotePaper & Record<string, unknown>
}

/** One of the words of a quote. */
export function say({ words, data }: Sheet, key: string, more: Record<string, unknown> = {}): string {
  return words.text(`${KEY}.${key}`, { ...data, ...more })
}
