import assert from 'node:assert/strict'
import { type PriceWish, priceOf } from '../../server/domain/bookings/prices.ts'
import { overtimePrice, ratesOf, refundShare } from '../../server/domain/bookings/rates.ts'
import { rentalSchema } from '../../server/domain/bookings/terms.ts'
import { DAY, HOUR, MINUTE } from '../../server/lib/clock.ts'
import { describe, test } from '../suite.ts'

const at = (text: string) => Date.parse(`${text}:00+08:00`)
const store = (title: string) => ({
  ...{ title, address: title, phone: '1', place: { lat: 31.2, lng: 121.4 } },
  hours: { zone: 'Asia/Shanghai', week: { mon: ['00:00-24:00'] } },
  delivery: { within_km: 20, free_km: 3, fee: 3000, per_km: 400 },
})
const terms = rentalSchema.parse({
  ...{ rental: 'car', title: '租车', refund_reason: '退款' },
  stores: { a: store('甲'), b: store('乙'), c: store('丙') },
  models: {
    small: {
      ...{ title: '小', class: 'economy', class_title: '经济', seats: 5, energy: 'petrol', tank: 50, overtime: 3000 },
      price: { day: 10_000, weekend: 12_000, holiday: 20_000, hour: 2_000 },
      km: { per_day: 300, extra: 80 },
      deposit: { car: 1, violation: 1 },
    },
    plain: {
      ...{ title: '平', class: 'economy', class_title: '经济', seats: 5, energy: 'petrol', tank: 50, overtime: 3000 },
      price: { day: 10_000, hour: 2_000 },
      deposit: { car: 1, violation: 1 },
    },
  },
  cancel: [
    { before: '24 h', refund: '100 %' },
    { before: '4 h', refund: '70 %' },
    { before: '0 min', refund: '30.5 %' },
  ],
  overtime: { grace: '30 min', late: { after: '4 h', fee: 5_000 } },
  long: [
    { days: 7, off: '5 %' },
    { days: 30, off: '20 %' },
  ],
  tiers: { gold: '5 %', odd: '3.3 %' },
  insurances: {
    basic: { title: '基本', per_day: 4_000, required: true },
    full: { title: '全险', per_day: 5_000, most: 12_000 },
  },
  extras: { seat: { title: '座椅', per_day: 2_000, most: 2 }, mount: { title: '支架', once: 1_000 } },
  one_way: { fee: 12_000, pairs: [{ between: ['a', 'b'], fee: 6_000 }] },
  shots: [{ shot: 'front', title: '车头' }],
})
const wish = (from: string, until: string, more: Partial<PriceWish> = {}): PriceWish => ({
  ...{ store: 'a', returnStore: 'a', model: 'small', from: at(from), until: at(until), insurances: [], extras: {} },
  ...more,
})
const partsOf = (given: PriceWish) => priceOf(terms, given).parts.map(({ kind, amount }) => `${kind} ${amount}`)
/** The parts without the insurance that everybody pays. */
const rentOf = (given: PriceWish) =>
  partsOf(given).filter((part) => !part.startsWith('insurance 4') && !part.startsWith('insurance 8'))

describe('days', () => {
  test('each 24 hours cost what their first day costs', () => {
    // Tuesday to Friday, Friday to Monday.
    assert.deepEqual(rentOf(wish('2026-11-24T10:00', '2026-11-27T10:00')).slice(0, 1), ['days 30000'])
    const weekend = priceOf(terms, wish('2026-11-27T10:00', '2026-11-30T10:00'))
    assert.deepEqual(
      weekend.parts.slice(0, 2).map(({ about, amount }) => [about.rate, about.days, amount]),
      [
        ['day', 1, 10_000],
        ['weekend', 2, 24_000],
      ],
    )
  })

  test('a public holiday counts before a weekend, a worked weekend as any day', () => {
    const rates = ratesOf(terms, 'small')
    const rate = (day: string) => rates(at(`${day}T12:00`)).rate
    // The National Day of 2026, and the Saturday that is worked for it.
    assert.deepEqual([rate('2026-10-01'), rate('2026-10-03'), rate('2026-10-10')], ['holiday', 'holiday', 'day'])
    assert.deepEqual([rate('2026-11-28'), rate('2026-11-24')], ['weekend', 'day'])
  })

  test('a model with one price has it on every day', () => {
    const price = priceOf(terms, wish('2026-09-30T10:00', '2026-10-04T10:00', { model: 'plain' }))
    assert.deepEqual(price.parts[0], { kind: 'days', amount: 40_000, about: { rate: 'day', days: 4, each: 10_000 } })
  })

  test('the day of the zone decides, not that of UTC', () => {
    // 7:30 on Saturday in Shanghai is Friday in UTC.
    assert.equal(ratesOf(terms, 'small')(at('2026-11-28T07:30')).rate, 'weekend')
  })
})

