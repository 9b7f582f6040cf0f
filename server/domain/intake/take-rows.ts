import { type Objection, objectionIn, readBy } from '../../engines/api/objection.ts'
import type { DeclaredEvent } from '../../engines/packs/events.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { log } from '../../lib/log.ts'
import { knownMarks, markedBy } from '../customers/newcomers.ts'
import { putOrder } from '../orders/orders.ts'
import { orderSchema } from '../orders/schema.ts'
import { readEvent } from './event.ts'
import { takeEventsOf } from './event-doors.ts'
import type { ImportKind } from './import.ts'
import { type CustomerGiven, customerSchema, putCustomer, putNewcomers } from './put-customer.ts'
import { strands } from './strands.ts'

/** What became of a row of a file. */
export type RowOutcome = 'accepted' | 'known' | { refused: Objection }

/** So many rows are under way at once; on SQLite they share a commit. */
const TOGETHER = 16
const EVENTS_TOGETHER = 500
/** So many new customers are made in one piece of work: a card press waits for it on SQLite. */
const NEW_TOGETHER = 100

interface Given {
  source: string
  declared: ReadonlyMap<string, DeclaredEvent>
}

/**
 * Takes rows of a file as the doors would take them, in their order: the same again says nothing new. Returns what became
 * of each.
 */
export async function takeRows(db: Database, kind: ImportKind, items: unknown[], given: Given): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = []
  const size = { events: EVENTS_TOGETHER, customers: NEW_TOGETHER, orders: TOGETHER }[kind]
  for (let from = 0; from < items.length; from += size) {
    const slice = items.slice(from, from + size)
    if (kind === 'events') outcomes.push(...(await takeEventRows(db, slice, given)))
    else if (kind === 'customers') outcomes.push(...(await takeCustomerRows(db, slice, given.source)))
    else
      outcomes.push(...(await Promise.all(slice.map((item) => apart(db, (tx) => takeOrder(tx, item, given.source))))))
  }
  return outcomes
}

/** What a row would come to as far as it can be told without looking anything up. */
export function checkRow(
  kind: ImportKind,
  item: unknown,
  now: number,
  declared: ReadonlyMap<string, DeclaredEvent>,
): RowOutcome {
  if (kind === 'events') {
    const read = readEvent(item, now, declared)
    return 'objection' in read ? { refused: read.objection } : 'accepted'
  }
  const read = readBy<unknown>(kind === 'customers' ? customerSchema : orderSchema, item)
  return 'objection' in read ? { refused: read.objection } : 'accepted'
}

async function takeEventRows(db: Database, items: unknown[], { source, declared }: Given): Promise<RowOutcome[]> {
  const taken = await db.write((tx) => takeEventsOf(tx, items, source, declared))
  return taken.map((one) => {
    if (one.status === 'refused') return { refused: one.objection }
    return one.status === 'accepted' ? 'accepted' : 'known'
  })
}

/** Those of whom nobody has heard are made together, the others come one by one. */
async function takeCustomerRows(db: Database, items: unknown[], source: string): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = []
  const good: { i: number; data: CustomerGiven }[] = []
  for (const [i, item] of items.entries()) {
    const read = readBy(customerSchema, item)
    if ('objection' in read) outcomes[i] = { refused: read.objection }
    else good.push({ i, data: read.data })
  }
  const made = await makeTogether(
    db,
    good.map(({ data }) => data),
    source,
  )
  const others = good.filter(({ i }, at) => {
    if (made[at]) outcomes[i] = 'accepted'
    return !made[at]
  })
  const persons = await byPerson(db, others)
  for (let from = 0; from < persons.length; from += TOGETHER) {
    const some = persons.slice(from, from + TOGETHER).map(async (theirs) => {
      for (const { i, data } of theirs)
        outcomes[i] = await apart(db, async (tx) => {
          const { outcome } = await putCustomer(tx, data, source)
          return outcome === 'known' ? 'known' : 'accepted'
        })
    })
    await Promise.all(some)
  }
  return outcomes
}

/** Rows that speak of the same person come in their order, as the last word counts; all others side by side. */
async function byPerson<T extends { data: CustomerGiven }>(db: Database, rows: T[]): Promise<T[][]> {
  const marks = new Map(rows.map((row) => [row, markedBy(row.data.customer).pieces.map(({ id }) => id)]))
  const known = await db.read((tx) => knownMarks(tx, [...new Set([...marks.values()].flat())]))
  const owners = new Map(known.map(({ id, customerId }) => [id, customerId]))
  return strands(rows, (row) => (marks.get(row) ?? []).flatMap((mark) => [mark, ...[owners.get(mark) ?? []].flat()]))
}

/** What keeps one of them out is told by that one alone: then each comes by itself. */
async function makeTogether(db: Database, all: CustomerGiven[], source: string): Promise<boolean[]> {
  try {
    return await db.write((tx) => putNewcomers(tx, all, source))
  } catch (error) {
    log.warn({ err: error }, 'customers who are new come one by one')
    return []
  }
}

/** In a piece of work of its own: what is refused half-way leaves nothing. */
async function apart(db: Database, work: (tx: Tx) => Promise<RowOutcome>): Promise<RowOutcome> {
  try {
    return await db.write(work)
  } catch (error) {
    return { refused: objectionIn(error) }
  }
}

async function takeOrder(tx: Tx, item: unknown, source: string): Promise<RowOutcome> {
  const read = readBy(orderSchema, item)
  if ('objection' in read) return { refused: read.objection }
  const { outcome } = await putOrder(tx, read.data, source)
  return outcome === 'known' ? 'known' : 'accepted'
}
