import type { Message } from '../server/engines/messages/message.ts'
import type { Staff } from '../server/engines/staff/staff.ts'
import type { Words } from '../server/lib/render.ts'
import type { Tx } from '../server/lib/tx.ts'

/** A card in no platform's terms: the facts needed to act, and the ways to act. */
export interface Card {
  /** Who speaks and in which mood: 'urgent' is drawn red, 'done' green. */
  source: { text: string; mood: 'plain' | 'urgent' | 'done' }
  title: string
  subtitle: string
  quote?: { title: string; text: string }
  /** The one line that matters most, usually the time limit. */
  line?: string
  /** `keep` says which end of a text matters more when it has no room. */
  facts: { label: string; text: string; keep?: 'end' }[]
  select?: {
    name: string
    title: string
    options: { value: string; label: string }[]
    chosen?: string
    unchosen: string
  }
  /** Words that can be typed on the card itself, where the platform has such fields; elsewhere the bot asks for them. */
  inputs?: { name: string; label: string; hint: string }[]
  buttons: { key: string; text: string; look: 'main' | 'plain' | 'danger' }[]
  menu: { key: string; text: string }[]
  /** Set on a card at which nothing can be done any more: says why, in place of the buttons. */
  closed?: string
  /** Its receiver knows already (a newer card stands below, or it was their own deed): need not be said in other ways. */
  superseded?: boolean
}

/** A link below a line: a path on our own site, or a whole address. */
export interface Link {
  to: string
  label: string
}

/** WeCom cuts a text after 2,048 bytes (PLATFORMS.md §1.2); what we say is shorter. */
export const TEXT_BYTES = 2000

/** What a message shows: a card that stays and changes, a line of text, a picture, or a document of ours. */
export type Look =
  | { card: Card }
  | { text: string; link?: Link }
  | { picture: string }
  | { file: { id: string; name: string } }

/** A press on a card: who, on which message, with what chosen. */
export interface Press {
  staff: Staff
  message: Message
  /** Chosen options and typed words, by the name of their field. */
  chosen: Record<string, string>
}

/** One kind of message to staff. Kinds are objects in a list; the bot knows nothing else of them. */
export interface CardKind {
  kind: string
  /** Draws it for its receiver from the present state; undefined when there is nothing left to say. */
  draw(tx: Tx, message: Message, words: Words): Promise<Look | undefined>
  press?: Record<string, (tx: Tx, press: Press) => Promise<void>>
}

/** What a matter is called beside the name of its step, without what that says already. */
export function titleBeside(step: string, title: string): string {
  return title.endsWith(` · ${step}`) ? title.slice(0, -` · ${step}`.length) : title
}

/** A text that takes no more room than so many Chinese characters; what is cut off is shown by an ellipsis. */
export function clip(text: string, room: number, keep: 'start' | 'end' = 'start'): string {
  const whole = text.trim()
  // Most have room at their widest.
  if (whole.length <= room) return whole
  const characters = [...whole]
  if (widthOf(characters) <= room) return characters.join('')
  if (keep === 'end')
    return `…${fitting(characters.toReversed(), room - 1)
      .toReversed()
      .join('')
      .trimStart()}`
  return `${fitting(characters, room - 1)
    .join('')
    .trimEnd()}…`
}

/** The address to which a link leads. */
export function addressOf({ to }: Link, baseUrl: string): string {
  return to.startsWith('/') ? `${baseUrl}${to}` : to
}

/** As many characters as have room, from the first. */
function fitting(characters: string[], room: number): string[] {
  let width = 0
  const end = characters.findIndex((character) => {
    width += widthOf([character])
    return width > room
  })
  return end < 0 ? characters : characters.slice(0, end)
}

/** Letters, digits and blanks are half as wide as a Chinese character, in which the platforms count their room. */
function widthOf(characters: string[]): number {
  return characters.reduce((sum, character) => sum + (/[\u0020-\u00ff]/.test(character) ? 0.5 : 1), 0)
}
