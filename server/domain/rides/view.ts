import { MINUTE } from '../../lib/clock.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import type { Asset } from '../assets/asset.ts'
import { fleet } from '../assets/fleet.ts'
import { templateLook } from '../loyalty/look.ts'
import type { RideCard } from './card.ts'
import { cardAt, cardsOf, cardTerms, usedOn } from './cards.ts'
import { canChoose } from './choose-coupon.ts'
import { cardBuying, usable } from './coupons.ts'
import type { PricePart } from './parts.ts'
import { priceOf } from './price.ts'
import { Ride } from './ride.ts'
import { commandsOf, riddenBefore, whyNot } from './rides.ts'
import { planFor, type RideTerms, termsById, termsNow } from './terms.ts'

/** A ride as its rider sees it. */
export async function rideLook(tx: Tx, words: Words, ride: Ride) {
  const terms = await termsById(tx, ride.termsId)
  const plan = terms.plans.find((one) => one.plan === ride.plan)
  const { id, number, code, kind, state, askedAt, startedAt, pausedAt, endedAt, meters, amount, refunded } = ride
  const ms = startedAt === null ? 0 : (endedAt ?? tx.now) - startedAt
  const [command] = ride.isOpen() ? await commandsOf(tx, ride) : []
  const { appeal } = terms
  return {
    id,
    number,
    code,
    kind,
    title: fleet().kinds[kind]?.title ?? kind,
    plan: plan?.title ?? ride.plan,
    state,
    stateText: words.text(`messages/rides.state.${pausedAt === null ? state : 'paused'}`),
    askedAt,
    startedAt,
    pausedAt,
    endedAt,
    minutes: Math.ceil(ms / MINUTE),
    meters,
    ...(state === 'riding' && plan && { soFar: priceOf(plan, { ms, meters: 0 }).total }),
    ...(command?.failure && command.nextAt === null && { failure: words.text('messages/rides.void.lock_failed') }),
    ...(ride.zoneResult && { zone: ride.zone, zoneResult: ride.zoneResult }),
    parts: ride.parts.map((part) => ({ ...part, text: partText(words, part) })),
    amount,
    refunded,
    couponsOpen: canChoose(ride),
    ...(ride.voidFor && { why: words.text(`messages/rides.void.${ride.voidFor}`) }),
    ...(state === 'ended' && { payment: ride.paymentId }),
    ...((state === 'ended' || state === 'paid') && appeal && amount > 0 && { appeal: asking(appeal, ride) }),
    ...(ride.ticketId && { ticket: ride.ticketId }),
  }
}

/** How an appeal against a ride's price begins: the form, and what of it is known. */
function asking({ form, order, amount }: NonNullable<RideTerms['appeal']>, ride: Ride) {
  return { form, answers: { [order]: ride.number, [amount]: (ride.due() / 100).toFixed(2) } }
}

/** A page of a customer's rides, newest first. */
export async function ridesPage(tx: Tx, words: Words, customerId: string, before = 'Z') {
  const tail = `WHERE customerId = ? AND id < ? AND state <> 'void' ORDER BY id DESC LIMIT ${PAGE + 1}`
  const rows = await tx.find(Ride, tail, [customerId, before])
  const page = rows.slice(0, PAGE)
  const rides = []
  for (const ride of page) rides.push(await rideLook(tx, words, ride))
  return { rides, next: rows.length > PAGE ? (page.at(-1)?.id ?? null) : null }
}

const PAGE = 20

/** What somebody who stands before a vehicle reads: whether they can ride it, why not, and what it costs. */
export async function hereLook(tx: Tx, words: Words, customerId: string, asset: Asset, locks: boolean) {
  const meant = planFor(asset.kind)
  const objection = await whyNot(tx, customerId, asset)
  const why = objection ?? (locks ? undefined : { why: 'ride_no_lock', data: {} })
  const card = await cardAt(tx, customerId, tx.now)
  const free = meant?.terms.body.first_free
  const first = free !== undefined && (await riddenBefore(tx, customerId)) < free.rides
  return {
    code: asset.code,
    kind: asset.kind,
    title: fleet().kinds[asset.kind]?.title ?? asset.kind,
    battery: asset.battery,
    can: why === undefined,
    ...(why && { why: why.why, whyText: words.text(`messages/errors.${why.why}`, why.data) }),
    ...(meant && { plan: { title: meant.plan.title, text: meant.plan.says, fees: meant.terms.body.fees } }),
    ...(first && { firstFree: { minutes: free.minutes } }),
    ...(card && { card: await cardLook(tx, card) }),
  }
}

/** The cards that can be bought, and those that a customer has. */
export async function cardsLook(tx: Tx, words: Words, customerId: string) {
  const offered = termsNow().flatMap(({ body }) => body.cards)
  const cards = []
  for (const card of await cardsOf(tx, customerId)) cards.push(await cardLook(tx, card))
  const offers = []
  for (const { card, title, says: text, price, days } of offered) {
    const found = await usable(tx, cardBuying(customerId, { id: '', card, price }))
    const coupons = found.map(({ coupon, template, off }) => ({ id: coupon.id, ...templateLook(template, words), off }))
    offers.push({ card, title, text, price, days, coupons })
  }
  return { offered: offers, cards }
}

/** A card as its owner sees it. */
export async function cardLook(tx: Tx, card: RideCard) {
  const { rides_a_day, minutes } = await cardTerms(tx, card)
  const { id, title, state, price, startsAt, endsAt, paymentId } = card
  const left = Math.max(0, rides_a_day - (await usedOn(tx, card, tx.now)))
  return {
    id,
    card: card.card,
    title,
    state,
    price,
    startsAt,
    endsAt,
    minutes,
    ...(state === 'active' && { leftToday: left }),
    ...(state === 'asked' && { payment: paymentId }),
  }
}

function partText(words: Words, { kind, title = '' }: PricePart): string {
  return words.text(`messages/rides.part.${kind}`, { title })
}
