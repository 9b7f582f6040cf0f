import type { Tx } from '../../lib/tx.ts'

/** How a noun tells who of staff looks after a customer: who has something to do for them now, and whose they are. */
export interface Care {
  /** Members of staff who have something to do for this customer at present. */
  now?(tx: Tx, customerId: string): Promise<string[]>
  /** Whose customer it is, whether there is anything to do or not. */
  owner?(tx: Tx, customerId: string): Promise<string[]>
}

const lent = new Map<string, Care>()

/** Lets a noun tell who looks after a customer. */
export function lendCare(by: string, care: Care): void {
  lent.set(by, care)
}

/** Who has something to do for a customer now. */
export function servingNow(tx: Tx, customerId: string): Promise<Set<string>> {
  return tx.memo(`serving:${customerId}`, () => gather(tx, customerId, 'now'))
}

/** Who looks after a customer, whether there is something to do or not. */
export function lookingAfter(tx: Tx, customerId: string): Promise<Set<string>> {
  return tx.memo(`caring:${customerId}`, async () => {
    const owners = await gather(tx, customerId, 'owner')
    return new Set([...owners, ...(await servingNow(tx, customerId))])
  })
}

async function gather(tx: Tx, customerId: string, kind: keyof Care): Promise<Set<string>> {
  const all = new Set<string>()
  for (const care of lent.values()) for (const id of (await care[kind]?.(tx, customerId)) ?? []) all.add(id)
  return all
}
