import { type Actor, record, SYSTEM } from '../../engines/events/events.ts'
import { Conflict } from '../../lib/errors.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import { Booking, type State } from './booking.ts'
import { modelOf } from './rental-file.ts'
import type { Terms } from './terms.ts'

type HearBooking = (tx: Tx, booking: Booking, was: State | undefined) => Promise<void>
const hearers = new Set<HearBooking>()

/**
 * Lets a noun above hear of every booking that has come to another state, in the transaction that makes it so; `was`
 * is undefined for a new one.
 */
export function whenBookingChanges(hear: HearBooking): void {
  hearers.add(hear)
}

/** Writes a change of a booking if it is still as it was read; otherwise the transaction runs again. */
export async function changeBooking(tx: Tx, booking: Booking, changes: Partial<Booking>): Promise<void> {
  const next = { ...changes, version: booking.version + 1 }
  if (!(await tx.update(Booking, booking.id, next, { version: booking.version }))) throw new LostRace()
  Object.assign(booking, next)
}

/** Brings a booking to another state and tells who hears of it; throws Conflict where it cannot come there. */
export async function passTo(
  tx: Tx,
  terms: Terms,
  booking: Booking,
  state: State,
  { by = SYSTEM, data = {}, ...changes }: Partial<Booking> & { by?: Actor; data?: Record<string, unknown> } = {},
): Promise<void> {
  const was = booking.state
  if (!booking.may(state)) throw new Conflict('booking_state', { state: was })
  await changeBooking(tx, booking, { ...changes, state, ...(was === 'held' && { holdSlot: null }) })
  await tellEvent(tx, terms, booking, state, by, data)
  for (const hear of hearers) await hear(tx, booking, was)
}

/** Tells who hears of a booking that has just been made. */
export async function tellNew(tx: Tx, terms: Terms, booking: Booking, by: Actor): Promise<void> {
  await tellEvent(tx, terms, booking, booking.state, by, {})
  for (const hear of hearers) await hear(tx, booking, undefined)
}

/** Writes down what happened to a booking, with all that rules and facts ask of it. */
export function tellEvent(
  tx: Tx,
  terms: Terms,
  booking: Booking,
  what: string,
  by: Actor,
  data: Record<string, unknown>,
): Promise<void> {
  return record(tx, `booking.${what}`, { ...about(booking), by, data: { ...factsOf(terms, booking), ...data } })
}

/** What an event of a booking is about. */
export function about({ id, customerId }: Booking) {
  return { subject: { type: 'booking', id }, customerId }
}

/** What is told of a booking wherever it is told of. */
export function factsOf(terms: Terms, booking: Booking): Record<string, unknown> {
  const { number, model, storeId, returnStoreId, fromAt, untilAt, price } = booking
  const { title, class: kind, seats } = modelOf(terms, model)
  const stores = { store: storeId, store_title: terms.stores[storeId]?.title, return_store: returnStoreId }
  const times = { from: fromAt, until: untilAt, days: price.days }
  return { number, model, model_title: title, class: kind, seats, ...stores, ...times, amount: price.total }
}
