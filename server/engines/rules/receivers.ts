import { z } from 'zod'
import { Conflict } from '../../lib/errors.ts'
import { oneOf } from '../../lib/one-of.ts'
import type { Tx } from '../../lib/tx.ts'
import { peopleFor } from '../flows/assign.ts'
import { identifier } from '../flows/step-source.ts'
import { staffById } from '../staff/roster.ts'
import type { Staff } from '../staff/staff.ts'
import type { RuleTurn } from './hooks.ts'
import { valueAt } from './known.ts'

const roleSchema = z.strictObject({ role: identifier })
/** Whom of staff a word speaks to: who looks after the customer, that person's leader, or the people of a role. */
export const receiverSchema = oneOf<'owner' | 'leader' | { role: string }>([roleSchema], (value) =>
  typeof value === 'object' ? roleSchema : z.enum(['owner', 'leader']),
)
export type Receiver = z.infer<typeof receiverSchema>

/**
 * The people a word speaks to; where nobody looks after the customer, or they have left, those of the role that is named
 * instead. Throws Conflict when there is nobody at all: the trace says so.
 */
export async function receiversOf(tx: Tx, turn: RuleTurn, to: Receiver, or: string): Promise<Staff[]> {
  const people = typeof to === 'object' ? await peopleFor(tx, [to.role]) : await ownerOf(tx, turn, to)
  const found = people.length > 0 ? people : await peopleFor(tx, [or])
  if (found.length === 0) throw new Conflict('rule_nobody', { role: or })
  return found
}

async function ownerOf(tx: Tx, { data }: RuleTurn, to: 'owner' | 'leader'): Promise<Staff[]> {
  const id = valueAt(data, 'customer.owner')
  const owner = typeof id === 'string' ? await staffById(tx, id) : undefined
  const one = to === 'leader' && owner?.leaderId ? await staffById(tx, owner.leaderId) : owner
  return one?.active ? [one] : []
}
