import { plainCode } from '../../engines/forms/asset-field.ts'
import type { FoundCustomer } from '../../engines/staff/lookups.ts'
import { blindIndex } from '../../lib/crypto.ts'
import type { Database } from '../../lib/db.ts'
import { whenever } from '../../lib/due.ts'
import type { Tx } from '../../lib/tx.ts'
import { Customer, CustomerIdentity } from './customer.ts'
import { byIdentity } from './customers.ts'
import { CustomerKey } from './key.ts'

const BATCH = 50
/** Names are found by their first characters, from two up to this many. */
const LONGEST = 8

type Kind = CustomerKey['kind']

/** Customers who cannot be found yet by what they are called now. */
export const customersUnkeyed = whenever('customers WHERE keyedAt IS NULL')

/** Writes the search keys of customers whose name or number has changed. Returns how many it looked at. */
export async function keyCustomers(db: Database): Promise<number> {
  const due = await db.read((tx) => tx.find(Customer, `WHERE keyedAt IS NULL ORDER BY id LIMIT ${BATCH}`))
  if (due.length === 0) return 0
  await db.write(async (tx) => {
    for (const { id } of due) {
      const customer = await tx.get(Customer, id)
      if (!customer) continue
      await tx.run(`DELETE FROM customer_keys WHERE customerId = ? AND kind <> 'text'`, [id])
      for (const prefix of prefixes(tidied(customer.nickname ?? ''))) await addKey(tx, id, 'name', prefix)
      for (const phone of await phonesOf(tx, customer)) await addKey(tx, id, 'phone_end', phone.slice(-4))
      await tx.update(Customer, id, { keyedAt: tx.now })
    }
  })
  return due.length
}

/** Lets a customer be found by what they wrote into forms: an order, a number plate. */
export async function keyTexts(tx: Tx, customerId: string, texts: string[]): Promise<void> {
  for (const text of new Set(texts.map(tidied))) if (text.length >= 4) await addKey(tx, customerId, 'text', text)
}

/** The customers that a phone number, its last four digits, the beginning of a name or a written text stands for. */
export async function findCustomers(tx: Tx, words: string, limit: number): Promise<FoundCustomer[]> {
  const said = tidied(words)
  if (/^\d{7,}$/.test(said)) {
    const owner = await byIdentity(tx, 'phone', said)
    if (owner) return [found(owner)]
  }
  const kind: Kind = /^\d{4}$/.test(said) ? 'phone_end' : 'name'
  // A number plate may be written with its dot.
  const texts = new Set([said, tidied(plainCode(words))])
  const hashes = [blindIndex(`key:${kind}`, said), ...[...texts].map((text) => blindIndex('key:text', text))]
  const places = hashes.map(() => '?').join(',')
  const customers = await tx.find(
    Customer,
    `WHERE id IN (SELECT customerId FROM customer_keys WHERE hash IN (${places})) ORDER BY seenAt DESC LIMIT ${limit}`,
    hashes,
  )
  return customers.map(found)
}

/** A customer as staff find them. */
export function found({ id, nickname, phone }: Customer): FoundCustomer {
  return { id, name: nickname ?? '', phone: phone ?? '' }
}

/** Every number of a customer: who was two once is found by either. */
async function phonesOf(tx: Tx, { id, phone }: Customer): Promise<Set<string>> {
  const more = await tx.find(CustomerIdentity, `WHERE customerId = ? AND kind IN ('phone', 'contact')`, [id])
  return new Set([...(phone ? [phone] : []), ...more.map(({ value }) => value)])
}

async function addKey(tx: Tx, customerId: string, kind: Kind, value: string): Promise<void> {
  const hash = blindIndex(`key:${kind}`, value)
  await tx.insertOnce(CustomerKey, { id: `${hash}:${customerId}`, hash, kind, customerId })
}

function tidied(text: string): string {
  return text.normalize('NFKC').replace(/[\s-]/g, '').toLowerCase()
}

function prefixes(text: string): string[] {
  const characters = [...text].slice(0, LONGEST)
  return characters.slice(1).map((_, end) => characters.slice(0, end + 2).join(''))
}
