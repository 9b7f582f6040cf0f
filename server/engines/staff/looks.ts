import type { Tx } from '../../lib/tx.ts'

/** The five sides of a customer (D2). */
export const DIMENSIONS = ['identity', 'behaviour', 'transactions', 'service', 'profile'] as const
export type Dimension = (typeof DIMENSIONS)[number]
/** What is known on one side, by name; what is not known is left out. */
export type LookPart = Record<string, unknown>

/** A customer as a whole, and what can be talked about with them. Names and numbers are whole: faces mask them. */
export type CustomerLook = Record<Dimension, LookPart> & { id: string; talks: string[] }

/** Something that happened to a customer, as whoever reads through their past sees it. */
export interface PastEvent {
  id: string
  at: number
  name: string
  /** Who did it: a name of staff, or empty for the customer and the system. */
  by: string
  actor: 'customer' | 'staff' | 'system'
  /** What the event says that a line has room for. */
  about: LookPart
}

/** What the customers' room lends to those who look at one of them in the chat. */
export interface CustomerLooks {
  /** Undefined where there is no such customer. */
  at(tx: Tx, customerId: string): Promise<CustomerLook | undefined>
  /** What has happened, newest first, before the event of that id. */
  past(tx: Tx, customerId: string, page: { before?: string; limit: number }): Promise<PastEvent[]>
}

let lent: CustomerLooks | undefined

/** Lends the looks. */
export function lendLooks(looks: CustomerLooks): void {
  lent = looks
}

/** The looks at customers. */
export function customerLooks(): CustomerLooks {
  if (!lent) throw new Error('nobody has lent looks at customers')
  return lent
}
