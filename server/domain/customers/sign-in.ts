import { record } from '../../engines/events/events.ts'
import { blindIndex } from '../../lib/crypto.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Customer, CustomerIdentity } from './customer.ts'
import { byIdentity, customerById } from './customers.ts'
import { identify } from './identify.ts'
import { tidyValue } from './identity.ts'
import { identityRulesNow } from './identity-rules.ts'
import { areApart, noteLookAlike } from './look-alike.ts'
import { mergeCustomers } from './merge.ts'
import { isKnown, overLimit, profilesOf } from './profile.ts'

/** The customer behind a WeChat sign-in; a first visit makes one. */
export async function signIn(tx: Tx, who: { openid: string; unionid?: string }): Promise<Customer> {
  const { id } = await identify(
    tx,
    [{ kind: 'openid', value: who.openid }, ...(who.unionid ? [{ kind: 'unionid' as const, value: who.unionid }] : [])],
    { by: { type: 'customer' }, source: 'wechat' },
  )
  await tx.update(Customer, id, { seenAt: tx.now })
  return customerById(tx, id)
}

/**
 * Stores the phone number that WeChat has verified. Who was anonymous until now and gives the number of a known customer
 * is that customer; where both are known nothing is done but a note, and the answer is undefined.
 */
export async function setPhone(tx: Tx, customerId: string, given: string): Promise<Customer | undefined> {
  const customer = await customerById(tx, customerId)
  const tidy = tidyValue('phone', given)
  const phone = 'value' in tidy ? tidy.value : given
  const by = { type: 'customer' as const, id: customer.id }
  const owner = await byIdentity(tx, 'phone', phone)
  if (owner && owner.id !== customer.id) {
    if (await staysApart(tx, customer, owner)) {
      await noteLookAlike(tx, customer.id, owner.id, 'phone', by)
      return undefined
    }
    await mergeCustomers(tx, owner.id, customer.id, { by, why: 'identity:phone' })
    return settled(tx, owner.id, phone)
  }
  // Phones give the number again when the first answer did not come through.
  if (owner && customer.phone === phone && customer.keyedAt === null) return customer
  if (customer.phone && customer.phone !== phone) {
    await tx.run('DELETE FROM customer_identities WHERE id = ?', [blindIndex('phone', customer.phone)])
  }
  return settled(tx, customer.id, phone)
}

/** Whether these may not become one by themselves: both known, too much of something together, or said to be two. */
async function staysApart(tx: Tx, one: Customer, other: Customer): Promise<boolean> {
  const profiles = await profilesOf(tx, [one.id, other.id])
  const own = profiles.get(one.id) ?? []
  if (isKnown(own) && isKnown(profiles.get(other.id))) return true
  const together = [...own, ...(profiles.get(other.id) ?? [])]
  const kinds = own.map(({ kind }) => kind)
  return overLimit(identityRulesNow(), together, tx.now, kinds) !== undefined || areApart(tx, one.id, other.id)
}

/** Writes down whose number it is, and notes who has only said so. */
async function settled(tx: Tx, id: string, phone: string): Promise<Customer> {
  const by = { type: 'customer' as const, id }
  const identity = { id: blindIndex('phone', phone), customerId: id, kind: 'phone' as const, value: phone }
  if (!(await tx.get(CustomerIdentity, identity.id))) {
    if (!(await tx.insertOnce(CustomerIdentity, { ...identity, createdAt: tx.now, proved: true }))) throw new LostRace()
  }
  await tx.update(Customer, id, { phone, keyedAt: null })
  await record(tx, 'customer.phone_set', { by, subject: { type: 'customer', id }, customerId: id })
  const contact = await tx.get(CustomerIdentity, blindIndex('contact', phone))
  if (contact && contact.customerId !== id && contact.customerId !== '')
    await noteLookAlike(tx, id, contact.customerId, 'contact', by)
  return customerById(tx, id)
}
