import { presentIds } from '../../engines/events/aliases.ts'
import type { Heard } from '../../engines/events/events.ts'
import { isDuplicate, LostRace, type Tx } from '../../lib/tx.ts'
import { book } from './book.ts'
import { type Counts, countIn } from './counts.ts'
import { CustomerTally } from './tally.ts'

/** Events with which a customer begins: nothing has happened to them before. */
const BEGINNINGS: ReadonlySet<string> = new Set(['customer.registered', 'customer.contact_left'])

/** Whether an event may change what is known of its customer. */
export function hearsOfCustomers(event: Heard): boolean {
  return book()?.hears(event) ?? false
}

/** Counts events in, in the transaction that writes them, and has their customers looked at again. */
export async function countEvents(tx: Tx, events: Heard[]): Promise<void> {
  const byCustomer = new Map<string, Heard[]>()
  const now = await presentIds(tx, [...new Set(events.flatMap(({ customerId }) => customerId ?? []))])
  for (const event of events) {
    const id = event.customerId && (now.get(event.customerId) ?? event.customerId)
    if (!id) continue
    const theirs = byCustomer.get(id)
    if (theirs) theirs.push(event)
    else byCustomer.set(id, [event])
  }
  const tallies = await talliesOf(tx, [...byCustomer.keys()])
  const fresh: CustomerTally[] = []
  for (const [id, theirs] of byCustomer) {
    const tally = tallies.get(id)
    if (tally) await countOn(tx, tally, theirs)
    else fresh.push(begun(id, theirs, tx.now))
  }
  await begin(tx, fresh)
}

/** Has customers counted anew from their events: after a merge has given them other ones. */
export async function recountCustomers(tx: Tx, customerIds: string[]): Promise<void> {
  const tallies = await talliesOf(tx, customerIds)
  for (const id of customerIds) {
    const tally = tallies.get(id)
    if (tally) await change(tx, tally, { counted: 0, dueAt: tx.now })
    else await begin(tx, [begun(id, [], tx.now)])
  }
}

/** Has a customer looked at again soon: something that is known of them has changed without an event. */
export async function lookAgainAt(tx: Tx, customerId: string): Promise<void> {
  const [tally] = (await talliesOf(tx, [customerId])).values()
  if (tally) await change(tx, tally, { dueAt: tx.now })
  else await begin(tx, [begun(customerId, [], tx.now)])
}

/** The tallies of these customers, by customer. */
export async function talliesOf(tx: Tx, ids: string[]): Promise<Map<string, CustomerTally>> {
  if (ids.length === 0) return new Map()
  const rows = await tx.find(CustomerTally, `WHERE id IN (${ids.map(() => '?').join(',')})`, ids)
  return new Map(rows.map((row) => [row.id, row]))
}

async function countOn(tx: Tx, tally: CustomerTally, events: Heard[]): Promise<void> {
  const now = book()
  // Counted by other definitions than ours, in a process that has read newer packs or before we read ours: it is
  // counted anew from the events, these among them.
  if (!now || tally.counted !== now.factsVersion) return change(tx, tally, { counted: 0, dueAt: tx.now })
  const counts: Counts = { ...tally.counts }
  for (const event of events) countIn(counts, now.facts, event, tx.now)
  return change(tx, tally, { counts, dueAt: tx.now })
}

/** The first that we hear of a customer: unless this is how they began, there may be earlier events that nobody counted. */
function begun(id: string, events: Heard[], now: number): CustomerTally {
  const inForce = book()
  const counts: Counts = {}
  const whole = inForce !== undefined && events.some(({ name }) => BEGINNINGS.has(name))
  if (whole) for (const event of events) countIn(counts, inForce.facts, event, now)
  return {
    id,
    counted: whole ? inForce.factsVersion : 0,
    judged: inForce?.version ?? 0,
    dueAt: now,
    version: 0,
    counts,
  }
}

async function begin(tx: Tx, fresh: CustomerTally[]): Promise<void> {
  if (fresh.length === 0) return
  try {
    await tx.insert(CustomerTally, fresh)
  } catch (error) {
    throw isDuplicate(error) ? new LostRace() : error
  }
}

async function change(tx: Tx, tally: CustomerTally, changes: Partial<CustomerTally>): Promise<void> {
  const next = { ...changes, version: tally.version + 1 }
  await tx.changeLater(CustomerTally, tally.id, next, { version: tally.version })
}
