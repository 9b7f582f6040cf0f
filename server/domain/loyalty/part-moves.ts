import type { Tx } from '../../lib/tx.ts'
import { slices, slots } from '../customers/movers.ts'
import { PointsEntry, PointsMove } from './lot.ts'

/** A move and how it changed the balance. */
export interface Step {
  move: PointsMove
  delta: number
}

/** Moves of these kinds are about one lot; the rest of their lines pay debts. */
const OF_ONE_LOT = new Set(['grant', 'start', 'reverse', 'expire'])

/**
 * Tells which moves of a common history are whose, by the lots that they changed. A move that changed lots of both
 * becomes two, each with its own part of the lines.
 */
export async function partMoves(
  tx: Tx,
  fromId: string,
  all: Step[],
  moves: Set<string>,
  lots: Set<string>,
): Promise<{ own: Step[]; theirs: Step[] }> {
  const [own, theirs]: [Step[], Step[]] = [[], []]
  const lines = await linesOf(
    tx,
    all.flatMap(({ move }) => (moves.has(move.id) ? [] : move.id)),
  )
  const split = new Map<string, string>()
  for (const step of all) {
    const { move } = step
    const mine = (lines.get(move.id) ?? []).filter(({ lotId }) => !lots.has(lotId))
    const others = (lines.get(move.id) ?? []).filter(({ lotId }) => lots.has(lotId))
    if (moves.has(move.id) || (others.length > 0 && mine.length === 0)) theirs.push(step)
    else if (others.length === 0) own.push(step)
    else {
      const home = OF_ONE_LOT.has(move.kind) ? others.some(({ kind }) => kind === move.kind) : false
      const sum = (some: PointsEntry[]) => some.reduce((total, { points }) => total + points, 0)
      const part = (whole: number) => (home ? whole - sum(mine) : sum(others))
      const id = `${move.id.slice(0, 160)}:${fromId}`
      split.set(move.id, id)
      const other = {
        ...move,
        id,
        customerId: fromId,
        points: part(move.points),
        undoes: (move.undoes && split.get(move.undoes)) ?? move.undoes,
      }
      await tx.insert(PointsMove, other)
      await pointLines(tx, others, id)
      theirs.push({ move: Object.assign(new PointsMove(), other), delta: part(step.delta) })
      move.points -= other.points
      own.push({ move, delta: step.delta - part(step.delta) })
    }
    await cutLines(tx, [...mine, ...others], lots)
  }
  return { own, theirs }
}

async function linesOf(tx: Tx, ids: string[]): Promise<Map<string, PointsEntry[]>> {
  const all = new Map<string, PointsEntry[]>()
  for (const slice of slices(ids)) {
    const found = await tx.find(PointsEntry, `WHERE moveId IN (${slots(slice)}) ORDER BY id`, slice)
    for (const line of found) all.set(line.moveId, [...(all.get(line.moveId) ?? []), line])
  }
  return all
}

async function pointLines(tx: Tx, lines: PointsEntry[], moveId: string): Promise<void> {
  for (const { id } of lines) await tx.update(PointsEntry, id, { moveId })
}

/** What one has paid of the other's debt stays paid, and is given back by nobody. */
async function cutLines(tx: Tx, lines: PointsEntry[], lots: Set<string>): Promise<void> {
  for (const { id, kind, lotId, otherId } of lines) {
    if (kind !== 'settle' || otherId === null || lots.has(lotId) === lots.has(otherId)) continue
    await tx.update(PointsEntry, id, { kind: 'parted' })
  }
}
