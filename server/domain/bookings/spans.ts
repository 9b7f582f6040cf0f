import { newId } from '../../lib/ids.ts'
import { LostRace, type New, type Tx } from '../../lib/tx.ts'
import { daysIn } from './days.ts'
import { termsNow } from './rental-file.ts'
import { AssetSpan, BookingCar, FOREVER } from './span.ts'

/** How many free pieces are tried before the transaction begins again. */
const CANDIDATES = 6

/** A car that is wanted: of a model, at a store, for a time that includes what the car needs afterwards. */
export interface Want {
  model: string
  store: string
  /** Where it is given back. */
  toStore: string
  fromAt: number
  untilAt: number
  /** Only this one. */
  assetId?: string
}

/**
 * Takes a car's free time for a booking, where as little as possible is left over before and after. Undefined: there is
 * none. Of many who want the last cars each gets one or learns that there is none; throws LostRace when all that it saw
 * were taken meanwhile.
 */
export async function takeSpan(tx: Tx, want: Want, bookingId: string): Promise<AssetSpan | undefined> {
  const found = await candidates(tx, want)
  if (found.length === 0) return undefined
  for (const span of tx.dialect === 'sqlite' ? found : scattered(found)) {
    const { fromAt, untilAt, store, toStore } = want
    const piece = { state: 'taken' as const, bookingId, reason: null, fromAt, untilAt, store, toStore }
    if (await consume(tx, span, piece)) return Object.assign(span, piece)
  }
  throw new LostRace()
}

/** Keeps a vehicle's free time for work on it; false: it is not free. */
export async function blockSpan(
  tx: Tx,
  { assetId, fromAt, untilAt, reason }: Pick<AssetSpan, 'assetId' | 'fromAt' | 'untilAt'> & { reason: string },
): Promise<AssetSpan | undefined> {
  const span = await tx.first(
    AssetSpan,
    `WHERE assetId = ? AND state IN ('free', 'shut') AND fromAt <= ? AND untilAt >= ?`,
    [assetId, fromAt, untilAt],
  )
  if (!span) return undefined
  const { store } = span
  const piece = {
    state: 'blocked' as const,
    bookingId: null,
    reason: reason.slice(0, 60),
    fromAt,
    untilAt,
    store,
    toStore: store,
  }
  if (!(await consume(tx, span, piece))) throw new LostRace()
  return Object.assign(span, piece)
}

/**
 * Gives back what is left of a piece from an instant on (the whole, if it has not begun), and joins it with the free time
 * beside it.
 */
export async function giveBack(tx: Tx, span: AssetSpan, at: number): Promise<void> {
  const state = await openState(tx, span.assetId)
  const from = Math.max(at, span.fromAt)
  if (from >= span.untilAt) return
  const next = await neighbour(tx, span.assetId, 'fromAt', span.untilAt)
  if (from > span.fromAt) return cutTo(tx, span, from, next, state)
  const before = await neighbour(tx, span.assetId, 'untilAt', span.fromAt)
  for (const one of [before, next]) if (one) await remove(tx, one)
  const untilAt = next?.untilAt ?? span.untilAt
  const store = before?.store ?? span.store
  await change(tx, span, {
    state,
    bookingId: null,
    reason: null,
    fromAt: before?.fromAt ?? span.fromAt,
    untilAt,
    store,
    toStore: untilAt === FOREVER ? store : (next?.toStore ?? span.toStore),
  })
}

/** Ends a piece earlier: the rest of it is free, together with what was free behind it. */
async function cutTo(
  tx: Tx,
  span: AssetSpan,
  at: number,
  next: AssetSpan | undefined,
  state: 'free' | 'shut',
): Promise<void> {
  const end = span.untilAt
  await change(tx, span, { untilAt: at })
  if (next)
    return change(tx, next, {
      fromAt: at,
      store: span.toStore,
      ...(next.untilAt === FOREVER && { toStore: span.toStore }),
    })
  const { assetId, model, toStore } = span
  await tx.insert(AssetSpan, {
    ...{ id: newId(tx.now), assetId, model, state, fromAt: at, untilAt: end, store: toStore, toStore },
    ...{ ...daysOf({ fromAt: at, untilAt: end }), version: 0 },
  })
}

/** Lets a piece end later, out of the free time behind it; false: that is not free for so long. */
export async function stretchSpan(tx: Tx, span: AssetSpan, untilAt: number): Promise<boolean> {
  if (untilAt <= span.untilAt) return true
  const next = await neighbour(tx, span.assetId, 'fromAt', span.untilAt)
  if (!next || next.untilAt < untilAt) return false
  if (next.untilAt === untilAt) await remove(tx, next)
  else await change(tx, next, { fromAt: untilAt })
  await change(tx, span, { untilAt })
  return true
}

/** Lets a piece begin earlier, as far as the time before it is free. */
export async function beginEarlier(tx: Tx, span: AssetSpan, fromAt: number): Promise<void> {
  const before = await neighbour(tx, span.assetId, 'untilAt', span.fromAt)
  if (!before) return
  const from = Math.max(fromAt, before.fromAt)
  if (from === before.fromAt) await remove(tx, before)
  else await change(tx, before, { untilAt: from })
  await change(tx, span, { fromAt: from })
}

/** Until when a piece could last at most: up to what is taken next. */
export async function stretchable(tx: Tx, span: AssetSpan): Promise<number> {
  const next = await neighbour(tx, span.assetId, 'fromAt', span.untilAt)
  return next?.untilAt ?? span.untilAt
}

/** What is taken or blocked next on the same vehicle, or undefined. */
export function takenAfter(tx: Tx, { assetId, untilAt }: AssetSpan): Promise<AssetSpan | undefined> {
  return tx.first(AssetSpan, `WHERE assetId = ? AND fromAt >= ? AND state IN ('taken', 'blocked') ORDER BY fromAt`, [
    assetId,
    untilAt,
  ])
}

