import assert from 'node:assert/strict'
import { type PricePlan, priceOf, type Segment, timesOf } from '../../server/domain/rides/price.ts'
import { MINUTE } from '../../server/lib/clock.ts'
import { Dice } from '../dice.ts'
import { test } from '../suite.ts'

const NOTHING: PricePlan = { base: 0, perMin: [], perKm: [] }
const minutes = (plan: Partial<PricePlan>, n: number, before = 0) =>
  priceOf({ ...NOTHING, ...plan }, { ms: n * MINUTE, meters: 0 }, before).total
const km = (plan: Partial<PricePlan>, n: number) => priceOf({ ...NOTHING, ...plan }, { ms: 0, meters: n * 1000 }).total

test('the example of the GBFS specification: nothing more for 10 km, then 1 a km, from 25 km 0.50 and 3 more every 5 km', () => {
  const perKm: Segment[] = [
    { start: 10, end: 25, interval: 1, rate: 100 },
    { start: 25, interval: 1, rate: 50 },
    { start: 25, interval: 5, rate: 300 },
  ]
  const plan = { base: 200, perKm }
  assert.deepEqual(
    [5, 10, 10.1, 11, 24.5, 25, 25.5, 30.5].map((n) => km(plan, n)),
    [200, 200, 300, 300, 1700, 1700, 2050, 2600],
  )
})

test('what is charged once, what is given back, what ends', () => {
  assert.equal(minutes({ perMin: [{ start: 0, interval: 0, rate: 150 }] }, 90), 150)
  assert.equal(minutes({ base: 100, perMin: [{ start: 60, interval: 0, rate: -30 }] }, 60), 100)
  assert.equal(minutes({ base: 100, perMin: [{ start: 60, interval: 0, rate: -30 }] }, 61), 70)
  assert.equal(minutes({ base: 100, perMin: [{ start: 0, interval: 1, rate: -30 }] }, 10), 0, 'never below nothing')
  assert.equal(minutes({ perMin: [{ start: 0, end: 10, interval: 2, rate: 1 }] }, 100), 5)
})

test('a cap holds for each span that a ride has begun, and for what was charged before within it', () => {
  const plan = {
    base: 150,
    perMin: [{ start: 30, interval: 15, rate: 100 }],
    cap: { amount: 2000, perMs: 24 * 60 * MINUTE },
  }
  assert.equal(minutes(plan, 30), 150)
  assert.equal(minutes(plan, 31), 250)
  assert.equal(minutes(plan, 45), 250)
  assert.equal(minutes(plan, 46), 350)
  assert.equal(minutes(plan, 12 * 60), 2000)
  assert.equal(minutes(plan, 24 * 60 + 1), 4000)
  assert.equal(minutes(plan, 60, 1900), 100)
  assert.equal(minutes(plan, 60, 2500), 0)
})

test('whatever a plan says: the parts come to the whole, as if somebody had stood by with a watch', () => {
  const dice = new Dice(42)
  for (let round = 0; round < 3000; round++) {
    const plan = randomPlan(dice)
    const length = { ms: dice.below(200) * MINUTE + dice.below(2) * 1, meters: dice.below(20_000) }
    const priced = priceOf(plan, length)
    assert.equal(priced.base + priced.time + priced.way - priced.over, priced.total)
    assert.ok(priced.total >= 0)
    const { time, way } = watched(plan, length)
    assert.deepEqual([priced.time, priced.way], [time, way], JSON.stringify({ plan, length }))
    if (plan.cap) assert.ok(priced.total <= plan.cap.amount * Math.max(1, Math.ceil(length.ms / plan.cap.perMs)))
  }
})

test('where nothing is given back, a longer ride never costs less', () => {
  const dice = new Dice(7)
  for (let round = 0; round < 500; round++) {
    const plan = randomPlan(dice, 0)
    let before = 0
    for (let n = 0; n < 120; n += 1 + dice.below(7)) {
      const { total } = priceOf(plan, { ms: n * MINUTE, meters: n * 200 })
      assert.ok(total >= before, JSON.stringify({ plan, n }))
      before = total
    }
  }
})

function randomPlan(dice: Dice, least = -50): PricePlan {
  const segments = () =>
    Array.from({ length: dice.below(4) }, (): Segment => {
      const start = dice.below(60)
      const end = dice.chance(0.5) ? { end: start + 1 + dice.below(60) } : {}
      return { start, ...end, interval: dice.below(20), rate: least + dice.below(200) }
    })
  const cap = dice.chance(0.5) ? { cap: { amount: dice.below(2000), perMs: (1 + dice.below(90)) * MINUTE } } : {}
  return { base: dice.below(300), perMin: segments(), perKm: segments(), ...cap }
}

/** Charges by walking through every instant at which something is charged. */
function watched({ perMin, perKm }: PricePlan, { ms, meters }: { ms: number; meters: number }) {
  const charge = (segments: Segment[], amount: number, unit: number) => {
    let sum = 0
    for (const { start, end = Number.POSITIVE_INFINITY, interval, rate } of segments) {
      for (let at = start; at * unit < amount && at < end; at += interval) {
        sum += rate
        if (interval === 0) break
      }
    }
    return sum
  }
  return { time: charge(perMin, ms, MINUTE), way: charge(perKm, meters, 1000) }
}

test('a segment begins when more than its start has gone by', () => {
  assert.deepEqual(
    [0, 29, 30, 31, 45, 46].map((n) => timesOf({ start: 30, interval: 15, rate: 1 }, n, 1)),
    [0, 0, 0, 1, 1, 2],
  )
})
