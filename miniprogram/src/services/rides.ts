import { withSession } from './session.ts'
import { send } from './transport.ts'

/** What somebody who stands before a vehicle reads. */
export interface Here {
  code: string
  title: string
  battery: number | null
  can: boolean
  whyText?: string
  why?: string
  plan?: { title: string; text: string }
  firstFree?: { minutes: number }
  card?: RideCard
}

export interface Ride {
  id: string
  number: string
  code: string
  title: string
  state: 'unlocking' | 'riding' | 'ended' | 'paid' | 'void'
  stateText: string
  startedAt: number | null
  pausedAt: number | null
  endedAt: number | null
  minutes: number
  meters: number
  /** In fen, while it runs. */
  soFar?: number
  zone?: string | null
  zoneResult?: 'fine' | 'no_parking' | 'out_of_area'
  parts: { kind: string; text: string; amount: number }[]
  amount: number
  refunded: number
  /** Whether it can still be said which coupon pays for it. */
  couponsOpen: boolean
  /** Why it came to nothing. */
  why?: string
  /** A lock that did not open again. */
  failure?: string
  /** What is to be paid. */
  payment?: string | null
  appeal?: { form: string; answers: Record<string, string> }
  ticket?: string
}

export interface RideCard {
  id: string
  card: string
  title: string
  state: 'asked' | 'active' | 'over'
  price: number
  endsAt: number | null
  minutes: number
  leftToday?: number
  payment?: string | null
}

export interface CardOffer {
  card: string
  title: string
  text: string
  price: number
  days: number
  /** The customer's coupons for it, those that take most off first. */
  coupons: { id: string; title: string; terms: string; worth: string; off: number }[]
}

/** The coupons that can pay for a ride, and the one that does, or will. */
export interface CouponChoice {
  /** What one takes off is known when the ride is over. */
  coupons: { id: string; title: string; terms: string; worth: string; off?: number }[]
  chosen: string | null
  can: boolean
}

export const readHere = (code: string) => get<Here>(`/api/rides/here?code=${encodeURIComponent(code)}`)
export const readRide = (id: string) => get<Ride>(`/api/rides/${encodeURIComponent(id)}`)
export const readCards = () => get<{ offered: CardOffer[]; cards: RideCard[] }>('/api/ride-cards')

/** The customer's rides, newest first; `before` is the `next` of the page above. */
export function readRides(before?: string): Promise<{ rides: Ride[]; next: string | null }> {
  return get(`/api/rides${before ? `?before=${encodeURIComponent(before)}` : ''}`)
}

/** The ride that goes on, if one does. */
export async function readCurrent(): Promise<Ride | null> {
  return (await get<{ ride: Ride | null }>('/api/rides/current')).ride
}

/** Unlocks a vehicle. Sent again it is the same ride. */
export const unlock = (code: string) => post<Ride>('/api/rides', { code })
export const pause = (id: string, on: boolean) => post<Ride>(`/api/rides/${encodeURIComponent(id)}/pause`, { on })

/** Ends a ride: one that waits, or with a picture one whose lock does not shut. */
export function end(id: string, photo?: string): Promise<Ride> {
  return post(`/api/rides/${encodeURIComponent(id)}/end`, photo ? { photo } : {})
}

/** What is to be paid for a ride; a payment whose time was over is asked for again. */
export async function paymentOf(id: string): Promise<string> {
  return (await post<{ payment: string }>(`/api/rides/${encodeURIComponent(id)}/pay`, {})).payment
}

export const readChoice = (id: string) => get<CouponChoice>(`/api/rides/${encodeURIComponent(id)}/coupons`)

/** Says which coupon pays for a ride; null: none. */
export const chooseCoupon = (id: string, coupon: string | null) =>
  post<Ride>(`/api/rides/${encodeURIComponent(id)}/coupon`, { coupon })

/** Buys a card. The key makes a repeated send one purchase. */
export const buyCard = (card: string, key: string, coupon?: string) =>
  post<RideCard>('/api/ride-cards', { card, coupon }, { 'Idempotency-Key': key })

/** The page of a ride. */
export function pageOfRide(id: string): string {
  return `/pages/ride/ride?id=${encodeURIComponent(id)}`
}

async function get<T>(path: string): Promise<T> {
  return (await withSession((headers) => send({ method: 'GET', path, headers }))).body as T
}

async function post<T>(path: string, body: object, more: Record<string, string> = {}): Promise<T> {
  return (await withSession((headers) => send({ method: 'POST', path, body, headers: { ...headers, ...more } })))
    .body as T
}
