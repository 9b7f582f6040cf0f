import assert from 'node:assert/strict'
import { assetByCode, recordAssetEvent } from '../../server/domain/assets/assets.ts'
import type { EventType } from '../../server/domain/assets/states.ts'
import { auditBookings } from '../../server/domain/bookings/audit.ts'
import { Booking } from '../../server/domain/bookings/booking.ts'
import { bookingById, endBooking, startBooking } from '../../server/domain/bookings/bookings.ts'
import { bookingHolding } from '../../server/domain/bookings/holding.ts'
import { moveBooking } from '../../server/domain/bookings/move.ts'
import { rescueBookings } from '../../server/domain/bookings/rescue.ts'
import { forgetPast } from '../../server/domain/bookings/sweep.ts'
import { Customer as CustomerRow } from '../../server/domain/customers/customer.ts'
import { operatorKey } from '../../server/domain/customers/operator.ts'
import { Coupon } from '../../server/domain/loyalty/coupon.ts'
import { grantCoupon } from '../../server/domain/loyalty/coupons.ts'
import { Event } from '../../server/engines/events/event.ts'
import { DAY, HOUR, MINUTE } from '../../server/lib/clock.ts'
import type { Customer, Story } from '../harness.ts'
import { HONGQIAO, openRental, wrongTimes } from '../rental.ts'
import { afterEach, beforeEach, describe, test } from '../suite.ts'
import type { Till } from '../till.ts'

/** 2026-11-24, a Tuesday. */
const TUESDAY_10 = Date.parse('2026-11-24T10:00:00+08:00')

interface Look {
  id: string
  number: string
  state: string
  stateText: string
  plate: string | null
  until: number
  holdUntil: number | null
  refund: number | null
  paid: number
  price: { total: number; parts: { kind: string; title: string; amount: number }[] }
  payments: { id: string; purpose: string; amount: number; state: string }[]
}
interface Refusal {
  error: { field?: string; message: string }
}

let story: Story
let till: Till
beforeEach(async () => {
  const opened = await openRental([
    ['corolla', 'hongqiao', 2],
    ['gl8', 'people_square', 1],
  ])
  story = opened.story
  till = opened.till
  await story.wang.signIn()
  await story.li.signIn()
})
afterEach(async () => {
  assert.deepEqual(await wrongTimes(story), [])
  await story.close()
})

const wish = (more: Record<string, unknown> = {}) => ({
  ...{ store: 'hongqiao', model: 'corolla', from: TUESDAY_10, until: TUESDAY_10 + DAY },
  ...more,
})
const book = async (who: Customer, more: Record<string, unknown> = {}, key?: string) => {
  const headers: Record<string, string> = key ? { 'Idempotency-Key': key } : {}
  const { status, body } = await who.call<{ booking: Look } & Refusal>('POST', '/api/bookings', wish(more), headers)
  return { status, booking: body.booking, error: body.error }
}
/** Books and pays. */
const booked = async (who: Customer, more: Record<string, unknown> = {}) => {
  const { booking, error } = await book(who, more)
  assert.equal(error, undefined)
  assert.equal(await till.pay(booking.id), 'kept')
  await story.settle()
  return booking
}
const look = async (who: Customer, { id }: { id: string }) =>
  (await who.call<{ booking: Look }>('GET', `/api/bookings/${id}`)).body.booking
const row = ({ id }: { id: string }) => story.db.read((tx) => bookingById(tx, id))
const count = async (from = TUESDAY_10, until = TUESDAY_10 + DAY, store = 'hongqiao', more = '') => {
  const path = `/api/rental/availability?store=${store}&from=${from}&until=${until}${more}`
  const { body } = await story.wang.call<{ models: { model: string; count: number; total: number }[] }>('GET', path)
  return Object.fromEntries(body.models.map((one) => [one.model, one.count]))
}
const told = async ({ id }: { id: string }) => {
  const events = await story.db.read((tx) => tx.find(Event, 'WHERE subjectId = ? ORDER BY id', [id]))
  // What follows from it elsewhere is told by other stories.
  return events.map(({ name }) => name).filter((name) => /^(booking|rental)\./.test(name))
}
const start = (booking: { id: string }) =>
  story.db.write(async (tx) => startBooking(tx, await bookingById(tx, booking.id)))
