import { record, SYSTEM } from '../../engines/events/events.ts'
import { Conflict, NotFound } from '../../lib/errors.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { type AllocationState, type MoveKind, StockAllocation, StockGood, StockMove } from './good.ts'

interface Count {
  sku: string
  title?: string
  onHand: number
  threshold?: number
  /** When it was counted. */
  at: number
  source: string
}

/** Takes a count of what lies in the house; one that is older than the newest changes nothing. Returns whether it did. */
export async function countGood(tx: Tx, { sku, title, onHand, threshold, at, source }: Count): Promise<boolean> {
  const known = await tx.get(StockGood, sku)
  if (known && at <= known.countedAt) return false
  const row = {
    title: title ?? known?.title ?? sku,
    onHand,
    threshold: threshold ?? known?.threshold ?? 0,
    countedAt: at,
  }
  if (!known) {
    const fresh = { id: sku, ...row, allocated: 0, gone: false, tellAt: null }
    if (!(await tx.insertOnce(StockGood, fresh))) throw new LostRace()
  } else if (!(await tx.update(StockGood, sku, row, { countedAt: known.countedAt, onHand: known.onHand })))
    throw new LostRace()
  const change = onHand - (known?.onHand ?? 0)
  if (change !== 0)
    await move(tx, { id: `count:${source}:${sku}:${at}`, sku, kind: 'adjustment', quantity: change, source })
  await look(tx, sku)
  return true
}

interface Adjusting {
  sku: string
  /** So many more; below zero so many fewer. */
  change: number
  key: string
  source: string
  reason?: string
}

/** Corrects how many lie in the house, once for its key; returns whether it was new. Throws NotFound, Conflict. */
export async function adjustGood(tx: Tx, { sku, change, key, source, reason }: Adjusting): Promise<boolean> {
  const id = `adjust:${source}:${key}`
  if (await known(tx, id, { sku, quantity: change })) return false
  const touched = await tx.run('UPDATE stock_goods SET onHand = onHand + ? WHERE id = ? AND onHand + ? >= 0', [
    ...[change, sku, change],
  ])
  if (touched !== 1) {
    await goodBy(tx, sku)
    throw new Conflict('stock_below_zero')
  }
  await move(tx, { id, sku, kind: 'adjustment', quantity: change, source, reason })
  await look(tx, sku)
  return true
}

interface Wanted {
  /** Names the promise: the same again is the same one. */
  id: string
  sku: string
  quantity: number
  source: string
  /** It was sold elsewhere already: promised also where there are not so many. */
  sold?: true
}

/** The one statement that decides, however many ask at once. */
const TAKE = `UPDATE stock_goods SET allocated = allocated + ? WHERE id = ? AND onHand - allocated - threshold >= ?`

/** Promises goods to somebody; throws Conflict when there are not so many. */
export async function allocate(tx: Tx, { id, sku, quantity, source, sold }: Wanted): Promise<StockAllocation> {
  const before = await tx.get(StockAllocation, id)
  if (before) return same(before, sku, quantity)
  const least = sold ? Number.MIN_SAFE_INTEGER : quantity
  if ((await tx.run(TAKE, [quantity, sku, least])) !== 1) {
    const good = await goodBy(tx, sku)
    throw new Conflict('stock_short', { title: good.title, left: Math.max(0, good.saleable()) })
  }
  const row = { id, sku, quantity, state: 'allocated' as const, at: tx.now }
  // Asked for at this moment by another request of the same name: this one runs again and finds it.
  if (!(await tx.insertOnce(StockAllocation, row))) throw new LostRace()
  await move(tx, { id: `allocation:${id}`, sku, kind: 'allocation', quantity, source })
  await look(tx, sku)
  return Object.assign(new StockAllocation(), row)
}

/** What becomes of a promise: from which state, how it moves the numbers, and how the movement is called. */
const ENDS = {
  sold: { from: 'allocated', onHand: -1, allocated: -1, kind: 'sale' },
  released: { from: 'allocated', onHand: 0, allocated: -1, kind: 'release' },
  returned: { from: 'sold', onHand: 1, allocated: 0, kind: 'cancellation' },
} as const satisfies Record<string, { from: AllocationState; onHand: number; allocated: number; kind: MoveKind }>

/**
 * Goods that were promised leave the house (`sold`), are free again (`released`) or come back (`returned`); again it
 * changes nothing. Throws NotFound, Conflict.
 */
