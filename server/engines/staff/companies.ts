import type { Tx } from '../../lib/tx.ts'
import type { Staff } from './staff.ts'

/** What staff may tell of a company in the chat. */
export type CompanyTold = Partial<Record<'industry' | 'size' | 'background' | 'structure', string>>

/** What staff may tell of somebody in a company. */
export interface ContactTold {
  name: string
  phone?: string
  role?: string
  decides?: boolean
  /** The name of who is above them. */
  above?: string
}

/** Somebody in a company, as staff are shown them. */
export interface ContactShown {
  name: string
  phone: string
  role: string
  decides: boolean
  /** How deep they stand below whoever is above all. */
  depth: number
}

export interface CompanyShown {
  id: string
  name: string
  industry: string
  size: string
  background: string
  structure: string
  contacts: ContactShown[]
  /** How many open leads and sent quotes are theirs. */
  leads: number
  quotes: number
}

/** What companies lend to those who ask in the chat; main.ts hands it over. */
export interface CompanyLookups {
  find(tx: Tx, words: string, limit: number): Promise<{ id: string; name: string }[]>
  one(tx: Tx, id: string): Promise<CompanyShown | undefined>
  /** The companies of a customer, with what they are there. */
  ofCustomer(tx: Tx, customerId: string): Promise<{ name: string; role: string; decides: boolean }[]>
  /** Writes down what somebody tells of a company, new or known; returns its id. */
  tell(tx: Tx, staff: Staff, name: string, told: CompanyTold): Promise<string>
  tellContact(tx: Tx, staff: Staff, companyId: string, told: ContactTold): Promise<void>
}

let lent: CompanyLookups | undefined

/** Lends the look-ups. */
export function lendCompanies(lookups: CompanyLookups): void {
  lent = lookups
}

/** The look-ups of companies. */
export function companies(): CompanyLookups {
  if (!lent) throw new Error('nobody has lent companies')
  return lent
}
