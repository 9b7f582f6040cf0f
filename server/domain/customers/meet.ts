import { type Objection, objectionIn } from '../../engines/api/objection.ts'
import { presentIds } from '../../engines/events/aliases.ts'
import type { Actor } from '../../engines/events/events.ts'
import { blindIndex } from '../../lib/crypto.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Given, identitiesIn } from './given.ts'
import { identify } from './identify.ts'
import { tidyValue } from './identity.ts'

/** How many keys one statement asks for. */
const SLICE = 500

/** Who somebody is, or why nobody can be that. */
export type Met = { customerId: string } | { objection: Objection }

/**
 * The customers behind what is given, in the same order; whoever is not known is made. Those who are known by every
 * identity that is given are found together, in a statement for hundreds: the others one by one.
 */
export async function meetAll(tx: Tx, givens: Given[], about: { by: Actor; source: string }): Promise<Met[]> {
  const asked = givens.map(hashesOf)
  const owners = await ownersOf(tx, [...new Set(asked.flatMap((hashes) => hashes ?? []))])
  const living = await livingOf(tx, [...new Set(givens.flatMap(({ id }) => id ?? []))])
  const met = new Map<string, Met>()
  const all: Met[] = []
  for (const [i, given] of givens.entries()) {
    const [only, ...others] = new Set(asked[i]?.map((hash) => owners.get(hash)))
    if (only && others.length === 0) {
      all.push({ customerId: only })
      continue
    }
    const key = JSON.stringify(given)
    const now = met.get(key) ?? (await meet(tx, given, living, about))
    met.set(key, now)
    all.push(now)
  }
  return met.size === 0 ? all : asTheyAreNow(tx, all)
}

/** One who was met may have turned out to be another by what came after. */
async function asTheyAreNow(tx: Tx, all: Met[]): Promise<Met[]> {
  const ids = new Set(all.flatMap((one) => ('customerId' in one ? one.customerId : [])))
  const now = await presentIds(tx, [...ids])
  return all.map((one) => ('customerId' in one ? { customerId: now.get(one.customerId) ?? one.customerId } : one))
}

/** The marks of what was given, where they alone tell who it is: a thing beside a person may be news of the two. */
function hashesOf(given: Given): string[] | undefined {
  const identities = identitiesIn(given)
  if (given.id !== undefined || (identities.length > 1 && identities.some(({ proved }) => !proved))) return undefined
  const tidied = identities.map(({ kind, value }) => [kind, tidyValue(kind, value)] as const)
  return tidied.every(([, tidy]) => 'value' in tidy)
    ? tidied.flatMap(([kind, tidy]) => ('value' in tidy ? blindIndex(kind, tidy.value) : []))
    : undefined
}

async function meet(
  tx: Tx,
  given: Given,
  living: ReadonlyMap<string, string>,
  about: { by: Actor; source: string },
): Promise<Met> {
  const identities = identitiesIn(given)
  if (given.id !== undefined) {
    const customerId = living.get(given.id)
    if (customerId === undefined) return { objection: { field: 'customer.id', why: 'customer' } }
    return identities.length === 0
      ? { customerId }
      : { objection: { field: 'customer.id', why: 'customer_id_and_more' } }
  }
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
      `SELECT id, customerId FROM customer_identities WHERE (proved = 1 OR kind = 'device')
       AND id IN (${slice.map(() => '?').join(',')})`,
      slice,
    )
    // What several people use is nobody's.
    for (const { id, customerId } of rows) if (customerId !== '') owners.set(id, customerId)
  }
  return owners
}

/** Who these are now: also one who turned out to be another. */
async function livingOf(tx: Tx, ids: string[]): Promise<ReadonlyMap<string, string>> {
  const living = await presentIds(tx, ids)
  const asked = ids.filter((id) => !living.has(id))
  if (asked.length === 0) return living
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM customers WHERE id IN (${asked.map(() => '?').join(',')})`,
    asked,
  )
  return new Map([...living, ...rows.map(({ id }) => [id, id] as const)])
}
