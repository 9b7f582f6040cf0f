import type { Tx } from '../../lib/tx.ts'
import type { Staff } from './staff.ts'

/** A customer as a search finds them; whoever shows it decides how much of it. */
export interface FoundCustomer {
  id: string
  name: string
  phone: string
}

/** What the nouns lend to those who ask in the chat: the bot names no noun. main.ts hands them over. */
export interface Lookups {
  /** The subject behind a number that people say, whole or its last letters; undefined when there is none. */
  byNumber(tx: Tx, number: string): Promise<string | undefined>
  /** Writes down what colleagues shall know of a subject and the customer shall not. */
  note(tx: Tx, subjectId: string, staff: Staff, text: string): Promise<void>
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