describe('hours', () => {
  test('what is left over costs by the hour, but no more than the day', () => {
    assert.deepEqual(rentOf(wish('2026-11-24T10:00', '2026-11-25T13:00')), ['days 10000', 'hours 6000'])
    assert.deepEqual(rentOf(wish('2026-11-24T10:00', '2026-11-25T13:30')), ['days 10000', 'hours 8000'])
    assert.deepEqual(rentOf(wish('2026-11-24T10:00', '2026-11-25T15:00')), ['days 20000'])
    assert.deepEqual(rentOf(wish('2026-11-24T10:00', '2026-11-25T23:00')), ['days 20000'])
  })

  test('less than a day costs its hours, up to the day', () => {
    assert.deepEqual(rentOf(wish('2026-11-24T10:00', '2026-11-24T14:00')), ['hours 8000'])
    assert.deepEqual(rentOf(wish('2026-11-24T10:00', '2026-11-24T20:00')), ['days 10000'])
    assert.deepEqual(rentOf(wish('2026-11-28T10:00', '2026-11-28T15:00')), ['hours 10000'])
  })

  test('a day that was only begun counts for insurance, extras and kilometres', () => {
    const price = priceOf(terms, wish('2026-11-24T10:00', '2026-11-25T11:00', { extras: { seat: 2, mount: 1 } }))
    assert.deepEqual([price.days, price.hours, price.km], [2, 25, 600])
    assert.deepEqual(
      price.parts.map(({ kind, amount }) => `${kind} ${amount}`),
      ['days 10000', 'hours 2000', 'insurance 8000', 'extra 8000', 'extra 1000'],
    )
    assert.equal(price.total, 29_000)
    assert.equal(priceOf(terms, wish('2026-11-24T10:00', '2026-11-25T10:00', { model: 'plain' })).km, null)
  })
})

describe('what is taken off', () => {
  test('a long rental, then the tier of what is left, rounded in favour of the house', () => {
    const parts = rentOf(wish('2026-11-02T10:00', '2026-11-12T10:00', { tier: 'gold' }))
    // Eight days and a weekend: 104,000.
    assert.deepEqual(parts.slice(0, 4), ['days 80000', 'days 24000', 'long -5200', 'tier -4940'])
    const month = priceOf(terms, wish('2026-11-02T10:00', '2026-12-02T10:00'))
    assert.equal(month.parts.find(({ kind }) => kind === 'long')?.amount, -Math.floor(month.rent * 0.2))
    assert.equal(priceOf(terms, wish('2026-11-24T10:00', '2026-11-25T11:00', { tier: 'odd' })).reduced, 12_000 - 396)
    assert.equal(priceOf(terms, wish('2026-11-24T10:00', '2026-11-25T10:00', { tier: 'unknown' })).reduced, 10_000)
    assert.equal(priceOf(terms, wish('2026-11-24T10:00', '2026-11-25T10:00', { tier: 'constructor' })).reduced, 10_000)
  })

  test('a coupon takes off the reduced rent and never more than it', () => {
    const seen: number[] = []
    const coupon = (amount: number) => {
      seen.push(amount)
      return 50_000
    }
    const price = priceOf(terms, wish('2026-11-24T10:00', '2026-11-25T10:00', { tier: 'gold', coupon }))
    assert.deepEqual([seen, price.reduced, price.total], [[9_500], 9_500, 4_000])
    assert.deepEqual(rentOf(wish('2026-11-24T10:00', '2026-11-25T10:00', { coupon: () => 0 })), ['days 10000'])
  })
})

