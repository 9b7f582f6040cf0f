import type { Tx } from '../../lib/tx.ts'
import { CustomerIdentity, IdentityClaim } from './customer.ts'
import { slots } from './movers.ts'

/** A thing that was seen with so many is everybody's: further ones tell nothing. */
const MOST_CLAIMS = 50

/** Notes that a thing was seen with these identities; says whether that is news. */
export async function claimThing(tx: Tx, identityId: string, claimantIds: string[]): Promise<boolean> {
  if (claimantIds.length === 0) return false
  const known = await tx.query<{ claimantId: string }>(
    `SELECT claimantId FROM identity_claims WHERE identityId = ? LIMIT ${MOST_CLAIMS}`,
    [identityId],
  )
  if (known.length === MOST_CLAIMS) return false
  const fresh = claimantIds.filter((id) => !known.some(({ claimantId }) => claimantId === id))
  for (const claimantId of fresh)
    await tx.insertOnce(IdentityClaim, { id: `${identityId}:${claimantId}`, identityId, claimantId })
  return fresh.length > 0
}

/** Those of these things that were seen with anybody. */
export async function claimedThings(tx: Tx, thingIds: string[]): Promise<string[]> {
  if (thingIds.length === 0) return []
  const rows = await tx.query<{ id: string }>(
    `SELECT DISTINCT identityId AS id FROM identity_claims WHERE identityId IN (${slots(thingIds)})`,
    thingIds,
  )
  return rows.map(({ id }) => id)
}

/** The things that were seen with an identity of one of these customers. */
export async function thingsAround(tx: Tx, customerIds: string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT DISTINCT c.identityId AS id FROM identity_claims c JOIN customer_identities i ON i.id = c.claimantId
     WHERE i.customerId IN (${slots(customerIds)}) ORDER BY id`,
    customerIds,
  )
  return rows.map(({ id }) => id)
}

/**
 * Gives things to whom they are seen with: while that is one customer, theirs; if they are several, nobody's. It hangs
 * on nothing but with whom they were seen, so the order in which that became known makes no difference.
 */
export async function settleThings(tx: Tx, thingIds: string[]): Promise<void> {
  for (const id of new Set(thingIds)) {
    const thing = await tx.get(CustomerIdentity, id)
    if (!thing || thing.proved) continue
    const owners = await tx.query<{ id: string }>(
      `SELECT DISTINCT i.customerId AS id FROM identity_claims c JOIN customer_identities i ON i.id = c.claimantId
       WHERE c.identityId = ? ORDER BY id`,
      [id],
    )
    const [owner] = owners
    if (!owner) continue
    if (owners.length === 1) {
      if (thing.customerId !== owner.id) await tx.update(CustomerIdentity, id, { customerId: owner.id })
    } else if (owners.some((one) => one.id === thing.customerId)) {
      await tx.update(CustomerIdentity, id, { customerId: '' })
    }
  }
}
