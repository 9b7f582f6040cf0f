import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { Asset } from '../assets/asset.ts'
import type { Booking } from './booking.ts'
import { termsOf } from './bookings.ts'
import { refundOf } from './call-off.ts'
import { paymentsFor } from './pay.ts'
import type { Part, Price } from './prices.ts'
import { modelOf, storeOf } from './rental-file.ts'
import type { Model, Store, Terms } from './terms.ts'

/** What is rented, as whoever comes to the shop's door sees it. */
export function rentalLook(terms: Terms) {
  const {
    title,
    stores,
    models,
    insurances,
    extras,
    cancel,
    step,
    lead,
    horizon,
    least,
    most,
    hold_for,
    no_show_after,
  } = terms
  return {
    title,
    zone: terms.zone,
    stores: Object.entries(stores).map(([store, one]) => ({ store, ...storeLook(one) })),
    models: Object.entries(models).map(([model, one]) => ({ model, ...modelLook(one) })),
    insurances: Object.entries(insurances).map(([insurance, one]) => ({ insurance, ...one })),
    extras: Object.entries(extras).map(([extra, one]) => ({ extra, ...one })),
    cancel: cancel.map(({ before, refund }) => ({ beforeMs: before, percent: refund / 10 })),
    oneWay: terms.one_way !== undefined,
    times: { step, lead, horizon, least, most, holdFor: hold_for, noShowAfter: no_show_after },
  }
}

function storeLook({ title, address, phone, place, hours, delivery }: Store) {
  return { title, address, phone, place, week: hours.week, delivery: delivery ?? null }
}

function modelLook({ title, class: kind, class_title, seats, gearbox, energy, picture, price, km, deposit }: Model) {
  return {
    title,
    class: kind,
    classTitle: class_title,
    seats,
    gearbox,
    energy,
    picture,
    price,
    km: km ?? null,
    deposit,
  }
}

/** A price with its parts in words. */
export function priceLook({ parts, total, days, hours, km }: Price, words: Words) {
  return { parts: parts.map((part) => ({ ...partLook(part, words) })), total, days, hours, km }
}

/** A part of a price in words. */
export function partLook({ kind, amount, about }: Part, words: Words) {
  return { kind, title: words.text(`messages/bookings.part.${kind}`, about), amount }
}

/** A booking as its customer sees it. */
export async function bookingLook(tx: Tx, booking: Booking, words: Words) {
  const terms = await termsOf(tx, booking)
  const { id, number, state, fromAt, untilAt, holdUntil, price, doors, startedAt, returnedAt } = booking
  const payments = await paymentsFor(tx, booking)
  const ours = state === 'confirmed' || state === 'running' ? await tx.get(Asset, booking.assetId) : undefined
  const customer = { type: 'customer' as const, id: booking.customerId }
  return {
    id,
    number,
    state,
    stateText: words.text(`messages/bookings.state.${state}`),
    store: { store: booking.storeId, ...storeLook(storeOf(terms, booking.storeId)) },
    returnStore: { store: booking.returnStoreId, ...storeLook(storeOf(terms, booking.returnStoreId)) },
    model: { model: booking.model, ...modelLook(modelOf(terms, booking.model)) },
    plate: ours?.code ?? null,
    from: fromAt,
    until: untilAt,
    holdUntil,
    startedAt,
    returnedAt,
    ...booking.extras,
    doors,
    price: priceLook(price, words),
    paid: payments.reduce((sum, { received, refunded }) => sum + received - refunded, 0),
    payments: payments.map(({ id, purpose, amount, state, payBy }) => ({ id, purpose, amount, state, payBy })),
    /** What comes back to who cancels now; null: it cannot be cancelled any more. */
    refund: booking.may('cancelled') ? await refundOf(tx, terms, booking, customer) : null,
    extendable: state === 'confirmed' || state === 'running',
  }
}

/** A booking in a list. */
export async function bookingLine(tx: Tx, booking: Booking, words: Words) {
  const terms = await termsOf(tx, booking)
  const { id, number, state, fromAt: from, untilAt: until, holdUntil, price, model, storeId } = booking
  const stateText = words.text(`messages/bookings.state.${state}`)
  const titles = { model: modelOf(terms, model).title, store: storeOf(terms, storeId).title }
  return { id, number, state, stateText, ...titles, from, until, holdUntil, total: price.total }
}
