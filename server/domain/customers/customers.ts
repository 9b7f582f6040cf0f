import { record } from '../../engines/events/events.ts'
import { blindIndex } from '../../lib/crypto.ts'
import { Conflict, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Customer, CustomerIdentity } from './customer.ts'

type Kind = CustomerIdentity['kind']

/** The customer behind a WeChat sign-in; a first visit makes one. */
export async function signIn(tx: Tx, who: { openid: string; unionid?: string }): Promise<Customer> {
  const known =
    (await byIdentity(tx, 'openid', who.openid)) ?? (who.unionid && (await byIdentity(tx, 'unionid', who.unionid)))
  const customer = known || (await create(tx))
  await addIdentity(tx, customer.id, 'openid', who.openid)
  if (who.unionid) await addIdentity(tx, customer.id, 'unionid', who.unionid)
  await tx.update(Customer, customer.id, { seenAt: tx.now })
  return customer
}

/** Stores the phone number that WeChat has verified. A number that belongs to another known customer is refused. */
export async function setPhone(tx: Tx, customerId: string, phone: string): Promise<Customer> {
  const customer = await customerById(tx, customerId)
  const owner = await byIdentity(tx, 'phone', phone)
  if (owner && owner.id !== customer.id) throw new Conflict('phone_taken')
  if (customer.phone && customer.phone !== phone) {
    await tx.run('DELETE FROM customer_identities WHERE id = ?', [blindIndex('phone', customer.phone)])
  }
  await addIdentity(tx, customer.id, 'phone', phone)
  await tx.update(Customer, customer.id, { phone, keyedAt: null })
  await record(tx, 'customer.phone_set', {
    by: { type: 'customer', id: customerId },
    subject: subject(customerId),
    customerId,
  })
  return customerById(tx, customerId)
}

/** Stores how the customer wants to be called. */
export async function setNickname(tx: Tx, customerId: string, nickname: string): Promise<Customer> {
  await tx.update(Customer, customerId, { nickname, keyedAt: null })
  return customerById(tx, customerId)
}

/** A customer by id; throws NotFound. */
export async function customerById(tx: Tx, id: string): Promise<Customer> {
  const customer = await tx.get(Customer, id)
  if (!customer) throw new NotFound('customer')
  return customer
}

/** The value of one of a customer's identities, or undefined. */
export async function identityOf(tx: Tx, customerId: string, kind: Kind): Promise<string | undefined> {
  const identity = await tx.first(CustomerIdentity, 'WHERE customerId = ? AND kind = ? ORDER BY createdAt DESC', [
    customerId,
    kind,
  ])
  return identity?.value
}

/** A customer by one of their identities, or undefined. */
export async function byIdentity(tx: Tx, kind: Kind, value: string): Promise<Customer | undefined> {
  const identity = await tx.get(CustomerIdentity, blindIndex(kind, value))
  return identity && (await tx.get(Customer, identity.customerId))
}

async function create(tx: Tx): Promise<Customer> {
  const id = newId(tx.now)
  await tx.insert(Customer, { id, createdAt: tx.now, seenAt: tx.now })
  await record(tx, 'customer.registered', { by: { type: 'customer', id }, subject: subject(id), customerId: id })
  return customerById(tx, id)
}

async function addIdentity(tx: Tx, customerId: string, kind: Kind, value: string): Promise<void> {
  const id = blindIndex(kind, value)
  const known = await tx.get(CustomerIdentity, id)
  if (known) return
  // Two first visits of one person at once: one of them makes the customer, the other runs again and finds it.
  if (!(await tx.insertOnce(CustomerIdentity, { id, customerId, kind, value, createdAt: tx.now }))) throw new LostRace()
}

function subject(id: string) {
  return { type: 'customer', id }
}
