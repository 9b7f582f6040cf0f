import assert from 'node:assert/strict'
import { bookingById } from '../../server/domain/bookings/bookings.ts'
import { expireBooking } from '../../server/domain/bookings/call-off.ts'
import { balances } from '../../server/domain/ledger/ledger.ts'
import { auditMoney } from '../../server/domain/payments/audit.ts'
import { DAY } from '../../server/lib/clock.ts'
import type { PaySheet, WechatpayStandIn } from '../../server/sandbox/wechatpay.ts'
import { type Customer, openStory, type Story } from '../harness.ts'
import { addCars, wrongTimes } from '../rental.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const WEDNESDAY_10 = Date.parse('2026-11-25T10:00:00+08:00')

interface Look {
  id: string
  state: string
  paid: number
  price: { total: number }
  payments: { id: string; purpose: string; amount: number; state: string }[]
}

let story: Story
let pay: WechatpayStandIn
beforeEach(async () => {
  story = await openStory({ env: { PACKS: 'service-desk,car-rental' } })
  await story.settle()
  await story.db.write(async (tx) => {
    for (const table of ['asset_spans', 'booking_cars']) await tx.run(`DELETE FROM ${table}`)
  })
  await addCars(story.db, { model: 'corolla', store: 'hongqiao', count: 1 })
  for (const who of [story.wang, story.li]) await who.signIn()
  const { wechatpay } = story.sandbox
  if (!wechatpay) throw new Error('this house has no till')
  pay = wechatpay
})
afterEach(async () => {
  assert.deepEqual(await wrongTimes(story), [])
  assert.deepEqual(await auditMoney(story.db, true), [])
  await story.close()
})

const book = async (who: Customer) => {
  const wish = { store: 'hongqiao', model: 'corolla', from: WEDNESDAY_10, until: WEDNESDAY_10 + DAY }
  const { status, body } = await who.call<{ booking: Look }>('POST', '/api/bookings', wish)
  assert.equal(status, 201, JSON.stringify(body))
  return body.booking
}
/** What the phone is given to pay the newest payment of a booking with. */
const sheet = async (who: Customer, booking: Look) => {
  const { body } = await who.call<PaySheet>('POST', `/api/payments/${booking.payments.at(-1)?.id}/prepay`, {})
  return body
}
const pays = async (who: Customer, booking: Look) => pay.pay(who.user.openid, await sheet(who, booking))
const look = async (who: Customer, { id }: { id: string }) =>
  (await who.call<{ booking: Look }>('GET', `/api/bookings/${id}`)).body.booking
const state = async ({ id }: { id: string }) => (await story.db.read((tx) => bookingById(tx, id))).state
const books = async () => {
  const all = await story.db.read(balances)
  return Object.fromEntries(Object.entries(all).filter(([, amount]) => amount !== 0))
}

test('paid on the phone, the booking is confirmed; called off in time, all of it comes back', async () => {
  const booking = await book(story.wang)
  await pays(story.wang, booking)
  assert.equal(await state(booking), 'confirmed')
  assert.deepEqual(await books(), { 'cash:wechatpay': 20_800, 'customers:owed': -20_800 })
  await story.wang.call('POST', `/api/bookings/${booking.id}/cancel`)
  await story.later('10 min')
  assert.equal((await look(story.wang, booking)).paid, 0)
  assert.deepEqual(await books(), {})
})

test('called off late, what is kept is earned', async () => {
  const booking = await book(story.wang)
  await pays(story.wang, booking)
  await story.later('30 h')
  await story.wang.call('POST', `/api/bookings/${booking.id}/cancel`)
  await story.later('10 min')
  assert.deepEqual(await books(), { 'cash:wechatpay': 6_240 - 125, 'fees:wechatpay': 125, 'revenue:fee': -6_240 })
})

test('nobody comes: nothing comes back, and the money is earned', async () => {
  const booking = await book(story.wang)
  await pays(story.wang, booking)
  await story.later('51 h')
  assert.equal(await state(booking), 'no_show')
  assert.deepEqual(await books(), { 'cash:wechatpay': 20_800 - 125, 'fees:wechatpay': 125, 'revenue:fee': -20_800 })
})

test('the hold ends while the payment is on its way, and the car is gone: the money returns by itself', async () => {
  const booking = await book(story.wang)
  const slip = await sheet(story.wang, booking)
  pay.faults.notifyNever = true
  await pay.pay(story.wang.user.openid, slip)
  // Nobody has told us: whoever comes next gets the car.
  await story.db.write(async (tx) => expireBooking(tx, await bookingById(tx, booking.id)))
  pay.faults.notifyNever = false
  const theirs = await book(story.li)
  await pays(story.li, theirs)
  await story.later('20 min')
  assert.equal(await state(theirs), 'confirmed')
  assert.equal(await state(booking), 'expired')
  assert.deepEqual(await books(), { 'cash:wechatpay': 20_800, 'customers:owed': -20_800 })
})

test('a hold that ends unpaid closes its payment: nothing can be paid any more', async () => {
  const booking = await book(story.wang)
  const slip = await sheet(story.wang, booking)
  await story.later('20 min')
  assert.equal(await state(booking), 'expired')
  await assert.rejects(pay.pay(story.wang.user.openid, slip))
  assert.deepEqual(await books(), {})
})

test('an extension is paid by itself', async () => {
  const booking = await book(story.wang)
  await pays(story.wang, booking)
  const until = WEDNESDAY_10 + 2 * DAY
  const { body } = await story.wang.call<{ booking: Look }>('POST', `/api/bookings/${booking.id}/extend`, { until })
  assert.equal(body.booking.payments.at(-1)?.purpose, 'extension')
  await pays(story.wang, body.booking)
  assert.equal((await look(story.wang, booking)).paid, body.booking.price.total)
})
