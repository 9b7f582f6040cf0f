import type { Objection } from '../../engines/api/objection.ts'
import { type Actor, eventRow, recordRows, SYSTEM } from '../../engines/events/events.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Given } from '../customers/given.ts'
import { meetAll } from '../customers/meet.ts'
import type { Reported } from './event.ts'

/** What became of one of many that came in together. */
export type Outcome =
  | { status: 'accepted' | 'duplicate'; customer?: string }
  | { status: 'refused'; objection: Objection }

const SLICE = 500

/**
 * Records events that outside systems report, of customers who are known or become so by it. Each counts once, however
 * often it is reported; one that cannot be taken keeps no other out. Returns what became of each, in their order.
 */
export async function takeEvents(
  tx: Tx,
  reports: { event: Reported; customer: Given }[],
  source: string,
): Promise<Outcome[]> {
  const keys = reports.map(({ event }) => eventKey(source, event.id))
  const known = await knownKeys(tx, keys)
  const first = new Map<string, number>()
  const fresh = reports.flatMap((report, i) => {
    const key = keys[i] as string
    if (known.has(key) || first.has(key)) return []
    first.set(key, i)
    return [{ ...report, key, i }]
  })
  const outcomes: Outcome[] = reports.map(() => ({ status: 'duplicate' }))
  const about = { by: SYSTEM as Actor, source }
  const met = await meetAll(
    tx,
    fresh.map(({ customer }) => customer),
    about,
  )
  const rows = fresh.flatMap(({ event, key, i }, at) => {
    const who = met[at]
    if (!who || 'objection' in who) {
      if (who) outcomes[i] = { status: 'refused', objection: who.objection }
      return []
    }
    outcomes[i] = { status: 'accepted', customer: who.customerId }
    return [rowOf(tx, event, who.customerId, key)]
  })
  await recordRows(tx, rows)
  // What comes twice at once becomes of the second what became of the first, unless that counts.
  return outcomes.map((outcome, i) => {
    const before = outcomes[first.get(keys[i] as string) ?? i]
    return before?.status === 'refused' ? before : outcome
  })
}

/** Records events that the app of one customer reports. Returns how many were new. */
export async function takeAppEvents(tx: Tx, customerId: string, device: string, events: Reported[]): Promise<number> {
  return recordRows(
    tx,
    events.map((event) => rowOf(tx, event, customerId, eventKey(`app:${device}`, event.id))),
  )
}

/** Under this key an event is kept once; nobody but what comes from outside writes keys that begin so. */
function eventKey(source: string, id: string): string {
  return `in:${source}:${id}`
}

function rowOf(tx: Tx, { name, at, data }: Reported, customerId: string, dedupKey: string) {
  const by = { type: 'customer' as const, id: customerId }
  return eventRow(tx, name, { by, subject: { type: 'customer', id: customerId }, customerId, data, dedupKey, at })
}

async function knownKeys(tx: Tx, keys: string[]): Promise<Set<string>> {
  const known = new Set<string>()
  for (let from = 0; from < keys.length; from += SLICE) {
    const slice = keys.slice(from, from + SLICE)
    const rows = await tx.query<{ dedupKey: string }>(
      `SELECT dedupKey FROM events WHERE dedupKey IN (${slice.map(() => '?').join(',')})`,
      slice,
    )
    for (const { dedupKey } of rows) known.add(dedupKey)
  }
  return known
}
