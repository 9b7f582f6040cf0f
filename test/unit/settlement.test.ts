import assert from 'node:assert/strict'
import { type SettlementInput, settle, type Tariff } from '../../server/domain/rentals/settlement.ts'
import { HOUR, MINUTE } from '../../server/lib/clock.ts'
import { Dice } from '../dice.ts'
import { test } from '../suite.ts'

const TARIFF: Tariff = {
  day: 20_000,
  overtime: { perHour: 3_000, graceMs: 30 * MINUTE, late: { afterMs: 4 * HOUR, fee: 10_000 } },
  extraKm: 100,
  tank: 50,
  fuel: { each: 800, service: 3_000, energy: 'petrol' },
  damages: [
    { name: 'scratch', title: '划痕', price: 30_000 },
    { name: 'wheel', title: '轮毂划伤', price: 20_000 },
  ],
  violation: { handling: 5_000, perPoint: 15_000 },
}
const GOOD: SettlementInput = {
  untilAt: 1_000 * HOUR,
  returnedAt: 1_000 * HOUR,
  km: 600,
  odometer: { out: 10_000, back: 10_500 },
  fuel: { out: 100, back: 100 },
  tariff: TARIFF,
  damages: [],
  others: [],
  deposit: { left: 300_000, use: true },
}
const after = (beyond: number, more: Partial<SettlementInput> = {}) =>
  settle({ ...GOOD, returnedAt: GOOD.untilAt + beyond, ...more })
const told = ({ lines }: { lines: { kind: string; amount: number }[] }) =>
  Object.fromEntries(lines.map(({ kind, amount }) => [kind, amount]))

test('a car that comes back as it went costs nothing more, and the whole deposit goes back', () => {
  assert.deepEqual(settle(GOOD), { lines: [], total: 0, fromDeposit: 0, due: 0, rest: 300_000 })
})

test('hours beyond the end', () => {
  for (const [beyond, expected] of [
    [-5 * HOUR, {}],
    [30 * MINUTE, {}],
    [31 * MINUTE, { overtime: 3_000 }],
    [HOUR, { overtime: 3_000 }],
    [HOUR + 1, { overtime: 6_000 }],
    [4 * HOUR, { overtime: 12_000 }],
    [5 * HOUR, { overtime: 15_000, late: 10_000 }],
    [7 * HOUR, { overtime: 20_000, late: 10_000 }],
    [24 * HOUR, { overtime: 20_000, late: 10_000 }],
    [25 * HOUR, { overtime: 23_000, late: 10_000 }],
    [49 * HOUR, { overtime: 43_000, late: 10_000 }],
  ] as const)
    assert.deepEqual(told(after(beyond)), expected, `${beyond / HOUR} h`)
  const { late: _, ...overtime } = TARIFF.overtime
  assert.deepEqual(told(after(9 * HOUR, { tariff: { ...TARIFF, overtime } })), { overtime: 20_000 })
})

test('kilometres beyond those that are free', () => {
  for (const [back, km, expected] of [
    [10_600, 600, {}],
    [10_601, 600, { mileage: 100 }],
    [10_600.4, 600, { mileage: 100 }],
    [11_000, 600, { mileage: 40_000 }],
    [11_000, null, {}],
    [9_000, 600, {}],
  ] as const)
    assert.deepEqual(told(settle({ ...GOOD, km, odometer: { out: 10_000, back } })), expected)
})

test('what is missing in the tank', () => {
  for (const [out, back, expected] of [
    [100, 90, { fuel: 5 * 800 + 3_000 }],
    [100, 99, { fuel: 800 + 3_000 }],
    [50, 75, {}],
    [75, 75, {}],
    [60, 0, { fuel: 30 * 800 + 3_000 }],
  ] as const)
    assert.deepEqual(told(settle({ ...GOOD, fuel: { out, back } })), expected)
  const { fuel: _, ...free } = TARIFF
  assert.deepEqual(told(settle({ ...GOOD, fuel: { out: 100, back: 0 }, tariff: free })), {})
})