const end = (booking: { id: string }, store?: string) =>
  story.db.write(async (tx) => endBooking(tx, await bookingById(tx, booking.id), { store }))
const happens = (code: string, type: EventType) =>
  story.db.write(async (tx) => {
    const asset = await assetByCode(tx, code)
    if (!asset) throw new Error(`no ${code}`)
    const at = Math.max(tx.now, asset.stateAt + 1)
    await recordAssetEvent(tx, asset, { id: `${code}:${type}:${at}`, types: [type], occurredAt: at, doneBy: 'test' })
  })

describe('looking', () => {
  test('who is not signed in sees stores, models, what is free and what it costs', async () => {
    const url = story.running.url
    const shop = (await (await fetch(`${url}/api/rental`)).json()) as {
      stores: { store: string; title: string }[]
      models: { model: string }[]
    }
    assert.deepEqual(
      shop.stores.map(({ store }) => store),
      ['hongqiao', 'people_square', 'pudong_airport'],
    )
    assert.equal(shop.models.length, 6)
    const free = await count()
    assert.deepEqual([free.corolla, free.gl8], [2, 0])
    assert.equal((await count(TUESDAY_10, TUESDAY_10 + DAY, 'people_square')).gl8, 1)
    const priced = await fetch(`${url}/api/rental/price`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(
        wish({
          until: TUESDAY_10 + 4 * DAY + 3 * HOUR,
          insurances: ['full'],
          extras: { child_seat: 1 },
          deliver: door(5),
        }),
      ),
    })
    const { price } = (await priced.json()) as { price: Look['price'] }
    assert.deepEqual(
      price.parts.map(({ title, amount }) => `${title} ${amount}`),
      [
        '平日租金 3 天（每天 ￥168.00） 50400',
        '周末租金 1 天（每天 ￥198.00） 19800',
        '租金 3 小时（每小时 ￥28.00） 8400',
        '基本保障 5 天 20000',
        '尊享保障 5 天 25000',
        '儿童安全座椅 10000',
        '送车上门（5 公里） 3800',
      ],
    )
    assert.equal(price.total, 137_400)
  })

  test('what cannot be is refused with the reason', async () => {
    const why = async (more: Record<string, unknown>) => {
      const { status, error } = await book(story.wang, more)
      return `${status} ${error.field ?? ''} ${error.message}`
    }
    assert.equal(await why({ from: TUESDAY_10 + MINUTE }), '422 from 时间请选整点或半点。')
    assert.equal(await why({ from: TUESDAY_10 - DAY }), '422 from 请至少提前 1 小时预订。')
    assert.equal(await why({ until: TUESDAY_10 + HOUR }), '422 until 至少租 4 小时。')
    assert.equal(await why({ until: TUESDAY_10 + 70 * DAY }), '422 until 最多租 60 天，更长请联系门店。')
    assert.equal(await why({ from: TUESDAY_10 - 3 * HOUR }), '422 from 虹桥火车站店这个时间不营业，请换一个时间。')
    assert.equal(await why({ store: 'nowhere' }), '404  没有这家门店。')
    assert.equal(await why({ extras: { child_seat: 3 } }), '422 extras 「儿童安全座椅」最多选 2 份。')
    assert.equal(await why({ deliver: door(25) }), '422 deliver 送取车只限门店 20 公里以内，请换一个地址或到店办理。')
    assert.equal(await why({ model: 'gl8' }), '409  这个时间段的车已经订满，请换时间、车型或门店。')
    assert.equal((await story.wang.call('POST', '/api/bookings', { ...wish(), price: 1 })).status, 422)
    assert.equal((await fetch(`${story.running.url}/api/bookings`)).status, 401)
  })
})

