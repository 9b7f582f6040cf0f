import type { Limit, Sent } from '../../engines/messages/channel.ts'
import type { Message } from '../../engines/messages/message.ts'
import type { WayName } from '../../engines/packs/ways.ts'
import type { Tx } from '../../lib/tx.ts'

/** One of the ways by which a customer is told. */
export interface Way {
  name: WayName
  /** The limits of its platform. */
  limits: Limit[]
  /** Whether messages of this kind may go this way at all: it is set up, and there is a template. */
  offers(kind: string): boolean
  /** Whether this customer can be reached this way. */
  reaches(tx: Tx, customerId: string): Promise<boolean>
  /** The message, ready to send; undefined when there is nobody to send it to. */
  draw(tx: Tx, message: Message): Promise<string | undefined>
  send(message: Message, wire: string, again: boolean): Promise<Sent>
}
