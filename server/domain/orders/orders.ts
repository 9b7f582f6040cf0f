import { recordAll, SYSTEM } from '../../engines/events/events.ts'
import { Conflict, Invalid, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { instantOf } from '../../lib/instant.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { keyTexts } from '../customers/find.ts'
import { type Met, meetAll } from '../customers/meet.ts'
import { Order, OrderMove, paidOf, paidWhen, statusOf } from './order.ts'
import { orderEvents } from './order-events.ts'
import type { MoveGiven, OrderGiven } from './schema.ts'

/** Clocks of others go wrong by as much. */
const AHEAD_MS = 10 * 60_000

type HearOrder = (tx: Tx, order: Order) => Promise<void>
const hearers = new Set<HearOrder>()

/** Lets somebody hear of an order whenever it, or the money for it, was told of: how it stands then, in the same transaction. */
export function whenOrderTold(hear: HearOrder): void {
  hearers.add(hear)
}

/** What became of an order that was told: a version that we know, or an older one, changes nothing of what it says. */
export interface Put {
  order: Order
  outcome: 'created' | 'updated' | 'known'
}

/**
 * Takes what another system says of an order. Of two versions the newer one holds, in whatever order they come;
 * payments and refunds count once each. Everything that became of the order is told once as an event. Throws Invalid.
 */
export async function putOrder(tx: Tx, given: OrderGiven, source: string): Promise<Put> {
  const at = pastOf(tx, 'updated_at', given.updated_at)
  const known = await orderByNumber(tx, source, given.number)
  const order = known ?? (await createOrder(tx, given, source, at))
  const newer = known !== undefined && at > known.updatedAt
  if (newer) Object.assign(order, fieldsOf(given), { updatedAt: at, told: given.status })
  // An order that was called paid by an older version was paid, whatever has become of it since.
  order.toldPaid = order.toldPaid || given.status === 'paid'
  const moves = await addMoves(tx, order, given)
  const changed = newer || moves > 0 || (known !== undefined && given.status === 'paid')
  await settle(tx, order, { status: given.status, at })
  return { order, outcome: known === undefined ? 'created' : changed ? 'updated' : 'known' }
}

/** Notes a payment or a refund of an order; the same one again changes nothing. Throws NotFound, Invalid. */
export async function addMove(
  tx: Tx,
  source: string,
  number: string,
  kind: OrderMove['kind'],
  given: MoveGiven,
): Promise<Order> {
  const order = await orderByNumber(tx, source, number)
  if (!order) throw new NotFound('order', { number })
  await addMoves(
    tx,
    order,
    kind === 'payment' ? { payments: [given], refunds: [] } : { payments: [], refunds: [given] },
  )
  await settle(tx, order)
  return order
}

/** An order by its number in the system where it stands, or undefined. */
export function orderByNumber(tx: Tx, source: string, number: string): Promise<Order | undefined> {
  return tx.first(Order, 'WHERE source = ? AND number = ?', [source, number])
}

/** The payments and refunds of an order, in the order of their time. */
export function movesOf(tx: Tx, orderId: string): Promise<OrderMove[]> {
  return tx.find(OrderMove, 'WHERE orderId = ? ORDER BY at, id', [orderId])
}

async function createOrder(tx: Tx, given: OrderGiven, source: string, at: number): Promise<Order> {
  if (!given.customer) throw new Invalid('customer', 'value_missing')
  const [met] = await meetAll(tx, [given.customer], { by: SYSTEM, source })
  const customerId = customerIn(met)
  const row = {
    id: newId(tx.now),
    source,
    number: given.number,
    customerId,
    status: 'placed' as const,
    told: given.status,
    toldPaid: given.status === 'paid',
    paid: 0,
    refunded: 0,
    placedAt: Math.min(given.placed_at === undefined ? at : pastOf(tx, 'placed_at', given.placed_at), tx.now),
    updatedAt: at,
    version: 0,
    ...fieldsOf(given),
  }
  // Told by two requests at once: one of them makes it, the other runs again and finds it.
  if (!(await tx.insertOnce(Order, row))) throw new LostRace()
  // Staff find the customer by the number, as by one that stood in a form.
  await keyTexts(tx, customerId, [given.number])
  return Object.assign(new Order(), { title: null, channel: null, paidAt: null }, row)
}

/** The customer who was met; throws Invalid for whoever nobody can be. */
export function customerIn(met: Met | undefined): string {
  if (!met) throw new Invalid('customer', 'value_missing')
  if ('objection' in met) throw new Invalid(met.objection.field, met.objection.why, met.objection.data)
  return met.customerId
}

/** An instant that has come; throws Invalid for one that lies ahead. */
export function pastOf(tx: Tx, field: string, given: number | string): number {
  const at = instantOf(given)
  if (at > tx.now + AHEAD_MS) throw new Invalid(field, 'event_future', { minutes: AHEAD_MS / 60_000 })
  return Math.min(at, tx.now)
}

function fieldsOf({ total, title, channel, items, data }: OrderGiven) {
  return { total, title: title ?? null, channel: channel ?? null, items, data: data ?? {} }
}

/** Writes what is new of these; returns how many. Throws Invalid for more given back than was paid. */
async function addMoves(
  tx: Tx,
  order: Order,
  { payments, refunds }: Pick<OrderGiven, 'payments' | 'refunds'>,
): Promise<number> {
  const given = [
    ...payments.map((one) => ({ ...one, kind: 'payment' as const })),
    ...refunds.map((one) => ({ ...one, kind: 'refund' as const })),
  ]
  const known = new Map((await movesOf(tx, order.id)).map((move) => [move.id, move]))
  let fresh = 0
  for (const { id: number, kind, amount, at, method, reason } of given) {
    const id = `${order.id}:${kind}:${number}`
    const before = known.get(id)
    if (before && before.amount !== amount) throw new Conflict('move_other_amount', { number })
    if (before) continue
    const when = at === undefined ? tx.now : pastOf(tx, `${kind}s.at`, at)
    const row = { id, orderId: order.id, kind, number, amount, at: when, method, reason }
    if (!(await tx.insertOnce(OrderMove, row))) throw new LostRace()
    known.set(id, Object.assign(new OrderMove(), row))
    fresh++
  }
  const moves = [...known.values()]
  order.paid = paidOf(
    order,
    moves.filter(({ kind }) => kind === 'payment'),
  )
  order.refunded = moves.reduce((sum, { kind, amount }) => (kind === 'refund' ? sum + amount : sum), 0)
  if (order.refunded > order.paid && refunds.length > 0)
    throw new Invalid('refunds', 'refund_above_paid', { paid: order.paid, refunded: order.refunded })
  return fresh
}

/** Writes the order as it stands now, and tells everything of it that was not told before. */
async function settle(tx: Tx, order: Order, news?: { status: string; at: number }): Promise<void> {
  const moves = await movesOf(tx, order.id)
  order.paidAt ??= paidWhen(order, moves, news?.at ?? tx.now)
  order.status = statusOf(order)
  const { id, version, customerId, ...row } = order
  order.version = version + 1
  if (!(await tx.update(Order, id, { ...row, version: order.version }, { version }))) throw new LostRace()
  await recordAll(tx, orderEvents(order, moves, news))
  for (const hear of hearers) await hear(tx, order)
}
