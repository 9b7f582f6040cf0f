import { type Objection, objectionIn } from '../../engines/api/objection.ts'
import type { Actor } from '../../engines/events/events.ts'
import { blindIndex } from '../../lib/crypto.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Given, identitiesIn } from './given.ts'
import { identify } from './identify.ts'

/** How many keys one statement asks for. */
const SLICE = 500

/** Who somebody is, or why nobody can be that. */
export type Met = { customerId: string } | { objection: Objection }

/**
 * The customers behind what is given, in the same order; whoever is not known is made. Those who are known by every
 * identity that is given are found together, in a statement for hundreds: the others one by one.
 */
export async function meetAll(tx: Tx, givens: Given[], about: { by: Actor; source: string }): Promise<Met[]> {
  const asked = givens.map((given) => identitiesIn(given).map(({ kind, value }) => blindIndex(kind, value)))
  const owners = await ownersOf(tx, [...new Set(asked.flat())])
  const living = await livingOf(tx, [...new Set(givens.flatMap(({ id }) => id ?? []))])
  const met = new Map<string, Met>()
  const all: Met[] = []
  for (const [i, given] of givens.entries()) {
    const found = new Set(asked[i]?.map((hash) => owners.get(hash)))
    if (given.id !== undefined) found.add(living.has(given.id) ? given.id : undefined)
    const [only] = found
    if (found.size === 1 && only !== undefined) {
      all.push({ customerId: only })
      continue
    }
    const key = JSON.stringify(given)
    const now = met.get(key) ?? (await meet(tx, given, living, about))
    met.set(key, now)
    all.push(now)
  }
  return all
}

async function meet(
  tx: Tx,
  given: Given,
  living: ReadonlySet<string>,
  about: { by: Actor; source: string },
): Promise<Met> {
  const identities = identitiesIn(given)
  if (given.id !== undefined && !living.has(given.id))
    return { objection: { field: 'customer.id', why: 'customer' } }
  if (given.id !== undefined && identities.length > 0)
    return { objection: { field: 'customer.id', why: 'customer_id_and_more' } }
  try {
    return { customerId: (await identify(tx, identities, about)).id }
  } catch (error) {
    const objection = objectionIn(error)
    return { objection: { ...objection, field: `customer.${objection.field}` } }
  }
}

async function ownersOf(tx: Tx, hashes: string[]): Promise<Map<string, string>> {
  const owners = new Map<string, string>()
  for (let from = 0; from < hashes.length; from += SLICE) {
    const slice = hashes.slice(from, from + SLICE)
    const rows = await tx.query<{ id: string; customerId: string }>(
      `SELECT id, customerId FROM customer_identities WHERE id IN (${slice.map(() => '?').join(',')})`,
      slice,
    )
    for (const { id, customerId } of rows) owners.set(id, customerId)
  }
  return owners
}

async function livingOf(tx: Tx, ids: string[]): Promise<ReadonlySet<string>> {
  const living = new Set<string>()
  for (let from = 0; from < ids.length; from += SLICE) {
    const slice = ids.slice(from, from + SLICE)
    const rows = await tx.query<{ id: string }>(
      `SELECT id FROM customers WHERE id IN (${slice.map(() => '?').join(',')})`,
      slice,
    )
    for (const { id } of rows) living.add(id)
  }
  return living
}
