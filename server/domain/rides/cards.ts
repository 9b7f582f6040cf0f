import { DateTime } from 'luxon'
import { record, SYSTEM } from '../../engines/events/events.ts'
import { DAY } from '../../lib/clock.ts'
import type { Database } from '../../lib/db.ts'
import { earliest } from '../../lib/due.ts'
import { NotFound } from '../../lib/errors.ts'
import { newId } from '../../lib/ids.ts'
import { LostRace, type Tx } from '../../lib/tx.ts'
import type { Payment } from '../payments/payments.ts'
import { RideCard, RideCardDay, RideCardTurn } from './card.ts'
import { cardBuying, giveCouponBack, spend, usedFor } from './coupons.ts'
import { askForCard, bookCard } from './pay.ts'
import { type CardTerms, termsById, termsNow } from './terms.ts'

const ZONE = 'Asia/Shanghai'
const BATCH = 200
/** So long a card can be paid that was asked for. */
const PAY_WITHIN = DAY

/**
 * A customer buys a card: it is asked for, and good from when it is paid. A coupon that is for it takes something off. The
 * same key again is the same purchase.
 */
export async function buyCard(
  tx: Tx,
  customerId: string,
  name: string,
  key: string,
  couponId?: string,
): Promise<RideCard> {
  const buyKey = `${customerId}:${key}`.slice(0, 120)
  const known = await tx.first(RideCard, 'WHERE buyKey = ?', [buyKey])
  if (known) return known
  const terms = termsNow().find(({ body }) => body.cards.some(({ card }) => card === name))
  const card = terms?.body.cards.find((one) => one.card === name)
  if (!terms || !card) throw new NotFound('ride_card')
  const row = {
    id: newId(tx.now),
    customerId,
    buyKey,
    termsId: terms.id,
    card: name,
    title: card.title,
    price: card.price,
    state: 'asked' as const,
    askedAt: tx.now,
    startsAt: null,
    endsAt: null,
    paymentId: null,
    sweepAt: tx.now + PAY_WITHIN,
  }
  if (!(await tx.insertOnce(RideCard, row))) throw new LostRace()
  const bought: RideCard = Object.assign(new RideCard(), row)
  if (couponId) {
    bought.price -= (await spend(tx, cardBuying(customerId, row), couponId)).off
    await tx.update(RideCard, bought.id, { price: bought.price })
    if (bought.price === 0) {
      await begin(tx, bought)
      return bought
    }
  }
  bought.paymentId = (await askForCard(tx, bought, row.sweepAt)).id
  await tx.update(RideCard, bought.id, { paymentId: bought.paymentId })
  return bought
}

/** A card was paid: it is good from now on, or from when the one before it ends. */
export async function cardPaid(tx: Tx, payment: Payment): Promise<'kept' | 'returned'> {
  const card = await tx.get(RideCard, payment.subjectId)
  if (card?.state === 'active' || card?.state === 'over') return 'kept'
  if (card?.state !== 'asked') return 'returned'
  await begin(tx, card)
  return 'kept'
}

async function begin(tx: Tx, card: RideCard): Promise<void> {
  await takeTurn(tx, card)
  const [last] = await tx.query<{ at: number | null }>(
    `SELECT MAX(endsAt) AS at FROM ride_cards WHERE customerId = ? AND card = ? AND state = 'active'`,
    [card.customerId, card.card],
  )
  const terms = await cardTerms(tx, card)
  const startsAt = Math.max(tx.now, Number(last?.at ?? 0))
  const from = DateTime.fromMillis(startsAt, { zone: ZONE })
  // To the end of its last day.
  const endsAt = from
    .plus({ days: terms.days + 1 })
    .startOf('day')
    .toMillis()
  const changes = { state: 'active' as const, startsAt, endsAt, sweepAt: endsAt }
  if (!(await tx.update(RideCard, card.id, changes, { state: 'asked' }))) throw new LostRace()
  Object.assign(card, changes)
  await bookCard(tx, card, (await usedFor(tx, { customerId: card.customerId, order: card.id }))?.off ?? 0)
  await record(tx, 'pass.bought', {
    by: { type: 'customer', id: card.customerId },
    subject: { type: 'ride_card', id: card.id },
    customerId: card.customerId,
    dedupKey: `pass.bought:${card.id}`,
    data: { card: card.card, title: card.title, amount: card.price, starts_at: startsAt, ends_at: endsAt },
  })
}

