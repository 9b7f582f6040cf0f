import { act, askOpen, queryOf, readOpen, readOwn } from './doors.ts'
import type { Week } from './wall-clock.ts'

/** Amounts everywhere are in fen, instants ms UTC. */
export interface Store {
  store: string
  title: string
  address: string
  phone: string
  place: { lat: number; lng: number }
  week: Week
  delivery: { within_km: number; free_km: number; fee: number; per_km: number; needs?: string } | null
}

export interface Model {
  model: string
  title: string
  class: string
  classTitle: string
  seats: number
  gearbox?: string
  energy: 'petrol' | 'diesel' | 'hybrid' | 'electric'
  picture?: string
  km: { per_day: number; extra: number } | null
  deposit: { car: number; violation: number }
}

export interface Insurance {
  insurance: string
  title: string
  text?: string
  per_day: number
  most?: number
  required?: boolean
  excess?: number
}

export interface Extra {
  extra: string
  title: string
  per_day?: number
  once?: number
  most: number
}

/** What is rented, where, and on which terms. */
export interface Rental {
  title: string
  stores: Store[]
  models: Model[]
  insurances: Insurance[]
  extras: Extra[]
  cancel: { beforeMs: number; percent: number }[]
  oneWay: boolean
  times: { step: number; lead: number; horizon: number; least: number; most: number; holdFor: number }
}

/** When a car is wanted, and where. */
export interface Times {
  store: string
  returnStore?: string
  from: number
  until: number
}

export interface Door {
  lat: number
  lng: number
  address: string
}

/** Everything that is wished for. */
export interface Wish extends Times {
  model: string
  insurances: string[]
  extras: Record<string, number>
  deliver?: Door
  collect?: Door
  coupon?: string
}

export interface Offer {
  model: string
  /** How many can be had. */
  count: number
  total: number
  days: number
}

export interface Price {
  parts: { kind: string; title: string; amount: number }[]
  total: number
  days: number
  hours: number
  km: number | null
}

export type BookingState =
  | 'held'
  | 'confirmed'
  | 'running'
  | 'returned'
  | 'settled'
  | 'closed'
  | 'cancelled'
  | 'expired'
  | 'no_show'

export interface BookingLine {
  id: string
  number: string
  state: BookingState
  stateText: string
  model: string
  store: string
  from: number
  until: number
  holdUntil: number | null
  total: number
}

export interface Booking {
  id: string
  number: string
  state: BookingState
  stateText: string
  store: Store
  returnStore: Store
  model: Model
  plate: string | null
  from: number
  until: number
  holdUntil: number | null
  startedAt: number | null
  returnedAt: number | null
  doors: { deliver?: Door; collect?: Door } | null
  price: Price
  paid: number
  payments: { id: string; purpose: string; amount: number; state: 'open' | 'paid' | 'closed'; payBy: number }[]
  /** What comes back to who cancels now; null: it cannot be cancelled any more. */
  refund: number | null
  extendable: boolean
}

export const readRental = () => readOpen<Rental>('/api/rental')
export const readBooking = async (id: string) => (await readOwn<{ booking: Booking }>(pathOf(id))).booking

/** What can be had between two instants. */
export async function readOffers({ store, returnStore, from, until }: Times): Promise<Offer[]> {
  const path = `/api/rental/availability${queryOf({ store, returnStore, from, until })}`
  return (await readOpen<{ models: Offer[] }>(path)).models
}

/** How many cars are free all day, by day (YYYY-MM-DD), at a store. */
export async function readFreeDays(store: string, days: number): Promise<Map<string, number>> {
  const path = `/api/rental/calendar${queryOf({ store, days })}`
  const { firstDay, free } = await readOpen<{ firstDay: string; free: Record<string, number[]> }>(path)
  const first = Date.parse(firstDay)
  const sum = (nth: number) => Object.values(free).reduce((all, counts) => all + (counts[nth] ?? 0), 0)
  return new Map(Array.from({ length: days }, (_, nth) => [dayAfter(first, nth), sum(nth)]))
}

/** What a wish costs. */
export const askPrice = (wish: Wish) => askOpen<{ price: Price; deposit: Model['deposit'] }>('/api/rental/price', wish)

/** Has a car held until it is paid for. The key makes a repeated send one booking. */
export async function book(wish: Wish, key: string): Promise<Booking> {
  return (await act<{ booking: Booking }>('/api/bookings', wish, key)).booking
}

/** The customer's bookings, newest first; `before` is the `next` of the page above. */
export function readBookings(before?: string): Promise<{ bookings: BookingLine[]; next: string | null }> {
  return readOwn(`/api/bookings${queryOf({ before })}`)
}

export async function cancelBooking(id: string): Promise<Booking> {
  return (await act<{ booking: Booking }>(`${pathOf(id)}/cancel`, {})).booking
}

/** Lets a booking end later; `trying` only asks what it would cost more. */
export function extendBooking(id: string, until: number, trying = false): Promise<{ more: number; price: Price }> {
  return act(`${pathOf(id)}/extend`, { until, try: trying })
}

/** The page of a booking. */
export function pageOfBooking(id: string): string {
  return `/pages/booking/booking${queryOf({ id })}`
}

/** The page on which a car of a model is booked. */
export function pageOfCar({ store, returnStore, from, until }: Times, model: string): string {
  return `/pages/car/car${queryOf({ store, returnStore, from, until, model })}`
}

function dayAfter(first: number, days: number): string {
  return new Date(first + days * 86_400_000).toISOString().slice(0, 10)
}

function pathOf(id: string): string {
  return `/api/bookings/${encodeURIComponent(id)}`
}
