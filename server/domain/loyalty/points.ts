import { presentId } from '../../engines/events/aliases.ts'
import { type Actor, type Heard, record, SYSTEM } from '../../engines/events/events.ts'
import { Conflict, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Tx } from '../../lib/tx.ts'
import { type Change, Ledger } from './ledger.ts'
import type { PointsMove } from './lot.ts'
import { pointsExpiry } from './programme.ts'

interface Doing {
  customerId: string
  /** Names what is done: the same again does nothing more. */
  key: string
  /** A word of templates/messages/loyalty.yaml, or a text of a pack. */
  why: string
  about?: Record<string, unknown>
  by?: Actor
}

interface Grant extends Doing {
  points: number
  /** When they become good; default: now. */
  startsAt?: number
  /** When they end; null: never; default: as the packs say. */
  expiresAt?: number | null
}

/** Gives a customer points. What they owe is paid first. */
export async function grantPoints(tx: Tx, grant: Grant): Promise<PointsMove> {
  const { customerId, points, key, why, about, startsAt = tx.now } = grant
  mustBeWhole(points)
  const ledger = await Ledger.open(tx, customerId)
  const known = await ledger.moveOf(key)
  if (known) return known
  const pending = startsAt > tx.now
  const endsAt = grant.expiresAt === undefined ? pointsExpiry(startsAt) : grant.expiresAt
  const lot = await ledger.add({
    id: newId(tx.now),
    customerId,
    moveId: key,
    points,
    remaining: 0,
    state: pending ? 'pending' : 'active',
    startsAt,
    endsAt,
    sweepAt: null,
  })
  const later = pending ? { about: { ...about, startsAt }, points } : { about }
  const move = await ledger.make({ key, kind: 'grant', why, ...later }, [{ lot, points }])
  await ledger.keepTime()
  await tell(tx, 'points.granted', grant, move, { startsAt, endsAt })
  return move
}

/** Takes points for something, those that end first in front; throws Conflict when there are not enough. */
export async function spendPoints(tx: Tx, spending: Doing & { points: number }): Promise<PointsMove> {
  const { customerId, points, key, why, about } = spending
  mustBeWhole(points)
  const ledger = await Ledger.open(tx, customerId)
  const known = await ledger.moveOf(key)
  if (known) return known
  if (ledger.balance < points) throw new Conflict('points_short', { balance: Math.max(0, ledger.balance), points })
  const changes = takeFrom(
    ledger.active.map((lot) => ({ lot, points: lot.remaining })),
    points,
  )
  const move = await ledger.make({ key, kind: 'spend', why, about }, changes.map(negative))
  await tell(tx, 'points.spent', spending, move)
  return move
}

/** What is undone, and how much of it; without a number all that is left of it. */
type Undoing = Doing & { undoes: string; points?: number }

/** Gives spent points back to the lots they came from, with the time these have; what came last goes back first. */
export async function returnPoints(tx: Tx, undoing: Undoing): Promise<PointsMove> {
  const { customerId, key, why, about, undoes } = undoing
  const ledger = await Ledger.open(tx, customerId)
  const known = await ledger.moveOf(key)
  if (known) return known
  if ((await ledger.moveOf(undoes))?.kind !== 'spend') throw new NotFound('points_move')
  const taken = await linesOf(tx, undoes)
  const changes: Change[] = []
  for (const { lotId, points } of taken) changes.push({ lot: await ledger.lot(lotId), points: -points })
  const open = changes.reduce((sum, { points }) => sum + points, 0)
  const back = takeFrom(changes.reverse(), wanted(undoing.points, open))
  const points = back.reduce((sum, one) => sum + one.points, 0)
  const move = await ledger.make({ key, kind: 'return', why, about, undoes, points }, back)
  // Lots whose time is over end at once, with what has come back to them.
  await ledger.keepTime()
  await tell(tx, 'points.returned', undoing, move)
  return move
}

/**
 * Takes earned points back, because what earned them was undone; also when they are spent, which leaves a debt. What had
 * ended by itself is gone already and is not taken twice.
 */
