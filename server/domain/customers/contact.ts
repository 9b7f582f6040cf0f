import { SYSTEM } from '../../engines/events/events.ts'
import { blindIndex } from '../../lib/crypto.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Customer, CustomerIdentity } from './customer.ts'
import { createCustomer, customerById } from './customers.ts'
import { tidyValue } from './identity.ts'
import { noteLookAlike } from './look-alike.ts'
import { isKnown, profilesOf } from './profile.ts'

/**
 * The customer behind a number that somebody typed on a public page. Nobody has proved that it is theirs: it finds the
 * contact that the page made before, never the customer who has proved it, and proves nothing to a later sign-in.
 */
export async function contactByPhone(tx: Tx, given: string, name?: string): Promise<Customer> {
  const tidy = tidyValue('contact', given)
  const phone = 'value' in tidy ? tidy.value : given
  const id = blindIndex('contact', phone)
  const known = await tx.get(CustomerIdentity, id)
  // Who has shown who they are is never found by what somebody types, even if people have joined the two.
  if (known?.customerId && !isKnown((await profilesOf(tx, [known.customerId])).get(known.customerId))) {
    await tx.update(Customer, known.customerId, { seenAt: tx.now })
    return customerById(tx, known.customerId)
  }
  const about = { by: SYSTEM, source: 'page' }
  const customer = await createCustomer(tx, 'customer.contact_left', about, { nickname: name || null, phone })
  const identity = { customerId: customer.id, kind: 'contact' as const, value: phone, createdAt: tx.now, proved: false }
  if (known) await tx.update(CustomerIdentity, id, { customerId: customer.id })
  // Two pages sent at once: one of them makes the contact, the other runs again and finds it.
  else if (!(await tx.insertOnce(CustomerIdentity, { id, ...identity }))) throw new LostRace()
  const owner = await tx.get(CustomerIdentity, blindIndex('phone', phone))
  if (owner) await noteLookAlike(tx, customer.id, owner.customerId, 'contact', SYSTEM)
  return customer
}