/** Notes that a piece ends at another store than was thought; what is free behind it begins there. */
export async function endAt(tx: Tx, span: AssetSpan, store: string): Promise<void> {
  if (span.toStore === store) return
  await change(tx, span, { toStore: store })
  const next = await neighbour(tx, span.assetId, 'fromAt', span.untilAt)
  if (next) await change(tx, next, { store, ...(next.untilAt === FOREVER && { toStore: store }) })
}

/** Offers a vehicle's free time, or does so no more. Returns whether that was a change. */
export async function offerCar(tx: Tx, assetId: string, offered: boolean): Promise<boolean> {
  const car = await holdCar(tx, assetId)
  if (!car || car.offered === offered) return false
  await tx.update(BookingCar, assetId, { offered })
  const [from, to] = offered ? ['shut', 'free'] : ['free', 'shut']
  await tx.run(
    'UPDATE asset_spans SET state = ?, version = version + 1 WHERE assetId = ? AND state = ? AND untilAt > ?',
    [to, assetId, from, tx.now],
  )
  return true
}

/** Enters a vehicle at a store: from now on its time is free, or will be. */
export async function beginLine(tx: Tx, { id: assetId, model, offered }: BookingCar, store: string): Promise<void> {
  await tx.insert(AssetSpan, {
    ...{ id: newId(tx.now), assetId, model, state: offered ? 'free' : 'shut', fromAt: tx.now, untilAt: FOREVER },
    ...{ ...daysOf({ fromAt: tx.now, untilAt: FOREVER }), store, toStore: store, version: 0 },
  })
}

function candidates(tx: Tx, { model, store, toStore, fromAt, untilAt, assetId }: Want): Promise<AssetSpan[]> {
  const one = assetId ? ' AND assetId = ?' : ''
  return tx.find(
    AssetSpan,
    `WHERE store = ? AND model = ? AND state = 'free' AND untilAt >= ? AND fromAt <= ?
     AND (toStore = ? OR untilAt = ${FOREVER})${one} ORDER BY untilAt - fromAt, id LIMIT ${CANDIDATES}`,
    [store, model, untilAt, fromAt, toStore, ...(assetId ? [assetId] : [])],
  )
}

/**
 * Not everybody begins with the same one; but all go the same way, so that of two who wait for each other's rows there
 * are none.
 */
function scattered(found: AssetSpan[]): AssetSpan[] {
  return found.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(Math.floor(Math.random() * found.length))
}

type Piece = Pick<AssetSpan, 'state' | 'bookingId' | 'reason' | 'fromAt' | 'untilAt' | 'store' | 'toStore'>

/** Makes of a free piece one that is not, and free ones of what is left before and after; false: it was changed meanwhile. */
async function consume(tx: Tx, span: AssetSpan, piece: Piece): Promise<boolean> {
  const { state, version } = span
  const taken = { ...piece, ...daysOf(piece), version: version + 1 }
  if (!(await tx.update(AssetSpan, span.id, taken, { state, version }))) return false
  const rest: New<AssetSpan>[] = []
  const { assetId, model } = span
  const left = (more: Pick<AssetSpan, 'fromAt' | 'untilAt' | 'store' | 'toStore'>) =>
    rest.push({ id: newId(tx.now), assetId, model, state, version: 0, ...more, ...daysOf(more) })
  if (span.fromAt < piece.fromAt)
    left({ fromAt: span.fromAt, untilAt: piece.fromAt, store: span.store, toStore: piece.store })
  if (piece.untilAt < span.untilAt) {
    const toStore = span.untilAt === FOREVER ? piece.toStore : span.toStore
    left({ fromAt: piece.untilAt, untilAt: span.untilAt, store: piece.toStore, toStore })
  }
  if (rest.length > 0) await tx.insert(AssetSpan, rest)
  span.version = version + 1
  return true
}

/** The whole days of a piece, by the wall clock of the rental. */
function daysOf(piece: Pick<AssetSpan, 'fromAt' | 'untilAt'>) {
  return daysIn(termsNow().body.zone, piece)
}

/** The free piece that ends or begins at an instant, or undefined. */
async function neighbour(
  tx: Tx,
  assetId: string,
  side: 'fromAt' | 'untilAt',
  at: number,
): Promise<AssetSpan | undefined> {
  const span = await tx.first(AssetSpan, `WHERE assetId = ? AND ${side} = ?`, [assetId, at])
  return span?.isOpen() ? span : undefined
}

/** What a vehicle's open time is now; nobody else changes that until this transaction ends. */
async function openState(tx: Tx, assetId: string): Promise<'free' | 'shut'> {
  return (await holdCar(tx, assetId))?.offered ? 'free' : 'shut'
}

async function holdCar(tx: Tx, assetId: string): Promise<BookingCar | undefined> {
  await tx.run('UPDATE booking_cars SET version = version + 1 WHERE id = ?', [assetId])
  return tx.get(BookingCar, assetId)
}

async function change(tx: Tx, span: AssetSpan, changes: Partial<AssetSpan>): Promise<void> {
  const { version, state } = span
  const next = { ...changes, ...daysOf({ ...span, ...changes }), version: version + 1 }
  if (!(await tx.update(AssetSpan, span.id, next, { version, state }))) throw new LostRace()
  Object.assign(span, next)
}

async function remove(tx: Tx, { id, version }: AssetSpan): Promise<void> {
  if ((await tx.run('DELETE FROM asset_spans WHERE id = ? AND version = ?', [id, version])) !== 1) throw new LostRace()
}
