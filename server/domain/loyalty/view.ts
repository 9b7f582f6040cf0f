import { definitionById } from '../../engines/definitions/definitions.ts'
import { DAY } from '../../lib/clock.ts'
import type { Words } from '../../lib/render.ts'
import type { Tx } from '../../lib/tx.ts'
import { Coupon } from './coupon.ts'
import { leftOf, takenBy } from './coupons.ts'
import { type CouponLook, moveText, templateLook } from './look.ts'
import { PointsLot, PointsMove } from './lot.ts'
import { pointsTitle, templatesNow } from './programme.ts'
import { type CouponTemplate, claimTime, validity } from './template.ts'

const PAGE = 20
/** All that can be used are shown at once, those that end first in front. */
const MOST_USABLE = 200
/** What ends so soon is named above the history. */
const SOON_MS = 30 * DAY

export type CouponTab = 'usable' | 'used' | 'expired'

export interface CouponCard extends CouponLook {
  id: string
  state: CouponTab | 'later'
  startsAt: number
  /** The last instant at which it is good. */
  lastAt: number
  usedAt: number | null
}

/** A coupon that the customer may take. */
export interface CouponOffer extends CouponLook {
  coupon: string
}

export interface CouponPage {
  coupons: CouponCard[]
  offers: CouponOffer[]
  next: string | null
}

const TABS: Record<CouponTab, string> = {
  usable: `state = 'active' AND endsAt > ?`,
  used: `state = 'used' AND claimedAt <= ?`,
  expired: `(state = 'expired' OR (state = 'active' AND endsAt <= ?))`,
}

/** A customer's coupons of one tab, and with the first page of those that can be used what they may take. */
export async function couponPage(
  tx: Tx,
  customerId: string,
  words: Words,
  { tab, before }: { tab: CouponTab; before?: string },
): Promise<CouponPage> {
  const from = before ? ' AND id < ?' : ''
  const values = [customerId, tx.now, ...(before ? [before] : [])]
  const most = tab === 'usable' ? MOST_USABLE : PAGE + 1
  const order = tab === 'usable' ? 'endsAt, id' : 'id DESC'
  const tail = `WHERE customerId = ? AND ${TABS[tab]}${from} ORDER BY ${order} LIMIT ${most}`
  const found = await tx.find(Coupon, tail, values)
  const shown = tab === 'usable' ? found : found.slice(0, PAGE)
  const coupons: CouponCard[] = []
  for (const coupon of shown) coupons.push(await card(tx, coupon, tab, words))
  return {
    coupons,
    offers: tab === 'usable' && !before ? await offersTo(tx, customerId, words) : [],
    next: found.length > shown.length ? (shown.at(-1)?.id ?? null) : null,
  }
}

async function card(tx: Tx, coupon: Coupon, tab: CouponTab, words: Words): Promise<CouponCard> {
  const { body } = await definitionById<CouponTemplate>(tx, coupon.definitionId)
  const { id, startsAt, endsAt, usedAt } = coupon
  const state = tab === 'usable' && startsAt > tx.now ? 'later' : tab
  return { id, ...templateLook(body, words), state, startsAt, lastAt: endsAt - 1, usedAt }
}

async function offersTo(tx: Tx, customerId: string, words: Words): Promise<CouponOffer[]> {
  const offers: CouponOffer[] = []
  for (const { body } of templatesNow()) {
    if (!body.per_customer || claimTime(body, tx.now) !== 'open' || !validity(body, tx.now)) continue
    if ((await leftOf(tx, body)) === 0) continue
    if ((await takenBy(tx, customerId, body.coupon)) >= body.per_customer) continue
    offers.push({ coupon: body.coupon, ...templateLook(body, words) })
  }
  return offers
}

export interface PointsLine {
  id: string
  at: number
  text: string
  points: number
  balance: number
  /** The points are not good yet. */
  pending: boolean
}

export interface PointsPage {
  title: string
  /** What can be spent. */
  balance: number
  /** What is not good yet. */
  pending: number
  /** What new points will pay first. */
  owed: number
  /** What ends next, if it ends soon. */
  expiring: { points: number; at: number } | null
  lines: PointsLine[]
  next: number | null
}

/** A customer's points and their history, newest first. Balances are what the lots say. */
export async function pointsPage(tx: Tx, customerId: string, words: Words, before?: number): Promise<PointsPage> {
  const lots = await tx.find(PointsLot, `WHERE customerId = ? AND state <> 'closed'`, [customerId])
  const good = lots.filter(({ startsAt, endsAt }) => startsAt <= tx.now && (endsAt === null || endsAt > tx.now))
  const owed = lots.filter(({ state, remaining }) => state === 'active' && remaining < 0)
  const sum = (some: PointsLot[]) => some.reduce((total, { remaining }) => total + remaining, 0)
  const moves = await tx.find(
    PointsMove,
    `WHERE customerId = ?${before === undefined ? '' : ' AND seq < ?'} ORDER BY seq DESC LIMIT ${PAGE + 1}`,
    before === undefined ? [customerId] : [customerId, before],
  )
  const shown = moves.slice(0, PAGE)
  const total = sum(good.filter(({ remaining }) => remaining > 0)) + sum(owed)
  return {
    title: pointsTitle(),
    balance: Math.max(0, total),
    pending: sum(lots.filter(({ startsAt }) => startsAt > tx.now)),
    owed: Math.max(0, -total),
    expiring: nextEnd(good, tx.now),
    lines: shown.map((move) => ({
      id: move.id,
      at: move.at,
      text: moveText(move, words),
      points: move.points,
      balance: move.balance,
      pending: move.kind === 'grant' && Number(move.about.startsAt ?? 0) > tx.now,
    })),
    next: moves.length > shown.length ? (shown.at(-1)?.seq ?? null) : null,
  }
}

function nextEnd(lots: PointsLot[], now: number): PointsPage['expiring'] {
  const ending = lots.filter(({ endsAt, remaining }) => remaining > 0 && endsAt !== null && endsAt < now + SOON_MS)
  const at = Math.min(...ending.map(({ endsAt }) => Number(endsAt)))
  if (ending.length === 0) return null
  const points = ending.filter(({ endsAt }) => endsAt === at).reduce((sum, { remaining }) => sum + remaining, 0)
  return { points, at: at - 1 }
}
