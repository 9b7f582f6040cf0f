import type { Tx } from '../../lib/tx.ts'
import { type Mover, slices, slots } from '../customers/movers.ts'
import { Ledger } from './ledger.ts'
import { PointsAccount, PointsLot, PointsMove } from './lot.ts'
import { partMoves, type Step } from './part-moves.ts'

/** Out of the way of every place that a history has. */
const ASIDE = 1_000_000_000

interface Moved {
  moves: string[]
  lots: string[]
}

/**
 * Two ledgers become one: lots, moves and lines go over, and the history of both is written as one, in the order of time,
 * so that what one has earned or spent can still be undone. Apart again each has the lots that were theirs with what is
 * left of them.
 */
export const pointsMover: Mover = {
  tables: ['points_accounts', 'points_lots', 'points_moves', 'points_entries'],
  async move(tx, fromId, toId) {
    if (!(await tx.get(PointsAccount, fromId))) return undefined
    await Ledger.open(tx, fromId)
    await Ledger.open(tx, toId)
    const theirs = await stepsOf(tx, fromId)
    const own = await stepsOf(tx, toId)
    const lots = await tx.query<{ id: string }>('SELECT id FROM points_lots WHERE customerId = ? ORDER BY id', [fromId])
    await aside(tx, [fromId, toId])
    for (const table of ['points_lots', 'points_entries'])
      await tx.run(`UPDATE ${table} SET customerId = ? WHERE customerId = ?`, [toId, fromId])
    await write(tx, toId, inTime(own, theirs))
    await tx.run('DELETE FROM points_accounts WHERE id = ?', [fromId])
    // What one owes the other's points pay, as they would have.
    await (await Ledger.open(tx, toId)).payDebts(`merge:${fromId}`)
    return { moves: theirs.map(({ move }) => move.id), lots: lots.map(({ id }) => id) } satisfies Moved
  },
  async back(tx, fromId, toId, moved) {
    const { moves, lots } = moved as Moved
    await Ledger.open(tx, toId)
    const all = await stepsOf(tx, toId)
    await aside(tx, [toId])
    const parted = await partMoves(tx, fromId, all, new Set(moves), new Set(lots))
    for (const slice of slices(lots)) {
      await tx.run(`UPDATE points_lots SET customerId = ? WHERE id IN (${slots(slice)})`, [fromId, ...slice])
      await tx.run(`UPDATE points_entries SET customerId = ? WHERE lotId IN (${slots(slice)})`, [fromId, ...slice])
    }
    await tx.insert(PointsAccount, { id: fromId, seq: 0, opened: 1 })
    await write(tx, fromId, parted.theirs)
    await write(tx, toId, parted.own)
  },
}

/** The moves of a customer in order, each with what it changed. */
async function stepsOf(tx: Tx, customerId: string): Promise<Step[]> {
  const moves = await tx.find(PointsMove, 'WHERE customerId = ? ORDER BY seq', [customerId])
  return moves.map((move, i) => ({ move, delta: move.balance - (moves[i - 1]?.balance ?? 0) }))
}

/** Two histories as one, in the order of time; the order within each stays. */
function inTime(own: Step[], theirs: Step[]): Step[] {
  const all: Step[] = []
  const [a, b] = [[...own], [...theirs]]
  for (;;) {
    const [x, y] = [a[0], b[0]]
    if (!x && !y) return all
    const next = !y || (x && x.move.at <= y.move.at) ? a.shift() : b.shift()
    if (next) all.push(next)
  }
}

async function aside(tx: Tx, customerIds: string[]): Promise<void> {
  for (const id of customerIds) await tx.run('UPDATE points_moves SET seq = seq + ? WHERE customerId = ?', [ASIDE, id])
}

/** Writes a history anew: places from one up, and what the balance was after each. */
async function write(tx: Tx, customerId: string, steps: Step[]): Promise<void> {
  let balance = 0
  for (const [i, { move, delta }] of steps.entries()) {
    balance += delta
    await tx.update(PointsMove, move.id, { customerId, seq: i + 1, points: move.points, balance })
  }
  await tx.update(PointsAccount, customerId, { seq: steps.length })
  const lots = await tx.find(PointsLot, `WHERE customerId = ? AND state = 'active'`, [customerId])
  const held = lots.reduce((sum, { remaining }) => sum + remaining, 0)
  if (held !== balance)
    throw new Error(`the points of ${customerId} do not add up: ${held} in lots, ${balance} by moves`)
}
