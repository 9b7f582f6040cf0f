import { registerAssets } from '../server/domain/assets/assets.ts'
import { paymentsOf } from '../server/domain/payments/payments.ts'
import type { PaySheet } from '../server/sandbox/wechatpay.ts'
import { type Customer, type HouseOptions, openStory, type Story } from './harness.ts'

/** Where bikes stand in these stories (GCJ-02): no zone says anything of it. */
export const STREET = { lat: 31.225, lng: 121.475 }
/** In the park, where none may be left. */
export const PARK = { lat: 31.232, lng: 121.472 }

/** A ride as its rider sees it. */
export interface RideSeen {
  id: string
  number: string
  code: string
  state: string
  stateText: string
  pausedAt: number | null
  minutes: number
  meters: number
  zone?: string | null
  zoneResult?: string
  parts: { kind: string; amount: number; text: string }[]
  amount: number
  refunded: number
  why?: string
  payment?: string
  ticket?: string
  appeal?: { form: string; answers: Record<string, unknown> }
}

/** A city with bikes: two people, and a bike for each test that asks for one. */
export async function openRides(options: HouseOptions = {}): Promise<Story> {
  return openStory({ ...options, env: { PACKS: 'service-desk,bike-share', ...options.env } })
}

/** Sets a bike down in the street. */
export async function setDown(story: Story, code: string, place = STREET): Promise<void> {
  await story.db.write((tx) => registerAssets(tx, [{ code, kind: 'bike', place }]))
}

export function locksOf(story: Story) {
  const { locks } = story.sandbox
  if (!locks) throw new Error('this story runs without locks')
  return locks
}

/** Scans and unlocks; the answer, and then the lock's own. */
export async function unlock(story: Story, rider: Customer, code: string, more: Record<string, unknown> = {}) {
  const answer = await rider.call<RideSeen & { error?: { message: string } }>('POST', '/api/rides', { code, ...more })
  await locksOf(story).settled()
  return answer
}

export async function seen(rider: Customer, id: string): Promise<RideSeen> {
  return (await rider.call<RideSeen>('GET', `/api/rides/${id}`)).body
}

export async function current(rider: Customer): Promise<RideSeen | null> {
  return (await rider.call<{ ride: RideSeen | null }>('GET', '/api/rides/current')).body.ride
}

/** Rides a bike for so long and shuts it there. */
export async function ride(
  story: Story,
  rider: Customer,
  code: string,
  span: string,
  { place = STREET, meters = 1500, ...more }: { place?: typeof STREET; meters?: number; coupon?: string } = {},
): Promise<RideSeen> {
  const { status, body } = await unlock(story, rider, code, more)
  if (status !== 201) throw new Error(`unlock: ${status} ${JSON.stringify(body)}`)
  await story.later(span)
  await locksOf(story).close(code, { place, meters })
  await story.settle()
  return seen(rider, body.id)
}

/** 王晓梅 pays on her phone what was asked for something; returns how much. */
export async function pays(story: Story, subject: { type: string; id: string }): Promise<number> {
  const asked = await story.db.read((tx) => paymentsOf(tx, subject))
  const payment = asked.find(({ state }) => state === 'open')
  const { wechatpay } = story.sandbox
  if (!payment || !wechatpay) throw new Error('nothing is to be paid')
  const sheet = await story.wang.call<PaySheet>('POST', `/api/payments/${payment.id}/prepay`, {})
  if (sheet.status !== 200) throw new Error(`prepay: ${sheet.status} ${JSON.stringify(sheet.body)}`)
  await wechatpay.pay(story.wang.user.openid, sheet.body)
  return payment.amount
}