describe('holding', () => {
  test('a car is held, paid and confirmed; the customer is told', async () => {
    const { status, booking } = await book(story.wang, {}, 'one')
    assert.deepEqual([status, booking.state, booking.plate], [201, 'held', null])
    assert.equal(booking.holdUntil, story.clock.now() + 15 * MINUTE)
    assert.deepEqual(
      booking.payments.map(({ purpose, amount, state }) => [purpose, amount, state]),
      [['rental', 20_800, 'open']],
    )
    assert.equal((await book(story.wang, {}, 'one')).booking.id, booking.id)
    assert.equal((await count()).corolla, 1)
    assert.equal(await till.pay(booking.id), 'kept')
    await story.settle()
    const now = await look(story.wang, booking)
    assert.deepEqual([now.state, now.stateText, now.paid, now.refund], ['confirmed', '已预订', 20_800, 20_800])
    assert.match(now.plate ?? '', /^ACORHO/)
    assert.match(story.wang.inbox().join(), /卡罗拉已预订/)
    assert.deepEqual(await told(booking), ['booking.held', 'booking.confirmed', 'rental.booked'])
    const { body } = await story.wang.call<{ bookings: { id: string }[] }>('GET', '/api/bookings')
    assert.deepEqual(
      body.bookings.map(({ id }) => id),
      [booking.id],
    )
    assert.equal((await story.li.call('GET', `/api/bookings/${booking.id}`)).status, 404)
  })

  test('who does not pay in time lets go of the car, and two unpaid ones are enough', async () => {
    const { booking } = await book(story.wang)
    await book(story.wang)
    assert.equal((await book(story.wang)).error.message, '您有 2 张订单还没有支付，请先支付或取消。')
    assert.equal((await count()).corolla, 0)
    await story.later('16 min')
    await story.settle()
    assert.equal((await row(booking)).state, 'expired')
    assert.equal((await count()).corolla, 2)
    assert.equal((await till.payments(booking.id))[0]?.state, 'closed')
    assert.match(story.wang.inbox().join(), /超时未支付/)
    assert.deepEqual(await told(booking), ['booking.held', 'booking.expired'])
  })

  test('money that comes after the hold has ended takes the car again, or goes back when it is gone', async () => {
    const one = (await book(story.wang)).booking
    const two = (await book(story.wang)).booking
    await story.later('20 min')
    await booked(story.li)
    assert.equal(await till.pay(one.id), 'kept')
    assert.equal(await till.pay(two.id), 'returned')
    assert.deepEqual([(await row(one)).state, (await row(two)).state], ['confirmed', 'expired'])
    assert.deepEqual([await till.balance(one.id), await till.balance(two.id)], [20_800, 0])
    assert.equal((await count()).corolla, 0)
  })

  test('a coupon and the tier take their part off, and the coupon goes and comes with the hold', async () => {
    const { customer } = (await story.wang.call<{ customer: { id: string } }>('GET', '/api/me')).body
    const coupon = await story.db.write(async (tx) => {
      await tx.update(CustomerRow, customer.id, { tier: 'gold' })
      const by = { type: 'system' as const }
      return grantCoupon(tx, { customerId: customer.id, template: 'birthday', key: 'gift', by })
    })
    const stateOf = async () => (await story.db.read((tx) => tx.get(Coupon, coupon.id)))?.state
    const { status, body } = await story.wang.call<{ price: Look['price'] }>(
      'POST',
      '/api/rental/price',
      wish({ coupon: coupon.id }),
    )
    // 168 yuan less 5 % are 159.60, and a fifth of that is 31.92.
    const parts = ['days 16800', 'tier -840', 'coupon -3192', 'insurance 4000']
    assert.deepEqual([status, body.price.parts.map(({ kind, amount }) => `${kind} ${amount}`)], [200, parts])
    assert.equal(await stateOf(), 'active')
    const { booking } = await book(story.wang, { coupon: coupon.id })
    assert.deepEqual([booking.price.total, await stateOf()], [16_768, 'used'])
    assert.equal((await book(story.wang, { coupon: coupon.id })).error.message, '这张券已经用过了。')
    assert.equal((await book(story.li, { coupon: coupon.id })).error.message, '没有这张优惠券。')
    await story.later('20 min')
    assert.equal(await stateOf(), 'active')
    assert.equal(await till.pay(booking.id), 'kept')
    assert.equal(await stateOf(), 'used')
    await story.wang.call('POST', `/api/bookings/${booking.id}/cancel`)
    assert.equal(await stateOf(), 'active')
  })

  test('between two bookings a car has the time that it needs', async () => {
    for (const who of [story.wang, story.li]) await booked(who, { until: TUESDAY_10 + 4 * HOUR })
    assert.equal((await count(TUESDAY_10 + 4 * HOUR, TUESDAY_10 + 8 * HOUR)).corolla, 0)
    assert.equal((await count(TUESDAY_10 + 5 * HOUR, TUESDAY_10 + 9 * HOUR)).corolla, 2)
    // What is booked next goes where it leaves the least.
    const { booking } = await book(story.wang, { from: TUESDAY_10 + 5 * HOUR, until: TUESDAY_10 + 9 * HOUR })
    assert.equal(booking.state, 'held')
  })
})

