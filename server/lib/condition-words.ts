import type { Words } from './render.ts'

/** What is known of a condition: a group of parts, or one test with what was wanted and what was found. */
export type Tellable =
  | { holds: boolean; group: 'all' | 'any' | 'none'; parts: Tellable[] }
  | {
      holds: boolean
      fact: string
      title?: string
      /** `time`, `month_day`, `number`, `text`, `list`, or whatever it is. */
      kind: string
      word: string
      wanted: unknown
      found: unknown
    }

const KEY = 'messages/conditions'
const INDENT = '　'

/** A condition line by line, each with whether it held and by what: for whoever asks why. */
export function toldLines(words: Words, told: Tellable, now: number, depth = 0): string[] {
  const indent = INDENT.repeat(depth)
  if ('parts' in told) {
    const head = words.text(`${KEY}.group.${told.group}`, { holds: told.holds })
    return [`${indent}${head}`, ...told.parts.flatMap((part) => toldLines(words, part, now, depth + 1))]
  }
  const data = { holds: told.holds, title: titleOf(words, told), found: foundText(words, told, now) }
  return [`${indent}${words.text(`${KEY}.line`, { ...data, wanted: wantedText(words, told, now) })}`]
}

type Test = Extract<Tellable, { fact: string }>

/** What people call a fact: as its pack does, or by our own words. */
function titleOf(words: Words, { fact, title }: Test): string {
  const key = `messages/facts.${fact}`
  return title ?? (words.has(key) ? words.text(key) : fact)
}

function foundText(words: Words, { fact, kind, found }: Test, now: number): string {
  if (found === undefined || found === null) return words.text(`${KEY}.found.nothing`)
  if (kind === 'time' && typeof found === 'number') {
    const [name, span] = found > now ? ['ahead', found - now] : ['ago', now - found]
    return words.text(`${KEY}.found.${name}`, { at: found, span, now })
  }
  return valueText(words, fact, kind, found)
}

function wantedText(words: Words, { fact, kind, word, wanted }: Test, now: number): string {
  const name = word.replace('$', '')
  if (name === 'exists') return words.text(`${KEY}.wanted.${wanted ? 'something' : 'nothing'}`)
  if (wanted === null) return words.text(`${KEY}.wanted.${name === 'ne' ? 'something' : 'nothing'}`)
  const days = typeof wanted === 'string' ? /^(?:(in|next|last) )?(\d+) d(?: (ago))?$/.exec(wanted) : null
  if (name === 'on' || name === 'yearly') {
    const way = days ? (days[1] ?? days[3] ?? 'in') : 'today'
    return words.text(`${KEY}.wanted.${name}_${way}`, { days: days?.[2] ?? 0 })
  }
  if (['before', 'within', 'coming'].includes(name)) return words.text(`${KEY}.wanted.${name}`, { span: wanted })
  const value = Array.isArray(wanted)
    ? wanted.map((one) => valueText(words, fact, kind, one)).join(words.text(`${KEY}.${name === 'all' ? 'and' : 'or'}`))
    : valueText(words, fact, kind, wanted)
  return words.text(`${KEY}.wanted.${name}`, { value, now })
}

function valueText(words: Words, fact: string, kind: string, value: unknown): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return words.text(`${KEY}.found.none`)
    return value.map((one) => valueText(words, fact, kind, one)).join(words.text(`${KEY}.and`))
  }
  if (value === null || value === undefined) return words.text(`${KEY}.found.nothing`)
  if (typeof value === 'boolean') return words.text(`${KEY}.found.${value ? 'yes' : 'no'}`)
  if (typeof value !== 'number') return String(value)
  if (kind === 'month_day') return words.text(`${KEY}.found.day`, { month: Math.floor(value / 100), day: value % 100 })
  if (kind === 'time') return words.text(`${KEY}.found.date`, { at: value })
  return fact.endsWith('_fen') ? words.text(`${KEY}.found.money`, { fen: Math.round(value) }) : String(value)
}
