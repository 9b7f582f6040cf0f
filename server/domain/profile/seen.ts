import { isIdNumber } from '../../engines/forms/id-number-field.ts'
import type { Line } from '../../lib/ocr.ts'

/** What was read in one place, and how sure that is: from 0 to 1. Days are written `2031-06-01`. */
export interface Reading {
  value: string
  sure: number
}

/** Where in the text something stands. */
type Range = [from: number, to: number]

const DAY = String.raw`(\d{4})[年.\-/一—~]?(\d{1,2})[月.\-/一—]?(\d{1,2})`
/** A paper that does not end says so behind its first day. */
const FOR_EVER = new RegExp(`${DAY}[^0-9\\n]*(?:长|期)`)
const CLASSES = /^(?:A[123]|B[12]|C[1-6]|[DEFMNP])+/

/** The text of a picture in which fields are looked for: labels may be read wrong by a character. */
export interface Seen {
  has(what: RegExp): boolean
  /** The first text of this kind behind a label. */
  after(label: RegExp, what: RegExp): Reading | undefined
  /** What stands from a label up to where something else begins, over several lines. */
  block(label: RegExp, end: RegExp): Reading | undefined
  /** The day behind a label. */
  day(label: RegExp): Reading | undefined
  /** The two days between which a paper holds; it may hold for ever. */
  span(label: RegExp): { valid_from?: Reading; valid_to?: Reading }
  /** The number of an identity card: of all rows of eighteen characters that can be digits the one that fits. */
  number(): Reading | undefined
  /** The classes of vehicles behind a label. */
  vehicles(label: RegExp): Reading | undefined
}

/** The lines of a picture as a text in which fields are looked for. */
export function seenIn(lines: Line[]): Seen {
  const text = lines.map((line) => line.text).join('\n')
  const sure = lines.flatMap((line, i) => (i === 0 ? line.sure : [1, ...line.sure]))
  const numbers = digits(text)

  function at([from, to]: Range, value = text.slice(from, to).replace(/\n/g, '')): Reading | undefined {
    const marks = sure.slice(from, to)
    return value ? { value, sure: marks.reduce((sum, one) => sum + one, 0) / marks.length } : undefined
  }

  function daysFrom(from: number): Reading[] {
    return [...numbers.slice(from).matchAll(new RegExp(DAY, 'g'))].flatMap((found) => {
      const value = dayOf(found)
      const begin = from + found.index
      return (value && at([begin, begin + found[0].length], value)) || []
    })
  }

  return {
    has: (what) => what.test(text),

    after(label, what) {
      const found = new RegExp(`${label.source}[:：.\\s]*(?<found>${what.source})`, 'd').exec(text)
      const range = found?.indices?.groups?.found
      return range && at(range)
    },

    block(label, end) {
      const begin = new RegExp(`^(?:${label.source})`, 'm').exec(text) ?? label.exec(text)
      if (!begin) return undefined
      const from = begin.index + begin[0].length
      const stop = end.exec(text.slice(from))
      return at([from, stop ? from + stop.index : text.length])
    },

    day(label) {
      const from = label.exec(text)?.index
      return from === undefined ? undefined : daysFrom(from)[0]
    },

    span(label) {
      const from = label.exec(text)?.index
      if (from === undefined) return {}
      const [first, second] = daysFrom(from)
      const open = first && !second && FOR_EVER.test(numbers.slice(from))
      const to = open ? { ...first, value: 'forever' } : second
      return { ...(first && { valid_from: first }), ...(to && { valid_to: to }) }
    },

    number() {
      let best: Reading | undefined
      for (const row of numbers.matchAll(/[0-9X]{18,}/g)) {
        for (let from = row.index; from + 18 <= row.index + row[0].length; from++) {
          const value = numbers.slice(from, from + 18)
          if (best && (isIdNumber(best.value) || !isIdNumber(value))) continue
          if (/^[1-9]\d{16}[\dX]$/.test(value)) best = at([from, from + 18], value)
        }
      }
      return best
    },

    vehicles(label) {
      for (const { index } of text.matchAll(new RegExp(label.source, 'g'))) {
        const line = text.slice(index).split('\n', 2).join('\n')
        const begin = line.search(/[A-FMNP0][1-6lI|]|[DEFMNP](?![a-z])/)
        const value = line.slice(begin).replace(/[lI|]/g, '1').replace(/^0/, 'C').match(CLASSES)?.[0]
        if (begin >= 0 && value) return at([index + begin, index + begin + value.length], value)
      }
      return undefined
    },
  }
}

function dayOf([, year = '', month = '', day = '']: RegExpMatchArray): string | undefined {
  const value = [year, month.padStart(2, '0'), day.padStart(2, '0')].join('-')
  return /^(?:19|20)/.test(year) && !Number.isNaN(Date.parse(value)) ? value : undefined
}

/** Digits where a letter or a sign was taken for one; as long as the text before. */
function digits(text: string): string {
  return text
    .replace(/[OoQ〇口]/g, '0')
    .replace(/[lI|!]/g, '1')
    .replace(/[Zz]/g, '2')
    .replace(/[Ss]/g, '5')
    .replace(/B/g, '8')
    .replace(/[x×]/g, 'X')
}