describe('calling off', () => {
  test('what comes back depends on how early it is', async () => {
    const early = await booked(story.wang, { from: TUESDAY_10 + DAY, until: TUESDAY_10 + 2 * DAY })
    const first = await story.wang.call<{ booking: Look }>('POST', `/api/bookings/${early.id}/cancel`)
    assert.deepEqual([first.status, first.body.booking.state, await till.balance(early.id)], [200, 'cancelled', 0])
    assert.equal((await story.wang.call('POST', `/api/bookings/${early.id}/cancel`)).status, 200)
    assert.equal((await till.payments(early.id)).filter(({ refunded }) => refunded > 0).length, 1)
    const late = await booked(story.wang)
    await story.later('12 h')
    await story.wang.call('POST', `/api/bookings/${late.id}/cancel`)
    assert.equal(await till.balance(late.id), 6_240)
    const last = await booked(story.wang, { from: TUESDAY_10 + 2 * HOUR, until: TUESDAY_10 + DAY })
    await story.later('11 h')
    await story.wang.call('POST', `/api/bookings/${last.id}/cancel`)
    assert.equal(await till.balance(last.id), 14_560)
    assert.equal((await count(TUESDAY_10 + 2 * DAY, TUESDAY_10 + 3 * DAY)).corolla, 2)
    assert.equal(await till.kept(), 6_240 + 14_560)
    await story.settle()
    assert.match(story.wang.inbox().join(), /租车订单已取消/)
  })

  test('who does not come is reminded, and then the car is free', async () => {
    const booking = await booked(story.wang)
    await story.later('21 h')
    assert.equal(story.wang.inbox().filter((one) => one.includes('请带身份证')).length, 1)
    await story.later('5 h')
    assert.equal((await row(booking)).state, 'no_show')
    assert.equal(await till.balance(booking.id), booking.price.total)
    assert.deepEqual((await told(booking)).slice(-1), ['booking.no_show'])
    assert.equal((await count(TUESDAY_10 + 4 * HOUR, TUESDAY_10 + DAY)).corolla, 2)
  })
})