export async function endAllocation(
  tx: Tx,
  id: string,
  to: keyof typeof ENDS,
  source: string,
): Promise<StockAllocation> {
  const allocation = await tx.get(StockAllocation, id)
  if (!allocation) throw new NotFound('stock_allocation')
  if (allocation.state === to) return allocation
  const { from, onHand, allocated, kind } = ENDS[to]
  if (allocation.state !== from) throw new Conflict('stock_allocation_over')
  const { sku, quantity } = allocation
  if (!(await tx.update(StockAllocation, id, { state: to }, { state: from }))) throw new LostRace()
  await tx.run('UPDATE stock_goods SET onHand = onHand + ?, allocated = allocated + ? WHERE id = ?', [
    ...[onHand * quantity, allocated * quantity, sku],
  ])
  await move(tx, { id: `${kind}:${id}`, sku, kind, quantity, source })
  await look(tx, sku)
  allocation.state = to
  return allocation
}

interface Changing {
  id: string
  sku: string
  /** Undefined: nothing was promised yet. */
  before: StockAllocation | undefined
  to: Pick<StockAllocation, 'state' | 'quantity'>
  source: string
  /** Names this change among all of the same promise. */
  step: number
}

/**
 * Makes a promise what it is to be now: its movements are what differs. Again it changes nothing. Sold elsewhere it counts
 * also where there are not so many.
 */
export async function changeAllocation(tx: Tx, { id, sku, before, to, source, step }: Changing): Promise<void> {
  if (before ? before.state === to.state && before.quantity === to.quantity : to.quantity === 0) return
  const held = (one: Changing['to'] | undefined, state: AllocationState) => (one?.state === state ? one.quantity : 0)
  const sold = held(to, 'sold') - held(before, 'sold')
  const allocated = held(to, 'allocated') - held(before, 'allocated')
  const taken = before
    ? await tx.update(StockAllocation, id, { ...to }, { state: before.state, quantity: before.quantity })
    : await tx.insertOnce(StockAllocation, { id, sku, ...to, at: tx.now })
  if (!taken) throw new LostRace()
  await tx.run('UPDATE stock_goods SET onHand = onHand - ?, allocated = allocated + ? WHERE id = ?', [
    ...[sold, allocated, sku],
  ])
  // What is sold was promised before, if only now.
  const promised = allocated + Math.max(0, sold)
  const moves: [MoveKind, number][] = [
    ['allocation', promised],
    ['release', -promised],
    ['sale', sold],
    ['cancellation', -sold],
  ]
  for (const [kind, quantity] of moves)
    if (quantity > 0) await move(tx, { id: `${kind}:${id}:${step}`, sku, kind, quantity, source })
  await look(tx, sku)
}

/** A good by its number; throws NotFound. */
export async function goodBy(tx: Tx, sku: string): Promise<StockGood> {
  const good = await tx.get(StockGood, sku)
  if (!good) throw new NotFound('stock_good', { sku: sku.slice(0, 64) })
  return good
}

/** What has become of a good, the last first. */
export function movesOf(tx: Tx, sku: string, most = 50): Promise<StockMove[]> {
  return tx.find(StockMove, `WHERE sku = ? ORDER BY at DESC, id DESC LIMIT ${most}`, [sku])
}

/** A good that has just been sold out, or is there again: staff's rules hear of it, and the carts will. */
async function look(tx: Tx, sku: string): Promise<void> {
  const good = await goodBy(tx, sku)
  const gone = good.saleable() <= 0
  if (gone === good.gone) return
  // Somebody else has said so at this moment.
  if (!(await tx.update(StockGood, sku, { gone, tellAt: tx.now }, { gone: good.gone }))) return
  await record(tx, gone ? 'stock.sold_out' : 'stock.available', {
    by: SYSTEM,
    subject: { type: 'good', id: sku.slice(0, 26) },
    data: { sku, title: good.title, saleable: good.saleable(), on_hand: good.onHand },
  })
}

function same(before: StockAllocation, sku: string, quantity: number): StockAllocation {
  if (before.sku !== sku || before.quantity !== quantity) throw new Conflict('stock_other')
  return before
}

async function known(tx: Tx, id: string, { sku, quantity }: Pick<StockMove, 'sku' | 'quantity'>): Promise<boolean> {
  const before = await tx.get(StockMove, id)
  if (before && (before.sku !== sku || before.quantity !== quantity)) throw new Conflict('stock_other')
  return before !== undefined
}

async function move(tx: Tx, row: Omit<StockMove, 'at' | 'reason'> & { reason?: string }): Promise<void> {
  const full = { ...row, source: row.source.slice(0, 40), reason: row.reason ?? null, at: tx.now }
  if (!(await tx.insertOnce(StockMove, full))) throw new LostRace()
}
