import { attemptFor } from './attempt.ts'
import { withSession } from './session.ts'
import { send } from './transport.ts'

export type CouponTab = 'usable' | 'used' | 'expired'

interface CouponLook {
  title: string
  terms: string
  worth: string
}

export interface Coupon extends CouponLook {
  id: string
  state: CouponTab | 'later'
  startsAt: number
  lastAt: number
  usedAt: number | null
}

export interface CouponOffer extends CouponLook {
  coupon: string
}

export interface CouponPage {
  coupons: Coupon[]
  offers: CouponOffer[]
  next: string | null
}

export interface PointsLine {
  id: string
  at: number
  text: string
  points: number
  balance: number
  pending: boolean
}

export interface PointsPage {
  title: string
  balance: number
  pending: number
  owed: number
  expiring: { points: number; at: number } | null
  lines: PointsLine[]
  next: number | null
}

/** The customer's coupons of one tab; `before` is the `next` of the page above. */
export async function readCoupons(tab: CouponTab, before?: string): Promise<CouponPage> {
  const query = before ? `&before=${encodeURIComponent(before)}` : ''
  return (await read(`/api/me/coupons?tab=${tab}${query}`)) as CouponPage
}

/** The customer's points with their history; `before` is the `next` of the page above. */
export async function readPoints(before?: number): Promise<PointsPage> {
  return (await read(`/api/me/points${before === undefined ? '' : `?before=${before}`}`)) as PointsPage
}

/** Takes a coupon that is offered. The key makes a repeated send one claim. */
export async function claimCoupon(coupon: string, key: string): Promise<void> {
  await withSession((headers) =>
    send({
      method: 'POST',
      path: `/api/me/coupons/${encodeURIComponent(coupon)}/claim`,
      body: {},
      headers: { ...headers, 'Idempotency-Key': key },
    }),
  )
}

/** A key for one claim. */
export function claimKey(coupon: string): string {
  return attemptFor(coupon, undefined).key
}

async function read(path: string): Promise<unknown> {
  return (await withSession((headers) => send({ method: 'GET', path, headers }))).body
}
