import { record, SYSTEM } from '../../engines/events/events.ts'
import { blindIndex } from '../../lib/crypto.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Customer, CustomerIdentity } from './customer.ts'
import { customerById } from './customers.ts'

/**
 * The customer behind a number that somebody typed on a public page. Nobody has proved that it is theirs: it finds the
 * contact that the page made before, never the customer who has proved it, and proves nothing to a later sign-in.
 */
export async function contactByPhone(tx: Tx, phone: string, name?: string): Promise<Customer> {
  const id = blindIndex('contact', phone)
  const known = await tx.get(CustomerIdentity, id)
  if (known) {
    await tx.update(Customer, known.customerId, { seenAt: tx.now })
    return customerById(tx, known.customerId)
  }
  const customerId = newId(tx.now)
  await tx.insert(Customer, { id: customerId, nickname: name || null, phone, createdAt: tx.now, seenAt: tx.now })
  const identity = { id, customerId, kind: 'contact' as const, value: phone, createdAt: tx.now }
  // Two pages sent at once: one of them makes the contact, the other runs again and finds it.
  if (!(await tx.insertOnce(CustomerIdentity, identity))) throw new LostRace()
  await record(tx, 'customer.contact_left', { by: SYSTEM, subject: { type: 'customer', id: customerId }, customerId })
  return customerById(tx, customerId)
}
