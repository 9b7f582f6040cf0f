import type { Tx } from '../../lib/tx.ts'

/** Erases with whom a customer's things were seen (D12); their identities themselves are erased after it. */
export async function forgetClaims(tx: Tx, customerId: string): Promise<void> {
  const theirs = 'SELECT id FROM customer_identities WHERE customerId = ?'
  await tx.run(`DELETE FROM identity_claims WHERE claimantId IN (${theirs}) OR identityId IN (${theirs})`, [
    customerId,
    customerId,
  ])
}

/**
 * Erases what merges have kept of a customer (D12): the journal with what it takes to undo them, look-alikes, and last of
 * all their old ids, by which everything else is found. Returns how many rows.
 */
export async function forgetMerges(tx: Tx, customerId: string): Promise<number> {
  const twice = [customerId, customerId]
  return (
    (await tx.run('DELETE FROM customer_merges WHERE masterId = ? OR otherId = ?', twice)) +
    (await tx.run('DELETE FROM customer_look_alikes WHERE oneId = ? OR otherId = ?', twice)) +
    (await tx.run('DELETE FROM customer_aliases WHERE customerId = ?', [customerId]))
  )
}
