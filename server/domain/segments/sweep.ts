import { MINUTE } from '../../lib/clock.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { earliest, whenever } from '../../lib/due.ts'
import { log } from '../../lib/log.ts'
import { type Book, book } from './book.ts'
import { standAgain } from './stand.ts'
import { CustomerTally } from './tally.ts'

/** How many customers one transaction judges: a card press waits for it on SQLite. */
const BATCH = 100
/** So many transactions go side by side where the database has several writers: one waits while another one counts. */
const BESIDE = { sqlite: 1, mysql: 3 }
/** How many a pass judges before others have their turn. */
const PASS = 4_000
/** A customer who cannot be judged is tried again after so long. */
const PUT_OFF_MS = 10 * MINUTE

const DUE = `SELECT id FROM customer_tallies WHERE dueAt <= ? ORDER BY dueAt LIMIT ${PASS}`
const STALE = `SELECT id FROM customer_tallies WHERE judged < ? ORDER BY judged, id LIMIT ${PASS}`

/**
 * Looks at the customers again to whom something has happened or whose time has come, the most overdue first, then at
 * those who were judged by earlier definitions. Nobody else is touched: the work grows with what changes. Several
 * processes may sweep at once. Returns how many customers it looked at.
 */
export async function sweepCustomers(db: Database): Promise<number> {
  const now = book()
  if (!now) return 0
  const due = await inBatches(db, now, (tx) => tx.query(DUE, [tx.now]))
  if (due >= PASS) return due
  return due + (await inBatches(db, now, (tx) => tx.query(STALE, [now.version])))
}

/** When the next customer is due, or undefined. */
export const nextCustomer = earliest('customer_tallies', 'dueAt')
/** Customers who were judged by earlier definitions. */
export const customersStale = () => whenever(`customer_tallies WHERE judged < ${book()?.version ?? 0}`)

/**
 * Has everybody counted anew from the events and judged again, in the background: for when rows were changed by hand.
 * A change of the definitions needs no such order. Returns how many customers.
 */
export async function recountAll(db: Database): Promise<number> {
  let count = 0
  for (let after = ''; ; ) {
    const rows = await db.read((tx) => tx.query<{ id: string }>(NEXT, [after]))
    const [from, to] = [rows[0]?.id, rows.at(-1)?.id]
    if (from === undefined || to === undefined) return count
    await db.write((tx) => tx.run(ANEW, [from, to]))
    count += rows.length
    after = to
  }
}

const NEXT = 'SELECT id FROM customer_tallies WHERE id > ? ORDER BY id LIMIT 1000'
const ANEW = 'UPDATE customer_tallies SET counted = 0, judged = 0, version = version + 1 WHERE id >= ? AND id <= ?'

/** How far a change of the definitions has come: how many customers there are, and how many are judged by it. */
export async function progress(tx: Tx): Promise<{ customers: number; judged: number }> {
  const version = book()?.version ?? 0
  const [all] = await tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM customer_tallies')
  const [stale] = await tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM customer_tallies WHERE judged < ?', [
    version,
  ])
  const customers = Number(all?.n ?? 0)
  return { customers, judged: customers - Number(stale?.n ?? 0) }
}

/** In the order in which their rows lie: neighbours share the pages that are read and written. */
async function inBatches(db: Database, now: Book, find: (tx: Tx) => Promise<{ id: string }[]>): Promise<number> {
  const ids = (await db.read(find)).map(({ id }) => id).sort()
  const batches = Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, n) => ids.slice(n * BATCH, (n + 1) * BATCH))
  const beside = BESIDE[db.dialect]
  let done = 0
  for (let from = 0; from < batches.length; from += beside) {
    const some = batches.slice(from, from + beside)
    const judged = await Promise.all(some.map((batch) => judgeAll(db, now, batch)))
    for (const count of judged) done += count
    // Nothing of one was ours to do: another process is at it.
    if (judged.includes(0)) return done
  }
  return done
}

/** One customer who cannot be judged does not stop the others. */
async function judgeAll(db: Database, now: Book, ids: string[]): Promise<number> {
  try {
    return await db.write((tx) => standAgain(tx, now, ids))
  } catch (error) {
    if (ids.length === 1) {
      log.error({ customer: ids[0], err: error }, 'a customer cannot be judged')
      await db.write((tx) => putOff(tx, ids[0] as string, now))
      return 1
    }
    let done = 0
    for (const id of ids) done += await judgeAll(db, now, [id])
    return done
  }
}

function putOff(tx: Tx, id: string, { version }: Book): Promise<boolean> {
  return tx.update(CustomerTally, id, { dueAt: tx.now + PUT_OFF_MS, judged: version })
}
