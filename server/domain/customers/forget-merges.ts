import type { Tx } from '../../lib/tx.ts'

/**
 * Erases what merges have kept of a customer (D12): the journal with what it takes to undo them, old ids, look-alikes,
 * and with whom their things were seen. Their identities themselves are erased after it.
 */
export async function forgetMerges(tx: Tx, customerId: string): Promise<void> {
  await tx.run('DELETE FROM customer_merges WHERE masterId = ? OR otherId = ?', [customerId, customerId])
  await tx.run('DELETE FROM customer_aliases WHERE customerId = ?', [customerId])
  const theirs = 'SELECT id FROM customer_identities WHERE customerId = ?'
  await tx.run(`DELETE FROM identity_claims WHERE claimantId IN (${theirs}) OR identityId IN (${theirs})`, [
    customerId,
    customerId,
  ])
  await tx.run('DELETE FROM customer_look_alikes WHERE oneId = ? OR otherId = ?', [customerId, customerId])
}