test('damages by the price list, and an insurance that bears what is above the excess', () => {
  const damages = [
    { name: 'scratch', count: 2 },
    { name: 'wheel', count: 1 },
    { name: 'gone_from_the_list', count: 1 },
  ]
  const bill = settle({ ...GOOD, damages, others: [{ title: '座椅烫洞', amount: 5_000 }] })
  assert.equal(bill.total, 85_000)
  assert.deepEqual(
    bill.lines.map(({ about }) => about.title),
    ['划痕', '轮毂划伤', '座椅烫洞'],
  )
  assert.equal(settle({ ...GOOD, damages, excess: 50_000 }).total, 50_000)
  assert.equal(settle({ ...GOOD, damages, excess: 0 }).total, 0)
  assert.equal(settle({ ...GOOD, damages, excess: 100_000 }).total, 80_000)
  const late = settle({ ...GOOD, damages, excess: 50_000, returnedAt: GOOD.untilAt + HOUR })
  assert.equal(late.total, 53_000, 'an insurance bears nothing but damages')
})

test('an extension that nobody has paid stands on the bill', () => {
  const bill = settle({ ...GOOD, unpaid: 16_800 })
  assert.deepEqual([told(bill), bill.fromDeposit], [{ unpaid: 16_800 }, 16_800])
})

test('violations: fines, handling, points', () => {
  const bill = settle({ ...GOOD, violations: { fines: 20_000, count: 1, points: 3 } })
  assert.deepEqual(told(bill), { fine: 20_000, handling: 5_000, points: 45_000 })
  assert.deepEqual(told(settle({ ...GOOD, violations: { fines: 0, count: 0, points: 0 } })), {})
})

test('the deposit gives what it has; what it lacks is due; where it is not to be touched all is due', () => {
  const wrecked = { ...GOOD, others: [{ title: '水箱', amount: 500_000 }] }
  assert.deepEqual(
    { ...settle(wrecked), lines: [] },
    { lines: [], total: 500_000, fromDeposit: 300_000, due: 200_000, rest: 0 },
  )
  const waived = settle({ ...wrecked, deposit: { left: 0, use: true } })
  assert.deepEqual([waived.fromDeposit, waived.due, waived.rest], [0, 500_000, 0])
  const whole = settle({ ...wrecked, deposit: { left: 300_000, use: false } })
  assert.deepEqual([whole.fromDeposit, whole.due, whole.rest], [0, 500_000, 300_000])
})

test('an appeal takes off what it was granted, never more than was charged', () => {
  const bill = after(5 * HOUR, { credit: 10_000 })
  assert.equal(bill.total, 15_000)
  assert.equal(bill.lines.at(-1)?.kind, 'credit')
  assert.equal(after(5 * HOUR, { credit: 99_000 }).total, 0)
  assert.equal(after(0, { credit: 99_000 }).lines.length, 0)
})

test('whatever happens: lines sum up, nothing is negative, deposit and due make the total', () => {
  const dice = new Dice(7)
  for (let round = 0; round < 20_000; round++) {
    const bill = settle({
      untilAt: 0,
      returnedAt: (dice.below(200) - 40) * 20 * MINUTE,
      km: dice.chance(0.3) ? null : dice.below(2_000),
      odometer: { out: dice.below(1_000), back: dice.below(3_000) },
      fuel: { out: dice.below(101), back: dice.below(101) },
      tariff: TARIFF,
      damages: [{ name: dice.pick(['scratch', 'wheel', 'none']), count: dice.below(4) }],
      others: [{ title: 'x', amount: dice.below(90_000) }],
      violations: dice.chance(0.5)
        ? { fines: dice.below(50_000), count: dice.below(3), points: dice.below(7) }
        : undefined,
      excess: dice.chance(0.5) ? dice.below(60_000) : undefined,
      credit: dice.chance(0.3) ? dice.below(90_000) : undefined,
      deposit: { left: dice.below(400_000), use: dice.chance(0.8) },
    })
    assert.equal(
      bill.lines.reduce((sum, { amount }) => sum + amount, 0),
      bill.total,
    )
    assert.equal(bill.fromDeposit + bill.due, bill.total)
    for (const amount of [bill.total, bill.fromDeposit, bill.due, bill.rest]) assert.ok(amount >= 0)
    for (const { amount } of bill.lines) assert.ok(Number.isSafeInteger(amount) && amount !== 0)
  }
})
