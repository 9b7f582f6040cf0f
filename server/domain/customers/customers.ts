import { presentId } from '../../engines/events/aliases.ts'
import { type Actor, record } from '../../engines/events/events.ts'
import { blindIndex } from '../../lib/crypto.ts'
import { NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { Customer, CustomerIdentity } from './customer.ts'
import { tidyValue } from './identity.ts'

type Kind = CustomerIdentity['kind']

/** Stores how the customer wants to be called. */
export async function setNickname(tx: Tx, customerId: string, nickname: string): Promise<Customer> {
  const { id } = await customerById(tx, customerId)
  await tx.update(Customer, id, { nickname, keyedAt: null })
  return customerById(tx, id)
}

/** A customer by id, which may be one they had before they turned out to be another; throws NotFound. */
export async function customerById(tx: Tx, id: string): Promise<Customer> {
  const customer = (await tx.get(Customer, id)) ?? (await tx.get(Customer, await presentId(tx, id)))
  if (!customer) throw new NotFound('customer')
  return customer
}

/** The value of one of a customer's identities, or undefined. */
export async function identityOf(tx: Tx, customerId: string, kind: Kind): Promise<string | undefined> {
  const identity = await tx.first(CustomerIdentity, 'WHERE customerId = ? AND kind = ? ORDER BY createdAt DESC, id', [
    customerId,
    kind,
  ])
  return identity?.value
}

/** A customer by one of their identities, or undefined. */
export async function byIdentity(tx: Tx, kind: Kind, value: string): Promise<Customer | undefined> {
  const tidy = tidyValue(kind, value)
  const identity = 'value' in tidy && (await tx.get(CustomerIdentity, blindIndex(kind, tidy.value)))
  return identity ? await tx.get(Customer, identity.customerId) : undefined
}

/** Makes a customer of whom nothing is known yet; without an id, it was they who did it. */
export async function createCustomer(
  tx: Tx,
  event: 'customer.registered' | 'customer.contact_left',
  { by, source }: { by: Actor; source?: string },
  fields: Partial<Pick<Customer, 'nickname' | 'phone'>> = {},
): Promise<Customer> {
  const id = newId(tx.now)
  await tx.insert(Customer, { id, createdAt: tx.now, seenAt: tx.now, ...fields })
  await record(tx, event, {
    by: by.type === 'customer' ? { type: 'customer', id } : by,
    subject: { type: 'customer', id },
    customerId: id,
    data: source ? { source } : {},
  })
  return customerById(tx, id)
}