describe('with the car', () => {
  test('a rental runs, is extended, is reminded and comes back; what it did not need is free', async () => {
    const booking = await booked(story.wang)
    await story.later('24 h')
    await start(booking)
    await story.settle()
    const car = await look(story.wang, booking)
    assert.equal((await story.db.read((tx) => assetByCode(tx, car.plate ?? '')))?.state, 'on_trip')
    const until = TUESDAY_10 + 2 * DAY
    const path = `/api/bookings/${booking.id}/extend`
    const trial = await story.wang.call<{ more: number }>('POST', path, { until, try: true })
    assert.deepEqual([trial.body.more, (await row(booking)).untilAt], [20_800, TUESDAY_10 + DAY])
    const longer = await story.wang.call<{ more: number; booking: Look }>('POST', path, { until })
    assert.deepEqual([longer.body.more, longer.body.booking.price.total], [20_800, 41_600])
    assert.equal(await till.pay(booking.id, 'extension'), 'kept')
    await story.later('46 h')
    assert.equal(story.wang.inbox().filter((one) => one.includes('在订单里续租')).length, 1)
    await story.later('1 h')
    await end(booking)
    assert.equal((await row(booking)).state, 'returned')
    assert.equal((await count(until, until + DAY)).corolla, 2)
    const returned = (await story.db.read((tx) => tx.find(Event, `WHERE name = 'rental.returned'`)))[0]
    assert.deepEqual([returned?.data.class, returned?.data.seats, returned?.data.days], ['economy', 5, 2])
  })

  test('who has the car keeps it: who comes next gets another one, or the end is told that can be had', async () => {
    const mine = await booked(story.wang)
    await story.later('24 h')
    await start(mine)
    const next = { from: TUESDAY_10 + DAY + 2 * HOUR, until: TUESDAY_10 + 2 * DAY }
    const theirs = await booked(story.li, next)
    const plates = async () => [(await row(mine)).assetId, (await row(theirs)).assetId]
    // Best fit would put them one behind the other on the same car; where many book at once chance decides.
    await story.db.write(async (tx) => {
      const [a, b] = [await bookingById(tx, mine.id), await bookingById(tx, theirs.id)]
      if (a.assetId !== b.assetId) await moveBooking(tx, b)
    })
    const path = `/api/bookings/${mine.id}/extend`
    const longer = await story.wang.call<Refusal>('POST', path, { until: TUESDAY_10 + DAY + 4 * HOUR })
    assert.equal(longer.status, 200)
    const [a, b] = await plates()
    assert.notEqual(a, b)
    const third = await booked(story.li, { from: TUESDAY_10 + DAY + 6 * HOUR, until: TUESDAY_10 + 2 * DAY })
    assert.equal((await row(third)).assetId, a)
    const refused = await story.wang.call<Refusal>('POST', path, { until: TUESDAY_10 + DAY + 8 * HOUR })
    assert.equal(refused.status, 409)
    assert.match(refused.body.error.message, /最晚可以续到 .*15:00/)
  })

  test('given back elsewhere, the car is free there, and who was to get it gets another one', async () => {
    const mine = await booked(story.wang)
    const theirs = await booked(story.li, { from: TUESDAY_10 + 2 * DAY, until: TUESDAY_10 + 3 * DAY })
    await story.later('24 h')
    await start(mine)
    const { assetId } = await row(mine)
    await end(mine, 'pudong_airport')
    await story.later('25 h')
    assert.notEqual((await row(theirs)).assetId, assetId)
    assert.equal((await count(TUESDAY_10 + 30 * HOUR, TUESDAY_10 + 2 * DAY, 'pudong_airport')).corolla, 1)
  })

  test('a car that is booked one way stands at the other store from then on', async () => {
    const until = TUESDAY_10 + DAY
    const { booking } = await book(story.wang, { returnStore: 'people_square' })
    assert.equal(booking.price.parts.find(({ kind }) => kind === 'one_way')?.amount, 6_000)
    assert.equal((await count(until + 2 * HOUR, until + DAY)).corolla, 1)
    assert.equal((await count(until + 2 * HOUR, until + DAY, 'people_square')).corolla, 1)
    await story.wang.call('POST', `/api/bookings/${booking.id}/cancel`)
    assert.equal((await count(until + 2 * HOUR, until + DAY)).corolla, 2)
  })
})

describe('out of service', () => {
  test('a car that is taken out is not offered, its bookings get another one, and without one the store is told', async () => {
    const one = await booked(story.wang)
    const two = await booked(story.li, { from: TUESDAY_10 + 3 * DAY, until: TUESDAY_10 + 4 * DAY })
    const plate = (await look(story.wang, one)).plate ?? ''
    await happens(plate, 'maintenance_start')
    assert.equal((await count(TUESDAY_10 + 5 * DAY, TUESDAY_10 + 6 * DAY)).corolla, 1)
    await story.later('1 min')
    assert.notEqual((await look(story.wang, one)).plate, plate)
    assert.match(story.wang.inbox().join(), /为您换了一辆同款车/)
    const other = (await look(story.wang, one)).plate ?? ''
    await happens(other, 'maintenance_start')
    await rescueBookings(story.db)
    await rescueBookings(story.db)
    assert.equal((await told(one)).filter((name) => name === 'booking.stranded').length, 1)
    await story.settle()
    assert.match(story.he.read(), /订单缺车，请安排/)
    assert.equal((await row(two)).strandedAt, null)
    await happens(plate, 'maintenance_end')
    await story.later('15 min')
    assert.equal((await look(story.wang, one)).plate, plate)
    await happens(other, 'maintenance_end')
    assert.equal((await count(TUESDAY_10 + 5 * DAY, TUESDAY_10 + 6 * DAY)).corolla, 2)
  })
})