describe('what is paid besides', () => {
  test('insurances: what is required by itself, others as wished, up to their most', () => {
    assert.deepEqual(partsOf(wish('2026-11-24T10:00', '2026-11-25T10:00')).slice(1), ['insurance 4000'])
    const full = partsOf(wish('2026-11-23T10:00', '2026-11-27T10:00', { insurances: ['full'] }))
    assert.deepEqual(full.slice(1), ['insurance 16000', 'insurance 12000'])
  })

  test('to the door: a fee, and each begun kilometre beyond what is free', () => {
    const fee = (deliverMetres: number) =>
      partsOf(wish('2026-11-24T10:00', '2026-11-25T10:00', { deliverMetres })).at(-1)
    assert.deepEqual(
      [fee(0), fee(3_000), fee(3_001), fee(7_400)],
      ['deliver 3000', 'deliver 3000', 'deliver 3400', 'deliver 5000'],
    )
    const both = partsOf(wish('2026-11-24T10:00', '2026-11-25T10:00', { deliverMetres: 0, collectMetres: 4_000 }))
    assert.deepEqual(both.slice(-2), ['deliver 3000', 'collect 3400'])
  })

  test('one way: the pair, in either direction, or what all others cost', () => {
    const fee = (from: string, to: string) =>
      partsOf(wish('2026-11-24T10:00', '2026-11-25T10:00', { store: from, returnStore: to })).at(-1)
    assert.deepEqual([fee('a', 'b'), fee('b', 'a'), fee('a', 'c')], ['one_way 6000', 'one_way 6000', 'one_way 12000'])
    assert.equal(fee('a', 'a'), 'insurance 4000')
  })

  test('every price is the sum of its parts, and none is less than nothing', () => {
    for (let hours = 4; hours < 24 * 40; hours += 7) {
      const from = at('2026-09-25T10:00') + hours * 10 * MINUTE
      const price = priceOf(terms, {
        ...{ store: 'a', returnStore: 'b', model: 'small', from, until: from + hours * HOUR },
        ...{ insurances: ['full'], extras: { seat: 1 }, tier: 'gold', coupon: (amount) => amount * 2 },
      })
      assert.equal(
        price.total,
        price.parts.reduce((sum, { amount }) => sum + amount, 0),
      )
      assert.ok(price.total >= 0 && Number.isInteger(price.total))
      assert.equal(price.reduced + (price.parts.find(({ kind }) => kind === 'coupon')?.amount ?? 0), 0)
    }
  })

  test('a longer rental never costs less for the car itself', () => {
    const from = at('2026-09-28T10:00')
    let before = 0
    for (let hours = 4; hours < 24 * 20; hours++) {
      const { rent } = priceOf(
        terms,
        wish('2026-09-28T10:00', '2026-09-29T10:00', { from, until: from + hours * HOUR }),
      )
      assert.ok(rent >= before, `${hours} h: ${rent} after ${before}`)
      before = rent
    }
  })
})

describe('later, and not at all', () => {
  test('overtime: nothing within the grace, by the hour, at most the day, a fee when very late', () => {
    const end = at('2026-11-25T10:00')
    const late = (ms: number) => overtimePrice(terms, 'small', end, end + ms)
    assert.deepEqual([late(0), late(30 * MINUTE), late(31 * MINUTE), late(90 * MINUTE)], [0, 0, 3_000, 3_000])
    assert.deepEqual(
      [late(2 * HOUR), late(4 * HOUR), late(4.5 * HOUR), late(20 * HOUR)],
      [6_000, 10_000, 15_000, 15_000],
    )
    assert.equal(late(DAY + 2 * HOUR), 10_000 + 6_000 + 5_000)
  })

  test('what comes back depends on the time that is left', () => {
    const from = at('2026-11-25T10:00')
    const share = (hours: number) => refundShare(terms, from, from - hours * HOUR)
    assert.deepEqual(
      [share(48), share(24), share(23.9), share(4), share(3), share(0), share(-1)],
      [1000, 1000, 700, 700, 305, 305, 0],
    )
  })
})
