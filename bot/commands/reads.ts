import { accessOf } from '../../server/engines/access/access.ts'
import { leads } from '../../server/engines/flows/figures.ts'
import { Invalid } from '../../server/lib/errors.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Command, line } from '../command.ts'
import { findFor } from '../customer-sight.ts'
import { segmentNamed } from './segments.ts'

/** Who has read a customer's data in full, and when (D12): for those who lead others. */
const reads: Command = {
  name: 'reads',
  words: ['谁看过', 'who read'],
  group: 'customers',
  may: leads,
  async run(tx, staff, rest) {
    const said = rest.trim()
    if (!said) throw new Invalid('customer', 'reads_who')
    const [customer, another] = await findFor(tx, staff.id, said, 2)
    if (!customer) return [line(staff, 'none_found', { said, of: 'reads' })]
    if (another) throw new Invalid('customer', 'customer_which', { said })
    return [{ kind: 'reads', subjectId: customer.id }]
  },
}

/** Hands out a list of customers as a file, with the fields that one may take away. */
const take: Command = {
  name: 'export',
  words: ['导出客户', 'export customers'],
  group: 'customers',
  may: mayTake,
  async run(tx, staff, rest) {
    const said = rest.trim()
    const segment = said && (await segmentNamed(tx, said))
    return [{ kind: 'export', subjectId: staff.id, data: { segment: segment || said } }]
  },
}

async function mayTake(tx: Tx, staff: { id: string }): Promise<boolean> {
  return (await accessOf(tx, { staff: staff.id })).export.size > 0
}

export const privacyCommands = [reads, take]
