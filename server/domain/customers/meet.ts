import { type Objection, objectionIn } from '../../engines/api/objection.ts'
import { presentIds } from '../../engines/events/aliases.ts'
import type { Actor } from '../../engines/events/events.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Given, identitiesIn } from './given.ts'
import { identify } from './identify.ts'
import { knownMarks, type Marked, markedBy, type Newcomer, welcomeAll } from './newcomers.ts'

/** Who somebody is, or why nobody can be that. */
export type Met = { customerId: string } | { objection: Objection }

/**
 * The customers behind what is given, in the same order; whoever is not known is made. Those who are known by every
 * identity that is given are found together, in a statement for hundreds, and those of whom nobody has heard are made
 * together; the others come one by one.
 */
export async function meetAll(tx: Tx, givens: Given[], about: { by: Actor; source: string }): Promise<Met[]> {
  const asked = new Map(givens.map((given) => [JSON.stringify(given), { given, marked: markedBy(given) }]))
  const known = await knownMarks(tx, marksOf([...asked.values()]))
  // What several people use is nobody's, and what was only said leads to nobody.
  const owned = known.filter(({ customerId, proved, kind }) => customerId !== '' && (proved || kind === 'device'))
  const owners = new Map(owned.map(({ id, customerId }) => [id, customerId]))
  const living = await livingOf(tx, [...new Set(givens.flatMap(({ id }) => id ?? []))])
  const met = new Map<string, Met>()
  const strangers: [key: string, one: { given: Given; marked: Marked }][] = []
  for (const [key, one] of asked) {
    const customerId = ownerOf(one, owners)
    if (customerId) met.set(key, { customerId })
    else strangers.push([key, one])
  }
  const taken = new Set(known.map(({ id }) => id))
  const made = await welcomeAll(
    tx,
    strangers.map(([, one]) => one),
    taken,
    about,
  )
  for (const [i, [key, { given }]] of strangers.entries()) {
    const customerId = made[i]
    met.set(key, customerId ? { customerId } : await meet(tx, given, living, about))
  }
  const all = givens.map((given) => met.get(JSON.stringify(given)) as Met)
  return strangers.length === 0 ? all : asTheyAreNow(tx, all)
}

/**
 * Makes customers of those of whom nobody has heard. Returns the new customer for each; whoever is left out is to be met
 * by themselves.
 */
export async function meetNewcomers(
  tx: Tx,
  all: Newcomer[],
  about: { by: Actor; source: string },
): Promise<(string | undefined)[]> {
  const marked = all.map((one) => ({ ...one, marked: markedBy(one.given) }))
  const known = await knownMarks(tx, marksOf(marked))
  return welcomeAll(tx, marked, new Set(known.map(({ id }) => id)), about)
}

function marksOf(all: { marked: Marked }[]): string[] {
  return [...new Set(all.flatMap(({ marked }) => marked.pieces.map(({ id }) => id)))]
}

/** Whose all of these identities are, if they alone tell who it is: a thing beside a person may be news of the two. */
function ownerOf(
  { given, marked: { pieces, shown } }: { given: Given; marked: Marked },
  owners: ReadonlyMap<string, string>,
): string | undefined {
  if (given.id !== undefined || (!shown && identitiesIn(given).length > 1)) return undefined
  const [only, ...others] = new Set(pieces.map(({ id }) => owners.get(id)))
  return others.length === 0 ? only : undefined
}

/** One who was met may have turned out to be another by what came after. */
async function asTheyAreNow(tx: Tx, all: Met[]): Promise<Met[]> {
  const ids = new Set(all.flatMap((one) => ('customerId' in one ? one.customerId : [])))
  const now = await presentIds(tx, [...ids])
  return all.map((one) => ('customerId' in one ? { customerId: now.get(one.customerId) ?? one.customerId } : one))
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
