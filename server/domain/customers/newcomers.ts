import { type Actor, type Happening, recordAll } from '../../engines/events/events.ts'
import { blindIndex } from '../../lib/crypto.ts'
import { newId } from '../../lib/ids.ts'
import { isDuplicate, LostRace, type New, type Tx } from '../../lib/tx.ts'
import { Customer, CustomerIdentity } from './customer.ts'
import { type Given, identitiesIn } from './given.ts'
import { tidyValue } from './identity.ts'
import { identityRulesNow, isBlockedValue } from './identity-rules.ts'
import { slots } from './movers.ts'
import { settleThings, thingsAround } from './things.ts'

/** How many keys one statement asks for. */
const SLICE = 500

/** Somebody who may be new to us, and what is told of them beside who they are. */
export interface Newcomer {
  given: Given
  nickname?: string
  tells?: { name: string; data: Record<string, unknown> }[]
}

/** What was given of somebody as it is kept: its marks, and whether all of it shows who they are. */
export interface Marked {
  pieces: Pick<CustomerIdentity, 'id' | 'kind' | 'value'>[]
  shown: boolean
}

/** The marks of what was given; what can be nobody's has none, and shows nothing. */
export function markedBy(given: Given): Marked {
  const identities = identitiesIn(given)
  const pieces = identities.flatMap(({ kind, value: text }) => {
    const tidy = tidyValue(kind, text)
    return 'why' in tidy ? [] : [{ id: blindIndex(kind, tidy.value), kind, value: tidy.value }]
  })
  const whole = given.id === undefined && pieces.length > 0 && pieces.length === identities.length
  return { pieces, shown: whole && identities.every(({ proved }) => proved) }
}

/** The identities that there are among these marks, in a statement for hundreds. */
export async function knownMarks(
  tx: Tx,
  ids: string[],
): Promise<Pick<CustomerIdentity, 'id' | 'customerId' | 'kind' | 'proved'>[]> {
  const known: Pick<CustomerIdentity, 'id' | 'customerId' | 'kind' | 'proved'>[] = []
  for (let from = 0; from < ids.length; from += SLICE) {
    const slice = ids.slice(from, from + SLICE)
    const rows = await tx.query<Pick<CustomerIdentity, 'id' | 'customerId' | 'kind' | 'proved'>>(
      `SELECT id, customerId, kind, proved FROM customer_identities WHERE id IN (${slots(slice)})`,
      slice,
    )
    known.push(...rows.map((row) => ({ ...row, proved: Boolean(row.proved) })))
  }
  return known
}

/**
 * Makes customers of those of whom nobody has heard, all at once: every identity is shown, allowed, nobody's yet, and
 * named by no other of them. There is nothing to weigh about these, and in which order they are met makes no difference.
 * Returns the new customer for each; whoever is left out is to be met by themselves.
 */
export async function welcomeAll(
  tx: Tx,
  all: (Newcomer & { marked: Marked })[],
  taken: ReadonlySet<string>,
  { by, source }: { by: Actor; source: string },
): Promise<(string | undefined)[]> {
  const rules = identityRulesNow()
  const named = new Map<string, number>()
  for (const { marked } of all) for (const { id } of marked.pieces) named.set(id, (named.get(id) ?? 0) + 1)
  const customers: New<Customer>[] = []
  const identities: New<CustomerIdentity>[] = []
  const happenings: (Happening & { name: string })[] = []
  const made = all.map(({ marked: { pieces, shown }, nickname, tells = [] }) => {
    if (!shown) return undefined
    for (const { id, kind, value } of pieces)
      if (taken.has(id) || named.get(id) !== 1 || isBlockedValue(rules, kind, value)) return undefined
    const id = newId(tx.now)
    const phone = pieces.find(({ kind }) => kind === 'phone')?.value
    customers.push({ id, createdAt: tx.now, seenAt: tx.now, nickname, phone })
    // One of a kind is within every limit.
    for (const piece of pieces) identities.push({ ...piece, customerId: id, createdAt: tx.now, proved: true })
    const about = { by: by.type === 'customer' ? { type: by.type, id } : by, customerId: id }
    const subject = { type: 'customer', id }
    happenings.push({ name: 'customer.registered', ...about, subject, data: { source } })
    for (const { name, data } of tells) happenings.push({ name, ...about, subject, data })
    return id
  })
  if (customers.length === 0) return made
  await insertNew(tx, customers, identities)
  await recordAll(tx, happenings)
  await settleThings(
    tx,
    await thingsAround(
      tx,
      customers.map(({ id }) => id),
    ),
  )
  return made
}

async function insertNew(tx: Tx, customers: New<Customer>[], identities: New<CustomerIdentity>[]): Promise<void> {
  await tx.insert(Customer, customers)
  try {
    await tx.insert(CustomerIdentity, identities)
  } catch (error) {
    // Met at the same moment on another connection: the transaction runs again and finds them.
    throw isDuplicate(error) ? new LostRace() : error
  }
}
