import type { Reader } from '../../lib/db.ts'
import { Message } from './message.ts'

/** How far beyond a batch fairness looks. */
const HORIZON = 2_000

/** A due message as far as its turn goes. */
type Due = Pick<Message, 'id' | 'recipientId' | 'urgent' | 'nextAt'>

/**
 * The due messages whose turn it is, at most so many: urgent ones first, then whoever was told longest ago, one message
 * each before anybody gets a second; for one person in the order in which they fell due (SEMANTICS B6).
 */
export async function inTurn(tx: Reader, most: number, except: ReadonlySet<string>): Promise<Message[]> {
  const enough = most + except.size
  const first = await tx.find(Message, `WHERE nextAt <= ? ORDER BY nextAt LIMIT ${enough}`, [tx.now])
  if (first.length < enough) {
    return fair(
      tx,
      first.filter(({ id }) => !except.has(id)),
    )
  }
  // All that the index knows, in its own order: of thousands that are due not one row is looked up.
  const columns = 'id, recipientId, urgent, nextAt'
  const urgent = await tx.query<Due>(
    `SELECT ${columns} FROM messages WHERE nextAt <= ? AND urgent = 1 ORDER BY nextAt LIMIT ${enough}`,
    [tx.now],
  )
  const others = await tx.query<Due>(
    `SELECT ${columns} FROM messages WHERE nextAt <= ? AND urgent = 0 ORDER BY nextAt LIMIT ${HORIZON + enough}`,
    [tx.now],
  )
  const free = [...urgent, ...others].filter(({ id }) => !except.has(id))
  const chosen = (await fair(tx, free)).slice(0, most).map(({ id }) => id)
  if (chosen.length === 0) return []
  // Some may have been taken since they were looked at: those are not due any more.
  const tail = `WHERE id IN (${chosen.map(() => '?').join(',')}) AND nextAt <= ?`
  const rows = await tx.find(Message, tail, [...chosen, tx.now])
  return rows.filter(({ id }) => !except.has(id)).sort((a, b) => chosen.indexOf(a.id) - chosen.indexOf(b.id))
}

async function fair<M extends Due>(tx: Reader, due: M[]): Promise<M[]> {
  const told = await lastTold(tx, due)
  const counts = new Map<string, number>()
  const inOrder = [...due].sort((a, b) => Number(a.nextAt) - Number(b.nextAt) || (a.id < b.id ? -1 : 1))
  const turns = inOrder.map((message, place) => {
    const urgent = Boolean(message.urgent)
    const line = `${urgent}:${message.recipientId}`
    const nth = counts.get(line) ?? 0
    counts.set(line, nth + 1)
    return { message, urgent, nth, told: told.get(message.recipientId) ?? 0, place }
  })
  turns.sort((a, b) => Number(b.urgent) - Number(a.urgent) || a.nth - b.nth || a.told - b.told || a.place - b.place)
  return turns.map(({ message }) => message)
}

/** When each of these people was last told anything. */
async function lastTold(tx: Reader, due: Due[]): Promise<Map<string, number>> {
  const one = new Map(due.map(({ recipientId, id }) => [recipientId, id]))
  if (one.size < 2) return new Map()
  const rows = await tx.query<{ recipientId: string; at: number | null }>(
    `SELECT d.recipientId, (SELECT MAX(m.triedAt) FROM messages m WHERE m.recipientId = d.recipientId) AS at
     FROM messages d WHERE d.id IN (${[...one.values()].map(() => '?').join(',')})`,
    [...one.values()],
  )
  return new Map(rows.map(({ recipientId, at }) => [recipientId, Number(at ?? 0)]))
}
