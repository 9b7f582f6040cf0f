import { Invalid } from '../../server/lib/errors.ts'
import { MOST_FOUND } from '../cards/customers.ts'
import { type Command, line } from '../command.ts'
import { findFor } from '../customer-sight.ts'

/** Finds customers by phone number, its last four digits, name, order or plate. */
export const find: Command = {
  name: 'find',
  words: ['客户', 'find', '查客户', 'customer'],
  group: 'customers',
  async run(tx, staff, rest) {
    const said = rest.trim()
    if ([...said].length < 2) throw new Invalid('customer', 'find_what')
    const found = await findFor(tx, staff.id, said, MOST_FOUND + 1)
    if (found.length === 0) return [line(staff, 'none_found', { said, of: 'find' })]
    const ids = found.slice(0, MOST_FOUND).map(({ id }) => id)
    return [{ kind: 'found', subjectId: staff.id, data: { ids, more: found.length > MOST_FOUND } }]
  },
}
