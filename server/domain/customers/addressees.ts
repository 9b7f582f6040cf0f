import type { Tx } from '../../lib/tx.ts'
import { Customer, CustomerIdentity } from './customer.ts'
import { identityOf } from './customers.ts'
import { slots } from './movers.ts'

const customerKey = (id: string) => `addressee:${id}`
const openidKey = (id: string) => `openid:${id}`

/** A customer to whom a message goes. */
export function addressee(tx: Tx, id: string): Promise<Customer | undefined> {
  return tx.memo(customerKey(id), () => tx.get(Customer, id))
}

/** By what WeChat knows them, or undefined. */
export function openidOf(tx: Tx, id: string): Promise<string | undefined> {
  return tx.memo(openidKey(id), () => identityOf(tx, id, 'openid'))
}

/** Reads these customers and their openids at once: of many messages that wait each would ask for its own. */
export async function readAddressees(tx: Tx, ids: string[]): Promise<void> {
  const [customers, identities] = await Promise.all([
    tx.find(Customer, `WHERE id IN (${slots(ids)})`, ids),
    tx.find(
      CustomerIdentity,
      `WHERE customerId IN (${slots(ids)}) AND kind = 'openid' ORDER BY createdAt DESC, id`,
      ids,
    ),
  ])
  for (const id of ids) {
    tx.remember(
      customerKey(id),
      customers.find((one) => one.id === id),
    )
    tx.remember(openidKey(id), identities.find(({ customerId }) => customerId === id)?.value)
  }
}
