import type { Tx } from '../../lib/tx.ts'
import type { Staff } from './staff.ts'

/** A customer as a search finds them; whoever shows it decides how much of it. */
export interface FoundCustomer {
  id: string
  name: string
  phone: string
}

/** What one matter can have to do with another. */
export type LinkKind = 'related' | 'duplicate' | 'caused_by'

/** What staff can do to a matter as a whole, beside its steps. Each guards who may. */
export interface DeskVerbs {
  /** Writes down what colleagues shall know of a matter and the customer shall not. */
  note(tx: Tx, staff: Staff, subjectId: string, text: string): Promise<void>
  /** Says something to its customers. */
  reply(tx: Tx, staff: Staff, subjectId: string, text: string): Promise<void>
  /** Lets it go on in another. */
  merge(tx: Tx, staff: Staff, subjectId: string, intoId: string): Promise<void>
  link(tx: Tx, staff: Staff, subjectId: string, otherId: string, kind: LinkKind): Promise<void>
  /** Makes a matter of its own of what does not belong to it; returns the new one's number. */
  split(tx: Tx, staff: Staff, subjectId: string, text: string): Promise<string>
  reopen(tx: Tx, staff: Staff, subjectId: string, reason: string): Promise<void>
  /** Puts words on it or takes them off; returns those it has now. */
  tag(tx: Tx, staff: Staff, subjectId: string, change: { add: string[]; remove: string[] }): Promise<string[]>
  watch(tx: Tx, staff: Staff, subjectId: string, on: boolean): Promise<void>
  prioritise(tx: Tx, staff: Staff, subjectId: string, priority: 'urgent' | 'normal'): Promise<void>
}

/** What the nouns lend to those who ask in the chat: the bot names no noun. main.ts hands them over. */
export interface Lookups {
  /** The subject behind a number that people say, whole or its last letters; undefined when there is none. */
  byNumber(tx: Tx, number: string): Promise<string | undefined>
  desk: DeskVerbs
  /** The customers that a phone number, its last four digits, a name, an order or a plate stands for; at most `limit`. */
  findCustomers(tx: Tx, words: string, limit: number): Promise<FoundCustomer[]>
  /** A customer by id, or undefined. */
  customer(tx: Tx, id: string): Promise<FoundCustomer | undefined>
}

let lent: Lookups | undefined

/** Lends the look-ups of the nouns. */
export function lendLookups(lookups: Lookups): void {
  lent = lookups
}

/** The look-ups of the nouns. */
export function lookups(): Lookups {
  if (!lent) throw new Error('nobody has lent look-ups')
  return lent
}
