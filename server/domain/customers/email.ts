import { z } from 'zod'
import { record } from '../../engines/events/events.ts'
import { blindIndex } from '../../lib/crypto.ts'
import { Conflict, Invalid } from '../../lib/errors.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { CustomerIdentity } from './customer.ts'
import { byIdentity, identityOf } from './customers.ts'

/** What an address looks like. */
export const mailAddress = z.email().max(200)

/** The address to which a customer's mails go, or undefined. */
export function emailOf(tx: Tx, customerId: string): Promise<string | undefined> {
  return identityOf(tx, customerId, 'email')
}

/** Stores the address to which a customer's mails go, in place of the one before; another customer's is refused. */
export async function setEmail(tx: Tx, customerId: string, address: string): Promise<void> {
  const value = address.trim().toLowerCase()
  if (!mailAddress.safeParse(value).success) throw new Invalid('email', 'wrong_value')
  const owner = await byIdentity(tx, 'email', value)
  if (owner) {
    if (owner.id !== customerId) throw new Conflict('email_taken')
    return
  }
  await tx.run(`DELETE FROM customer_identities WHERE customerId = ? AND kind = 'email'`, [customerId])
  const id = blindIndex('email', value)
  const identity = { id, customerId, kind: 'email' as const, value, createdAt: tx.now, proved: false }
  if (!(await tx.insertOnce(CustomerIdentity, identity))) throw new LostRace()
  await record(tx, 'customer.email_set', {
    by: { type: 'customer', id: customerId },
    subject: { type: 'customer', id: customerId },
    customerId,
  })
}
