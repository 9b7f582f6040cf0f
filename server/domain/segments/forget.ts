import type { Tx } from '../../lib/tx.ts'

/** Erases all that was worked out about a customer (D12); what it was worked out from is for others to erase. */
export async function forgetCustomer(tx: Tx, customerId: string): Promise<void> {
  for (const table of ['customer_tallies', 'customer_facts'])
    await tx.run(`DELETE FROM ${table} WHERE id = ?`, [customerId])
  for (const table of ['customer_tags', 'customer_stages', 'segment_members'])
    await tx.run(`DELETE FROM ${table} WHERE customerId = ?`, [customerId])
}
