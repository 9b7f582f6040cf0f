import { accessOf, type Sight, shownBy, sightOf } from '../server/engines/access/access.ts'
import { masked } from '../server/engines/access/masks.ts'
import type { Field } from '../server/engines/access/matrix.ts'
import type { Facts } from '../server/engines/flows/run.ts'
import { type FoundCustomer, lookups } from '../server/engines/staff/lookups.ts'
import type { Tx } from '../server/lib/tx.ts'

/** What stands in the place of what somebody may not see. */
const HIDDEN = '***'
/** A search is sifted by what its asker may see: so many more are looked for than are shown. */
const SIFTED = 4

/** What a member of staff may see of a customer on a card; undefined: nothing, they are none of theirs. */
export function sightOnCard(tx: Tx, staffId: string, customerId: string): Promise<Sight | undefined> {
  return sightOf(tx, { staff: staffId }, 'card', customerId)
}

/**
 * A customer in passing: in lists, and on cards that are about something else, nobody's name or number stands in full.
 * Whoever may see more has to look, which is noted. Undefined for whom they may not see at all.
 */
export async function glance(tx: Tx, staffId: string, customerId: string): Promise<FoundCustomer | undefined> {
  const customer = await lookups().customer(tx, customerId)
  const sight = customer && (await sightOnCard(tx, staffId, customerId))
  return sight && { id: customer.id, ...inPassing(sight, customer) }
}

/** The customers that a text stands for, as far as this member of staff may see them. */
export async function findFor(tx: Tx, staffId: string, said: string, most: number): Promise<FoundCustomer[]> {
  const { rows } = await accessOf(tx, { staff: staffId })
  if (rows === 'all') return lookups().findCustomers(tx, said, most)
  const found = await lookups().findCustomers(tx, said, most * SIFTED)
  const seen = await Promise.all(found.map(async (one) => ((await sightOnCard(tx, staffId, one.id)) ? one : [])))
  return seen.flat().slice(0, most)
}

/** What a card of some matter tells of its customer to one receiver. */
export async function factsFor(
  tx: Tx,
  staffId: string,
  facts: Facts,
  customerId: string | null,
): Promise<Pick<Facts, 'customer' | 'phone'>> {
  const { customer, phone } = facts
  if (!customerId) return { customer, phone }
  const access = await accessOf(tx, { staff: staffId })
  const open = access.rows === 'all' && [access.view, access.own].every((one) => seen(one.name) && seen(one.phone))
  // As a rule nothing is hidden altogether, and what stands in the row is masked already.
  if (open) return { customer, phone }
  const sight = await sightOnCard(tx, staffId, customerId)
  const hidden = { customer: customer && HIDDEN, phone: phone && HIDDEN }
  if (!sight) return hidden
  return {
    customer: seen(sight.view('name')) ? customer : hidden.customer,
    phone: seen(sight.view('phone')) ? phone : hidden.phone,
  }
}

/** A customer's name and number as they may be read after a look, and which of them stand in full. */
export function looked(sight: Sight, { name, phone }: FoundCustomer) {
  const { shown, inFull } = shownBy(sight, { name, phone })
  return { name: told(name, shown.name), phone: told(phone, shown.phone), inFull }
}

/** Whether a fact of a customer may be told: as it is, masked, or not at all (undefined). */
export function toldFact(sight: Sight, field: Field, value: unknown): unknown {
  return masked(field, sight.view(field), value)
}

function inPassing(sight: Sight, { name, phone }: Pick<FoundCustomer, 'name' | 'phone'>) {
  const capped = (field: Field, value: string) =>
    told(value, masked(field, seen(sight.view(field)) ? 'masked' : 'none', value))
  return { name: capped('name', name), phone: capped('phone', phone) }
}

/** There is something and it may not be seen: that is another thing than nothing. */
function told(value: string, shown: unknown): string {
  return value === '' ? '' : shown === undefined ? HIDDEN : String(shown)
}

const seen = (view: string) => view !== 'none'
