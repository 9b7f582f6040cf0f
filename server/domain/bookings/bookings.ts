import { type Actor, record, SYSTEM } from '../../engines/events/events.ts'
import { Conflict, NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { readableNumber } from '../../lib/numbers.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Asset } from '../assets/asset.ts'
import { recordAssetEvent } from '../assets/assets.ts'
import { useCoupon } from '../loyalty/coupons.ts'
import { Booking } from './booking.ts'
import { about, factsOf, passTo, tellNew } from './change.ts'
import { askFor } from './pay.ts'
import { couponPart, priceOf } from './prices.ts'
import { storeOf, termsNow, termsOf } from './rental-file.ts'
import { AssetSpan } from './span.ts'
import { beginEarlier, endAt, giveBack, stretchable, stretchSpan, takeSpan } from './spans.ts'
import { tellCustomer } from './tell.ts'
import type { Terms } from './terms.ts'
import { wakeOf } from './wake.ts'
import { checkDoors, checkWish, kindsOf, priceWish, priceWishOf, type Wish } from './wish.ts'

export { whenBookingChanges } from './change.ts'
export { termsNow, termsOf } from './rental-file.ts'

/** Keeps a car for a customer until it is paid, for as long as the terms say. The same key again is the same booking. */
export async function holdBooking(tx: Tx, customerId: string, wish: Wish, key: string): Promise<Booking> {
  const claimKey = `${customerId}:${key}`
  const known = await tx.first(Booking, 'WHERE claimKey = ?', [claimKey])
  if (known) return known
  const { id: termsId, body: terms } = termsNow()
  checkWish(terms, wish, tx.now)
  await checkDoors(tx, terms, customerId, wish)
  const holdSlot = await freeSlot(tx, terms, customerId)
  const id = newId(tx.now)
  const returnStoreId = wish.returnStore ?? wish.store
  const span = await takeSpan(tx, wantOf(terms, { ...wish, returnStoreId, storeId: wish.store }), id)
  if (!span) throw new Conflict('booking_none')
  const { price, tier } = await priceWish(tx, terms, customerId, wish)
  const { deliver, collect, insurances, extras, model, from, until } = wish
  const row = {
    ...{ id, number: readableNumber('R', tx.now, terms.zone), customerId, claimKey, model },
    ...{ storeId: wish.store, returnStoreId, assetId: span.assetId, spanId: span.id, fromAt: from, untilAt: until },
    ...{ state: 'held' as const, holdSlot, holdUntil: tx.now + terms.hold_for, wakeAt: tx.now + terms.hold_for },
    ...{
      extras: { insurances, extras },
      doors: deliver || collect ? { deliver, collect } : null,
      price,
      termsId,
      tier,
    },
    ...{ couponId: wish.coupon ?? null, paymentId: null, paidAt: null, startedAt: null, returnedAt: null },
    ...{ endedAt: null, strandedAt: null, createdAt: tx.now, version: 0 },
  }
  const booking: Booking = Object.assign(new Booking(), row)
  if (wish.coupon) {
    const purchase = { order: id, amount: price.reduced, kinds: kindsOf(terms, model) }
    await useCoupon(tx, customerId, wish.coupon, purchase)
  }
  if (price.total > 0) {
    const payBy = row.holdUntil
    const asked = { purpose: 'rental' as const, amount: price.total, payBy, key: `booking:${id}` }
    booking.paymentId = (await askFor(tx, terms, booking, asked)).id
  }
  // The same wish, or the same place, twice at once: one of them is made, the other runs again and finds it.
  if (!(await tx.insertOnce(Booking, booking))) throw new LostRace()
  await tellNew(tx, terms, booking, { type: 'customer', id: customerId })
  if (price.total === 0) await confirmBooking(tx, booking)
  return booking
}

/** A booking is paid for: the car is the customer's at that time. Throws Conflict where it is too late. */
export async function confirmBooking(tx: Tx, booking: Booking): Promise<void> {
  const terms = await termsOf(tx, booking)
  const wakeAt = wakeOf(terms, { ...booking, state: 'confirmed' }, tx.now)
  await passTo(tx, terms, booking, 'confirmed', {
    ...{ paidAt: booking.paidAt ?? tx.now, holdUntil: null, endedAt: null, wakeAt },
    ...{ assetId: booking.assetId, spanId: booking.spanId },
    by: { type: 'customer', id: booking.customerId },
  })
  await record(tx, 'rental.booked', { ...about(booking), by: SYSTEM, data: factsOf(terms, booking) })
  await tellCustomer(tx, terms, booking, 'booking_confirmed')
}

/** The car is handed over. */
export async function startBooking(tx: Tx, booking: Booking, { at, by = SYSTEM }: { at?: number; by?: Actor } = {}) {
  const terms = await termsOf(tx, booking)
  const startedAt = at ?? tx.now
  const [away] = await tx.query(`SELECT 1 FROM bookings WHERE assetId = ? AND state = 'running' AND id <> ? LIMIT 1`, [
    booking.assetId,
    booking.id,
  ])
  if (away) throw new Conflict('booking_car_away')
  const span = await spanOf(tx, booking)
  // Whoever comes early has the car from then on, if nobody else has it.
  if (span && tx.now < span.fromAt) await beginEarlier(tx, span, tx.now)
  const wakeAt = wakeOf(terms, { ...booking, state: 'running' }, tx.now)
  await passTo(tx, terms, booking, 'running', { startedAt, strandedAt: null, wakeAt, by })
  await drive(tx, booking, 'trip_start', startedAt)
  await record(tx, 'rental.started', { ...about(booking), by, data: factsOf(terms, booking) })
}

/** The car is back, at whichever store; what is left of its time is free again. */
export async function endBooking(
  tx: Tx,
  booking: Booking,
  {
    at,
    store = booking.returnStoreId,
    by = SYSTEM,
    meters,
  }: { at?: number; store?: string; by?: Actor; meters?: number } = {},
): Promise<void> {
  const terms = await termsOf(tx, booking)
  storeOf(terms, store)
  const returnedAt = at ?? tx.now
  await passTo(tx, terms, booking, 'returned', { returnedAt, returnStoreId: store, wakeAt: null, by })
  const span = await spanOf(tx, booking)
  if (span) {
    const free = Math.max(tx.now, span.fromAt) + terms.turnaround
    if (free < span.untilAt) await giveBack(tx, span, free)
    else await stretchSpan(tx, span, Math.min(free, await stretchable(tx, span)))
    await endAt(tx, span, store)
  }
  await drive(tx, booking, 'trip_end', returnedAt, meters === undefined ? {} : { meters })
  await record(tx, 'rental.returned', { ...about(booking), by, data: factsOf(terms, booking) })
}

/** The bill is made and agreed upon. */
export async function settleBooking(tx: Tx, booking: Booking, by: Actor = SYSTEM): Promise<void> {
  await passTo(tx, await termsOf(tx, booking), booking, 'settled', { by })
}

/** Nothing is open any more. */
export async function closeBooking(tx: Tx, booking: Booking, by: Actor = SYSTEM): Promise<void> {
  await passTo(tx, await termsOf(tx, booking), booking, 'closed', { endedAt: tx.now, by })
}

/** A booking by its id; throws NotFound. */
export async function bookingById(tx: Tx, id: string): Promise<Booking> {
  const booking = await tx.get(Booking, id)
  if (!booking) throw new NotFound('booking')
  return booking
}

/** The price that a booking would have with another end, under its own terms; the coupon takes off what it took. */
export function priceUntil(terms: Terms, booking: Booking, until: number) {
  const { storeId: store, returnStoreId: returnStore, model, fromAt: from, extras, doors, tier, price } = booking
  const off = -(couponPart(price)?.amount ?? 0)
  const wish = { store, returnStore, model, from, until, ...extras, ...doors }
  return priceOf(terms, { ...priceWishOf(terms, wish), tier, coupon: () => off })
}

/** What a booking takes of a car's time: also what the car needs afterwards. */
export function wantOf(
  terms: Terms,
  {
    model,
    storeId,
    returnStoreId,
    from,
    until,
  }: { model: string; storeId: string; returnStoreId: string; from: number; until: number },
) {
  return { model, store: storeId, toStore: returnStoreId, fromAt: from, untilAt: until + terms.turnaround }
}

/** The piece of its car's time that a booking has, or undefined. */
export async function spanOf(tx: Tx, { id, spanId }: Booking): Promise<AssetSpan | undefined> {
  const span = await tx.get(AssetSpan, spanId)
  return span?.bookingId === id ? span : undefined
}

/**
 * Nobody keeps several cars from others without paying: the first place among as many as they may have that is free. Of
 * two bookings that take the same one at once the database refuses one, which looks again.
 */
async function freeSlot(tx: Tx, { holds_per_customer: most }: Terms, customerId: string): Promise<string> {
  const held = await tx.query<{ holdSlot: string | null }>(
    `SELECT holdSlot FROM bookings WHERE customerId = ? AND state = 'held'`,
    [customerId],
  )
  const slots = Array.from({ length: most }, (_, n) => `${customerId}:${n}`)
  const free = slots.find((slot) => held.every(({ holdSlot }) => holdSlot !== slot))
  if (held.length >= most || free === undefined) throw new Conflict('booking_holds', { most })
  return free
}

async function drive(
  tx: Tx,
  booking: Booking,
  type: 'trip_start' | 'trip_end',
  at: number,
  data: { meters?: number } = {},
): Promise<void> {
  const asset = await tx.get(Asset, booking.assetId)
  if (!asset) return
  await recordAssetEvent(tx, asset, {
    id: `booking:${booking.id}:${type}`,
    types: [type],
    occurredAt: Math.max(at, asset.stateAt + 1),
    doneBy: `customer:${booking.customerId}`,
    data,
  })
}