export async function reversePoints(tx: Tx, undoing: Undoing): Promise<PointsMove> {
  const { customerId, key, why, about, undoes } = undoing
  const ledger = await Ledger.open(tx, customerId)
  const known = await ledger.moveOf(key)
  if (known) return known
  const granted = await ledger.moveOf(undoes)
  if (granted?.kind !== 'grant') throw new NotFound('points_move')
  const [line] = await tx.query<{ lotId: string }>(
    `SELECT lotId FROM points_entries WHERE moveId = ? AND kind = 'grant'`,
    [undoes],
  )
  const lot = await ledger.lot(String(line?.lotId))
  const [sum] = await tx.query<{ points: number | null }>(
    `SELECT SUM(points) AS points FROM points_entries WHERE lotId = ? AND kind IN ('grant', 'expire', 'reverse')`,
    [lot.id],
  )
  const points = wanted(undoing.points, Number(sum?.points ?? 0))
  const pending = lot.state === 'pending'
  const move = await ledger.make({ key, kind: 'reverse', why, about, undoes, ...(pending && { points: -points }) }, [
    { lot, points: -points },
  ])
  await tell(tx, 'points.reversed', undoing, move)
  return move
}

/** Keeps the promises that flows make (`thank_reporters`): hears of them as they are recorded. */
export async function keepPromises(tx: Tx, events: Heard[]): Promise<void> {
  for (const { id, customerId: said, subjectType, subjectId, data } of events) {
    const points = Number(data.points)
    const customerId = said && (await presentId(tx, said))
    if (!customerId || !Number.isInteger(points) || points <= 0) continue
    const about = { [subjectType]: subjectId }
    await grantPoints(tx, { customerId, points, key: `promise:${id}`, why: 'thanks', about })
  }
}

/** Which events `keepPromises` wants to hear of. */
export function isPromise({ name }: Heard): boolean {
  return name === 'points.promised'
}

/** How much of each lot a spending has taken and not given back, in the order of its lines. */
function linesOf(tx: Tx, spending: string): Promise<{ lotId: string; points: number }[]> {
  return tx
    .query<{ lotId: string; points: number }>(
      `SELECT e.lotId, SUM(e.points) AS points, MIN(e.id) AS first FROM points_entries e
       JOIN points_moves m ON m.id = e.moveId
       WHERE (m.id = ? AND e.kind = 'spend') OR (m.undoes = ? AND e.kind = 'return')
       GROUP BY e.lotId ORDER BY first`,
      [spending, spending],
    )
    .then((rows) => rows.map(({ lotId, points }) => ({ lotId, points: Number(points) })))
}

/** Takes so many points from the first ones, as far as they go. */
function takeFrom(changes: Change[], points: number): Change[] {
  let missing = points
  return changes.flatMap(({ lot, points: there }) => {
    const taken = Math.min(there, missing)
    if (taken <= 0) return []
    missing -= taken
    return [{ lot, points: taken }]
  })
}

function negative({ lot, points }: Change): Change {
  return { lot, points: -points }
}

/** How many are undone: what is asked for, and never more than is left to be undone. */
function wanted(asked: number | undefined, open: number): number {
  if (asked !== undefined) mustBeWhole(asked)
  const points = Math.min(asked ?? open, open)
  if (points <= 0) throw new Conflict('points_undone')
  return points
}

function mustBeWhole(points: number): void {
  if (!Number.isInteger(points) || points <= 0) throw new RangeError(`${points} is no number of points`)
}

function tell(
  tx: Tx,
  name: string,
  { customerId, by = SYSTEM, about = {} }: Doing,
  { id: move, points, balance, why }: PointsMove,
  more: Record<string, unknown> = {},
): Promise<void> {
  const subject = { type: 'customer', id: customerId }
  return record(tx, name, {
    by,
    subject,
    customerId,
    data: { ...about, ...more, points: Math.abs(points), balance, why, move },
  })
}
