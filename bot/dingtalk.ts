import { type Card, clip } from './card.ts'

/** The variables of our card template (templates/dingtalk/card.json). Every value is a string of at most 1 KB. */
export type DingtalkCard = Record<
  | 'source'
  | 'mood'
  | 'title'
  | 'subtitle'
  | 'quoteTitle'
  | 'quoteText'
  | 'line'
  | 'facts'
  | 'select'
  | 'inputs'
  | 'buttons'
  | 'menu'
  | 'closed',
  string
>

/** What a phone shows of each part without folding it away. */
const ROOM = { source: 20, title: 40, subtitle: 40, quote: 160, line: 112, label: 8, fact: 40, option: 20, hint: 30 }
/** An address is longer, and stands there whole where the other facts are short. */
const FACT_ROOMS = [70, ROOM.fact, 20]
const VARIABLE_BYTES = 1024
/** What a list may take of a variable's kilobyte, beside what surrounds it (PLATFORMS.md §5.5). */
const LIST_BYTES = 900

/** A card as the variables of our DingTalk template. Pure: the same card gives the same bytes. */
export function toDingtalk(card: Card): DingtalkCard {
  const { source, quote, select, closed } = card
  const live = closed === undefined
  return {
    source: clip(source.text, ROOM.source),
    mood: source.mood,
    title: clip(card.title, ROOM.title),
    subtitle: clip(card.subtitle, ROOM.subtitle),
    quoteTitle: quote?.title ?? '',
    quoteText: clip(quote?.text ?? '', ROOM.quote),
    line: clip(card.line ?? '', ROOM.line),
    facts: FACT_ROOMS.map((room) => factsOf(card, room)).find(fits) ?? '[]',
    select:
      live && select && select.options.length > 0
        ? JSON.stringify({
            name: select.name,
            title: select.title,
            unchosen: select.unchosen,
            chosen: select.chosen ?? '',
            options: fewEnough(
              select.options.slice(0, 10).map(({ value, label }) => ({ value, label: clip(label, ROOM.option) })),
            ),
          })
        : '',
    inputs: JSON.stringify(
      live
        ? fewEnough((card.inputs ?? []).map(({ name, label, hint }) => ({ name, label, hint: clip(hint, ROOM.hint) })))
        : [],
    ),
    buttons: JSON.stringify(live ? card.buttons : []),
    menu: JSON.stringify(card.menu),
    closed: closed ?? '',
  }
}

/** A card's facts, each with so much room. */
function factsOf({ facts }: Card, room: number): string {
  return JSON.stringify(
    facts.map(({ label, text, keep }) => ({ label: clip(label, ROOM.label), text: clip(text, room, keep) })),
  )
}

/** Whether a variable holds it (PLATFORMS.md §5.5). */
function fits(value: string): boolean {
  return Buffer.byteLength(value) <= VARIABLE_BYTES
}

/** As many entries as a variable holds; what cannot be chosen or typed on the card is asked for in the chat. */
function fewEnough<T>(entries: T[]): T[] {
  const few = [...entries]
  while (Buffer.byteLength(JSON.stringify(few)) > LIST_BYTES) few.pop()
  return few
}

/** What the lock screen and the list of chats show of a card: the title alone would be the same for each reminder. */
export function alertOf({ source, title }: Card): string {
  return `${source.text}：${title}`
}

/**
 * A card in words, for where no card can be shown: the work notification of at most 2,048 bytes. With the case's number,
 * as DingTalk drops what it takes for the same words on the same day (PLATFORMS.md §5.9).
 */
export function cardInWords(card: Card, hint: string): string {
  const facts = card.facts.map(({ label, text, keep }) => `- ${label}：${clip(text, ROOM.fact, keep)}`)
  const quote = card.quote ? clip(`${card.quote.title}：${card.quote.text}`, ROOM.quote) : ''
  const parts = [
    `### ${card.title}`,
    [card.source.text, card.subtitle].filter(Boolean).join(' · '),
    card.closed ?? clip(card.line ?? '', ROOM.line),
    quote && `> ${quote.replaceAll('\n', '\n> ')}`,
    facts.join('\n'),
    card.closed ? '' : hint,
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

/** What was chosen and typed on a card: drop-downs come with their place, words as they are; nothing given is nothing. */
export function chosenOf(params: Record<string, unknown>): Record<string, string> {
  const chosen: Record<string, string> = {}
  for (const [name, given] of Object.entries(params)) {
    const value = given !== null && typeof given === 'object' ? (given as { value?: unknown }).value : given
    if (name !== 'action' && typeof value === 'string' && value.trim() !== '') chosen[name] = value
  }
  return chosen
}
