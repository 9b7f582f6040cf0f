import type { Limit, Sent } from '../server/engines/messages/channel.ts'
import type { Message } from '../server/engines/messages/message.ts'
import type { Look } from './card.ts'
import type { Book } from './contacts.ts'

/** Where a look goes: an account, and the message that will be known there as its card. */
export interface Receiver {
  userId: string
  messageId: string
  /** Our own address, for links. */
  baseUrl: string
}

/**
 * A work-chat platform as the bot sees it. To add one: such an object over its wire file, a door for its callbacks,
 * a stand-in, and its name in templates/cards/platforms.yaml; nothing else in the house knows it.
 */
export interface Chat extends Book {
  /** The name of its accounts (`staff_accounts.platform`) and of the way that a message went (`messages.via`). */
  platform: string
  /** What the platform allows, each line with its name as `via`. */
  limits: Limit[]
  /** What goes to the platform for a look. Pure: the same look gives the same bytes. */
  wire(look: Look, to: Receiver): object
  /**
   * Hands it over; throws PlatformError. `again`: an earlier try may have arrived, `sinceMs` ago at most; `attempts`
   * counts this one.
   */
  send(wire: object, tried: { again: boolean; attempts: number; sinceMs: number }): Promise<Sent>
  /** Changes what the receiver of a delivered card sees. False: it cannot be changed any more. */
  update(message: Message, wire: object, now: number): Promise<boolean>
  /** A file that somebody sent in the chat, by what its door called it. */
  file(source: string): Promise<Buffer>
}
