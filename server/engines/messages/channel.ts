import type { Tx } from '../../lib/tx.ts'
import type { Message } from './message.ts'

/** A message, drawn for its receiver from the present state. */
export interface Drawn {
  /** What goes to the platform, ready to send. */
  wire: string
  /** The platform by which it goes, where a channel has several. */
  via?: string
  /** Hash of what the receiver will see, for messages that stay on the screen and can change. */
  shown?: string
  /** What a press on it will be judged by. */
  basis?: string
  /** Its receiver knows already: if this message cannot be changed, nothing need be said in other ways. */
  superseded?: boolean
}

export interface Sent {
  platformRef?: string
  responseCode?: string
}

/** Why a platform would not have a message. */
export interface Refusal {
  code: string
  text: string
}

/** Never more than `count` messages in any `windowMs`, for one receiver or for the whole channel. */
export interface Limit {
  per: 'recipient' | 'channel'
  count: number
  windowMs: number
  /** So many go at once; what follows is spread evenly over the window. Without it all go as soon as there is a place. */
  burst?: number
  /** Concerns only messages that go this way (`messages.via`), and those of which it is not known yet. */
  via?: string
}

/** A way out to people. Bot and domain hand theirs to the outbox in main.ts. */
export interface Channel {
  limits: Limit[]
  /** Reads what these messages will ask for when their turn comes, for all at once; each asks anew for what is not there. */
  prepare?(tx: Tx, messages: Message[]): Promise<void>
  /** When a message may go at the earliest; quiet hours speak here. */
  notBefore(message: Message, now: number, tx: Tx): number | Promise<number>
  /** Says by which way a message goes of which that is not known yet, before its limits are asked. */
  route?(tx: Tx, message: Message): Promise<Pick<Message, 'via' | 'onward'>>
  /** Hears that a platform has finally refused a message, in the transaction that notes it. */
  refused?(tx: Tx, message: Message, refusal: Refusal): Promise<void>
  /** Draws the message from the present state; undefined when there is nothing left to say. */
  draw(tx: Tx, message: Message): Promise<Drawn | undefined>
  /** Hands the drawn message to the platform; throws PlatformError. `again` says that an earlier try may have arrived. */
  send(message: Message, wire: string, again: boolean): Promise<Sent>
  /** Changes what the receiver of a delivered message sees, if the platform can. False: it cannot any more. */
  update?(message: Message, wire: string, now: number): Promise<boolean>
}

const channels = new Map<string, Channel>()

/** Hands a channel to the outbox. */
export function channel(name: Message['channel'], way: Channel): void {
  channels.set(name, way)
}

/** The channel of a message. */
export function channelOf(name: string): Channel {
  const way = channels.get(name)
  if (!way) throw new Error(`no channel "${name}" was handed over`)
  return way
}
