import type { Turn } from '../../server/engines/flows/hooks.ts'
import type { Added } from '../../server/engines/flows/run.ts'
import type { Message } from '../../server/engines/messages/message.ts'
import { type Card, clip } from '../card.ts'

type Fact = Card['facts'][number]

/** Kinds that bring words of the customer. */
export const SAID = ['remark', 'rated']
/** Of what was said later so much stands beside what was said first; the whole stands on the page. */
const FIRST_ROOM = 80
const ADDED_ROOM = 60
const ASKED_ROOM = 30
/** What the customer said, where what the house tells comes behind it. */
const HALF = 90

/** What a card says at length: the customer's words where they are its occasion, else what matters most of what was done. */
export function quoteOf(
  turn: Turn,
  kind: string,
  text: (key: string) => string,
  { log, told, long }: { log: string[]; told: Card['quote']; long: string | undefined },
): Card['quote'] {
  if (SAID.includes(kind)) return quoted(turn, kind, text)
  if (turn.definition.approval && told) return told
  if (log.length > 0) return { title: text('quote.log'), text: text('said.log') }
  return long === undefined ? (quoted(turn, kind, text) ?? told) : { title: long, text: text('said.earlier') }
}

/** What the customer said and what the house tells at length, one behind the other, where a matter has both. */
export function withBoth(quote: Card['quote'], told: Card['quote'], text: (key: string) => string): Card['quote'] {
  if (!quote || !told) return quote
  if (quote === told) return { ...told, text: `${told.text.trim()}\n${text('said.beside')}`.trim() }
  if (quote.title !== text('quote.text')) return quote
  return { ...quote, text: `${clip(quote.text, HALF)}\n${told.title}：\n${told.text}` }
}

/** What the customer said: of this card's occasion if it has one, else what they came with. */
function quoted({ run }: Turn, kind: string, text: (key: string) => string): Card['quote'] {
  if (SAID.includes(kind)) return { title: text(`quote.${kind}`), text: text(`said.${kind}`) }
  const said = run.facts.safety === 'pass' ? text('said.text').trim() : text('unchecked')
  return said ? { title: text('quote.text'), text: said } : undefined
}

/** What was said later and stands nowhere else on the card. */
export function addedTo({ run }: Turn, { data }: Message, told: Fact[]): Required<Added>[] {
  return (run.facts.added ?? [])
    .filter(({ text }) => text !== data.text && !told.some((fact) => fact.text === text))
    .map(({ text, other, asked = '' }) => ({
      text: clip(text.replaceAll('\n', '；'), ADDED_ROOM),
      other,
      asked: clip(asked.replaceAll('\n', ' '), ASKED_ROOM),
    }))
}

/** What was said first, as far as there is room beside what was said later. */
export function firstWords(text: string, added: object[]): string {
  return added.length > 0 ? clip(text, FIRST_ROOM) : text
}