describe('work on a car', () => {
  const operates = async (path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${operatorKey()}`, 'content-type': 'application/json' }
    const url = `${story.running.url}/api/operator/rental/${path}`
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    return {
      status: answer.status,
      body: (await answer.json()) as { block: string; enrolled: number; unknown: string[] },
    }
  }

  test('is planned where nobody has booked it, and takes its time away until it is over', async () => {
    const block = { code: 'ACORHO0', from: TUESDAY_10, until: TUESDAY_10 + DAY, reason: '保养' }
    const { status, body } = await operates('blocks', block)
    assert.deepEqual([status, (await count()).corolla], [201, 1])
    const other = await booked(story.wang)
    const { plate } = await look(story.wang, other)
    assert.equal((await operates('blocks', { ...block, code: plate })).status, 409)
    assert.equal((await operates('blocks', block)).status, 409)
    assert.equal((await operates(`blocks/${body.block}/end`, {})).status, 200)
    assert.equal((await operates(`blocks/${body.block}/end`, {})).status, 404)
    assert.equal((await count()).corolla, 1)
  })

  test('cars are entered once, by whoever has the key', async () => {
    const cars = [
      { code: 'ACORHO0', model: 'corolla', store: 'hongqiao' },
      { code: 'NOBODY1', model: 'corolla', store: 'hongqiao' },
    ]
    const { body } = await operates('cars', { cars })
    assert.deepEqual(body, { enrolled: 0, unknown: ['NOBODY1'] })
    assert.equal((await operates('cars', { cars: [{ ...cars[0], model: 'tank' }] })).status, 422)
    assert.equal((await story.wang.call('POST', '/api/operator/rental/cars', { cars })).status, 401)
  })
})

describe('who leaves', () => {
  test('a booking that is open keeps its customer from leaving; what stays of one that is over is nobody’s', async () => {
    const booking = await booked(story.wang, { deliver: door(2) })
    const refused = await story.wang.call<Refusal>('GET', '/api/me/erase')
    assert.match(JSON.stringify(refused.body), /租车订单 R\w+-\w+ 还没有结束/)
    await story.wang.call('POST', `/api/bookings/${booking.id}/cancel`)
    await story.settle()
    const holding = { customerId: (await row(booking)).customerId, alias: '01KALIAS000000000000000000' }
    const told = await story.db.read((tx) => bookingHolding.tell?.(tx, holding.customerId, '') ?? Promise.reject())
    assert.deepEqual(
      told.rows.map(({ number, doors }) => [number, (doors as { deliver: { address: string } }).deliver.address]),
      [[booking.number, '上海市长宁区某路 1 号']],
    )
    await story.db.write((tx) => bookingHolding.erase(tx, holding))
    const left = await row(booking)
    assert.deepEqual([left.customerId, left.doors, left.price.total], [holding.alias, null, booking.price.total])
  })
})

describe('the calendar', () => {
  test('tells how many cars are free on each day', async () => {
    await booked(story.wang, { from: TUESDAY_10 + 2 * DAY, until: TUESDAY_10 + 4 * DAY })
    const { body } = await story.wang.call<{ firstDay: string; free: Record<string, number[]> }>(
      'GET',
      '/api/rental/calendar?store=hongqiao&model=corolla&days=10',
    )
    assert.equal(body.firstDay, '2026-11-23')
    // The first day has begun already when the cars come into the books.
    assert.deepEqual(body.free.corolla, [0, 2, 2, 1, 1, 1, 2, 2, 2, 2])
  })

  test('free time that is over is put away, and the time lines stay whole', async () => {
    const booking = await booked(story.wang)
    await story.later('3 d')
    assert.equal(await forgetPast(story.db), 1)
    assert.equal(await forgetPast(story.db), 0)
    assert.equal((await row(booking)).state, 'no_show')
    assert.deepEqual(await auditBookings(story.db), [])
    const rows = await story.db.read((tx) => tx.find(Booking, ''))
    assert.equal(rows.length, 1)
  })
})

/** A door so many kilometres north of the store. */
function door(km: number) {
  return { lat: HONGQIAO.lat + km / 111.195, lng: HONGQIAO.lng, address: '上海市长宁区某路 1 号' }
}