/**
 * Takes the turn to begin a card of this name. Two that are paid at one moment may both see the same card as the last one:
 * only one of them finds the count as it has seen it, the other runs again and comes after it.
 */
async function takeTurn(tx: Tx, { customerId, card }: RideCard): Promise<void> {
  const id = `${customerId}:${card}`
  const turn = await tx.get(RideCardTurn, id)
  const mine = turn
    ? await tx.update(RideCardTurn, id, { begun: turn.begun + 1 }, { begun: turn.begun })
    : await tx.insertOnce(RideCardTurn, { id, begun: 1 })
  if (!mine) throw new LostRace()
}

/** A customer's card that is good at this instant, the one that ends first. */
export function cardAt(tx: Tx, customerId: string, at: number): Promise<RideCard | undefined> {
  const tail = `WHERE customerId = ? AND state IN ('active', 'over') AND startsAt <= ? AND endsAt > ? ORDER BY endsAt, id`
  return tx.first(RideCard, tail, [customerId, at, at])
}

/** What a card was sold for. */
export async function cardTerms(tx: Tx, card: RideCard): Promise<CardTerms> {
  const terms = (await termsById(tx, card.termsId)).cards.find((one) => one.card === card.card)
  if (!terms) throw new NotFound('ride_card')
  return terms
}

/** Lets a card pay for one more ride of this day, unless it has paid for as many as it may; says whether it does. */
export async function useCardDay(tx: Tx, card: RideCard, most: number, at: number): Promise<boolean> {
  const id = dayOf(card, at)
  if ((await tx.run(`UPDATE ride_card_days SET used = used + 1 WHERE id = ? AND used < ?`, [id, most])) === 1)
    return true
  if (most < 1 || (await tx.get(RideCardDay, id))) return false
  // The row is made last: to try that first would have many at once wait for each other crosswise.
  if (!(await tx.insertOnce(RideCardDay, { id, used: 1 }))) throw new LostRace()
  return true
}

/** How many rides of a day a card has paid for. */
export async function usedOn(tx: Tx, card: RideCard, at: number): Promise<number> {
  return (await tx.get(RideCardDay, dayOf(card, at)))?.used ?? 0
}

/** Everything that a customer has bought, newest first. */
export function cardsOf(tx: Tx, customerId: string): Promise<RideCard[]> {
  return tx.find(RideCard, `WHERE customerId = ? AND state <> 'closed' ORDER BY id DESC LIMIT 50`, [customerId])
}

/** Ends the cards whose time is over, and those that nobody has paid; returns how many. */
export async function sweepCards(db: Database): Promise<number> {
  const due = await db.read((tx) =>
    tx.find(RideCard, `WHERE sweepAt <= ? ORDER BY sweepAt, id LIMIT ${BATCH}`, [tx.now]),
  )
  for (const card of due) await db.write((tx) => end(tx, card))
  return due.length
}

/** When the next card ends. */
export const nextCard = earliest('ride_cards', 'sweepAt')

async function end(tx: Tx, { id, state, sweepAt, customerId, card, title }: RideCard): Promise<void> {
  const after = state === 'asked' ? ('closed' as const) : ('over' as const)
  if (!(await tx.update(RideCard, id, { state: after, sweepAt: null }, { state, sweepAt }))) return
  if (after === 'closed') return giveCouponBack(tx, { customerId, order: id })
  const subject = { type: 'ride_card', id }
  await record(tx, 'pass.expired', { by: SYSTEM, subject, customerId, data: { card, title } })
}

function dayOf({ id }: RideCard, at: number): string {
  return `${id}:${DateTime.fromMillis(at, { zone: ZONE }).toFormat('yyyyMMdd')}`
}
