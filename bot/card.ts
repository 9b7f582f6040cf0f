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
  facts: { label: string; text: string }[]
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

/** What a message shows: a card that stays and changes, a line of text, a picture, or a document of ours. */
export type Look =
  | { card: Card }
  | { text: string; link?: { path: string; label: string } }
  | { picture: string }
  | { file: { id: string; name: string } }

/** The address of a link: one of our own pages by its path, or somebody else's as it is. */
export function addressOf(path: string, baseUrl: string): string {
  return /^https?:/.test(path) ? path : baseUrl + path
}

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

/** A text of at most `room` characters; what is cut off is shown by an ellipsis. */
export function clip(text: string, room: number): string {
  const characters = [...text.trim()]
  return characters.length <= room ? characters.join('') : `${characters.slice(0, room - 1).join('')}…`
}
