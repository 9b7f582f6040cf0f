import { type FoundCustomer, lookups } from '../../server/engines/staff/lookups.ts'
import { merges } from '../../server/engines/staff/merges.ts'
import { Conflict, Invalid, NotFound } from '../../server/lib/errors.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { type Command, line } from '../command.ts'

const may: Command['may'] = (tx, staff) => merges().may(tx, staff)

/** Shows two customers side by side; they become one after a yes with a reason. */
const mergeCustomers: Command = {
  name: 'merge_customers',
  words: ['合并客户', 'merge customers'],
  group: 'customers',
  may,
  async run(tx, _staff, rest) {
    const said = rest
      .replace(/\s*(?:与|和|到|跟|and|with|into)\s+/g, ' ')
      .split(/[\s,，、]+/)
      .filter(Boolean)
    const [a, b] = await twoNamed(tx, said)
    const [intoId, fromId] = await merges().inOrder(tx, a.id, b.id)
    return [{ kind: 'merge_customers', subjectId: newId(tx.now), data: { intoId, fromId } }]
  },
}

/** Makes two customers again of one, after a yes. */
const undoMerge: Command = {
  name: 'undo_merge',
  words: ['撤销合并', 'undo merge'],
  group: 'customers',
  may,
  async run(tx, _staff, rest) {
    if (!rest.trim()) throw new Invalid('customer', 'undo_merge_how')
    const { id } = await customerNamed(tx, rest.trim())
    const { id: mergeId } = await merges().last(tx, id)
    return [{ kind: 'undo_merge', subjectId: newId(tx.now), data: { customerId: id, mergeId } }]
  },
}

/** Customers who may be one and about whom nobody has decided. */
const lookAlikes: Command = {
  name: 'look_alikes',
  words: ['疑似重复', 'look alikes'],
  group: 'customers',
  alone: true,
  may,
  async run(tx, staff) {
    const pairs = await merges().lookAlikes(tx, MOST_PAIRS + 1)
    if (pairs.length === 0) return [line(staff, 'no_look_alikes')]
    const shown = pairs.slice(0, MOST_PAIRS).map(({ one, other, kind }) => ({ ids: [one.id, other.id], kind }))
    return [{ kind: 'look_alikes', subjectId: staff.id, data: { pairs: shown, more: pairs.length > MOST_PAIRS } }]
  },
}

/** How many pairs one card shows. */
const MOST_PAIRS = 3

export const mergeCommands = [mergeCustomers, undoMerge, lookAlikes]

/** Two names, or one that stands for just two customers. */
async function twoNamed(tx: Tx, [one, other, ...more]: string[]): Promise<[FoundCustomer, FoundCustomer]> {
  if (!one || more.length > 0) throw new Invalid('customer', 'merge_how')
  if (other) return [await customerNamed(tx, one), await customerNamed(tx, other)]
  const [a, b, third] = await lookups().findCustomers(tx, one, 3)
  if (!a || !b || third) throw new Invalid('customer', 'merge_how')
  return [a, b]
}

async function customerNamed(tx: Tx, who: string): Promise<FoundCustomer> {
  const [customer, another] = await lookups().findCustomers(tx, who, 2)
  if (!customer) throw new NotFound('customer_unknown', { said: who })
  if (another) throw new Conflict('customer_which', { said: who })
  return customer
}
