import type { PriceItem } from './price-list.ts'
import type { Chosen } from './quote.ts'

/** Why a text does not say what is wanted; `why` is a key under `form:` in templates/messages/form-errors.yaml. */
export interface Mistake {
  why: string
  data: Record<string, unknown>
}

const SEPARATORS = /[\n;；,，、]+/
const HUNDREDS = '零一二三四五六七八九'
/** 9折, 9.5折, 95折, 九五折; or how much is taken off: 优惠5%, -5%; or all of it: 赠送. */
const FOLD = /\s*(?:打\s*)?(\d{1,2}(?:\.\d{1,2})?|[一二三四五六七八九]{1,2})\s*折(?:优惠)?$/
const GIFT = /\s*(?:赠送|免费)$/
const OFF = /\s*(?:优惠|减|off|-)\s*(\d{1,2}(?:\.\d)?)\s*%$/i
/** The name, perhaps a sign for times, a number, perhaps a unit. */
const COUNTED = /^(.+?)\s*[x×*]?\s*(\d{1,6})\s*[^\d\s]{0,4}$/i

/**
 * What somebody chose from a price list in words, a line each: `1 x 20 九五折`, `标准版 20 席`. Things are named by their
 * place in the list, their id, or as much of their name as tells them apart; a discount on a line of its own is for all
 * lines that have none.
 */
export function chosenIn(text: string, items: PriceItem[]): Chosen[] | Mistake {
  const chosen: Chosen[] = []
  let forAll: number | undefined
  for (const part of text.normalize('NFKC').split(SEPARATORS)) {
    const said = part.trim()
    if (said === '') continue
    const { off, rest } = discountIn(said)
    if (rest === '') {
      forAll = off
      continue
    }
    const line = lineIn(rest, items)
    if ('why' in line) return line
    chosen.push(off === undefined ? line : { ...line, off })
  }
  if (chosen.length === 0) return { why: 'items_none', data: {} }
  return chosen.map((line) => (line.off === undefined && forAll !== undefined ? { ...line, off: forAll } : line))
}

/** Whether what was chosen is for sale so; the first that is not, if any. */
export function mistakeIn(chosen: Chosen[], items: PriceItem[]): Mistake | undefined {
  for (const { item: name, quantity, off = 0 } of chosen) {
    const item = items.find((one) => one.item === name)
    if (!item) return { why: 'items_unknown', data: { text: name } }
    const { least, most, unit } = item
    if (quantity < least) return { why: 'items_least', data: { name: item.name, least, unit } }
    if (off > most) return { why: 'items_discount', data: { name: item.name, fold: String((1000 - most) / 100) } }
  }
  return undefined
}

function discountIn(said: string): { off?: number; rest: string } {
  const fold = FOLD.exec(said)
  if (fold) return { off: 1000 - Math.round(tenthsOf(fold[1] ?? '') * 10), rest: said.slice(0, fold.index).trim() }
  const gift = GIFT.exec(said)
  if (gift) return { off: 1000, rest: said.slice(0, gift.index).trim() }
  const off = OFF.exec(said)
  if (off) return { off: Math.round(Number(off[1]) * 10), rest: said.slice(0, off.index).trim() }
  return { rest: said }
}

/** The share of the price that is left, in percent: 9 and 九 are 90, 95 and 九五 are 95, 9.5 is 95. */
function tenthsOf(fold: string): number {
  const digits = [...fold].map((sign) => (HUNDREDS.includes(sign) ? HUNDREDS.indexOf(sign) : sign)).join('')
  const number = Number(digits)
  return number < 10 ? number * 10 : number
}

function lineIn(said: string, items: PriceItem[]): Chosen | Mistake {
  // A name may end with a number itself: first the whole is looked for.
  const whole = itemsBy(said, items)
  if (whole.length === 1 && whole[0]) return { item: whole[0].item, quantity: whole[0].least }
  const [, name = said, count] = COUNTED.exec(said) ?? []
  // A bare number that is no place in the list is no name with a number behind it.
  const found = /^\d+$/.test(said) ? [] : itemsBy(name.trim(), items)
  const [only, ...others] = found
  if (!only) return { why: 'items_unknown', data: { text: said } }
  if (others.length > 0) return { why: 'items_which', data: { text: name, names: found.map((one) => one.name) } }
  return { item: only.item, quantity: count === undefined ? only.least : Number(count) }
}

/** The things that a name may mean. */
function itemsBy(said: string, items: PriceItem[]): PriceItem[] {
  if (/^\d{1,2}$/.test(said)) return items.slice(Number(said) - 1, Number(said))
  const plain = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, '')
  const wanted = plain(said)
  const exact = items.filter(({ item, name }) => item === wanted || plain(name) === wanted)
  return exact.length > 0 ? exact : items.filter(({ name }) => plain(name).includes(wanted))
}
