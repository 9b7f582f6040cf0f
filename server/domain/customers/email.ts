import { z } from 'zod'
import { record } from '../../engines/events/events.ts'
import { blindIndex } from '../../lib/crypto.ts'
import { Invalid } from '../../lib/errors.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { CustomerIdentity } from './customer.ts'
import { byIdentity, identityOf } from './customers.ts'
import { noteLookAlike } from './look-alike.ts'

/** What an address looks like. */
export const mailAddress = z.email().max(200)

/** The address to which a customer's mails go, or undefined. */
export function emailOf(tx: Tx, customerId: string): Promise<string | undefined> {
  return identityOf(tx, customerId, 'email')
}

/**
 * Stores the address to which a customer's mails go, in place of the one before. One that another customer has is left
 * with them, and noted: the two may be one, which is for people to decide. Returns whether it is this customer's now.
 */
export async function setEmail(tx: Tx, customerId: string, address: string): Promise<boolean> {
  const value = address.trim().toLowerCase()
  if (!mailAddress.safeParse(value).success) throw new Invalid('email', 'wrong_value')
  const owner = await byIdentity(tx, 'email', value)
  if (owner) {
    if (owner.id === customerId) return true
    await noteLookAlike(tx, customerId, owner.id, 'email', { type: 'customer', id: customerId })
    return false
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
  return true
}
