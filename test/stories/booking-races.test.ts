import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assetByCode, recordAssetEvent } from '../../server/domain/assets/assets.ts'
import { Booking } from '../../server/domain/bookings/booking.ts'
import { bookingById, endBooking, holdBooking, startBooking } from '../../server/domain/bookings/bookings.ts'
import { cancelBooking } from '../../server/domain/bookings/call-off.ts'
import { extendBooking } from '../../server/domain/bookings/extend.ts'
import { rescueBookings } from '../../server/domain/bookings/rescue.ts'
import { sweepBookings } from '../../server/domain/bookings/sweep.ts'
import { signIn } from '../../server/domain/customers/sign-in.ts'
import { auditMoney } from '../../server/domain/payments/audit.ts'
import { DAY, HOUR, MINUTE } from '../../server/lib/clock.ts'
import { AppError } from '../../server/lib/errors.ts'
import { Dice } from '../dice.ts'
import type { Story } from '../harness.ts'
import { race, SHARED } from '../racers.ts'
import { addCars, openRental, wrongTimes } from '../rental.ts'
import { afterEach, beforeEach, test } from '../suite.ts'
import type { Till } from '../till.ts'

const CARS = 5
const BOOKINGS = 500
const PROCESSES = 4
const TUESDAY_10 = Date.parse('2026-11-24T10:00:00+08:00')

let story: Story
let till: Till
beforeEach(async () => {
  const opened = await openRental([['corolla', 'hongqiao', CARS]], { prepare: neverClosed })
  story = opened.story
  till = opened.till
})
afterEach(() => story.close())

/** Chance does not know opening hours. */
async function neverClosed({ templates }: Story): Promise<void> {
  const file = join(templates, 'packs/car-rental/rental.yaml')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace(`'08:00-21:00'`, `'00:00-24:00'`))
}

/** So many customers, who can be told something. */
const people = (count: number) =>
  story.db.write(async (tx) => {
    const ids: string[] = []
    for (let n = 0; n < count; n++) ids.push((await signIn(tx, { openid: `o-race-${n}` })).id)
    return ids
  })
const wish = (from = TUESDAY_10, until = from + DAY) => {
  return { store: 'hongqiao', model: 'corolla', from, until, insurances: [], extras: {} }
}

/** Two bookings of one car at one time, found without any of the house's own statements. */
const overlaps = async () => {
  const rows = await story.db.read((tx) =>
    tx.query<{ assetId: string; fromAt: number; untilAt: number; state: string }>(
      'SELECT assetId, fromAt, untilAt, state FROM bookings ORDER BY assetId, fromAt, id',
    ),
  )
  const live = rows.filter(({ state }) => ['held', 'confirmed', 'running'].includes(state))
  return live.filter((one, i) => {
    const next = live[i + 1]
    return next && next.assetId === one.assetId && Number(next.fromAt) < Number(one.untilAt)
  })
}
const numbers = async () => {
  const [row] = await story.db.read((tx) =>
    tx.query<{ n: number; cars: number }>(
      `SELECT COUNT(*) AS n, COUNT(DISTINCT assetId) AS cars FROM bookings WHERE state = 'held'`,
    ),
  )
  return [Number(row?.n), Number(row?.cars)]
}
const outcomes = async (work: Promise<unknown>[]): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected' && !(result.reason instanceof AppError)) throw result.reason
    const name = result.status === 'fulfilled' ? 'done' : result.reason.why
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

test(`of ${BOOKINGS} bookings at once, exactly ${CARS} get one of ${CARS} cars`, async () => {
  const all = Array.from({ length: BOOKINGS }, (_, n) =>
    story.db.write((tx) => holdBooking(tx, `customer-${n}`, wish(), 'race')),
  )
  assert.deepEqual(await outcomes(all), { done: CARS, booking_none: BOOKINGS - CARS })
  assert.deepEqual(await numbers(), [CARS, CARS])
  assert.deepEqual(await wrongTimes(story), [])
})

test('one wish that is sent many times at once is one booking', async () => {
  const same = Array.from({ length: 40 }, () => story.db.write((tx) => holdBooking(tx, 'customer-1', wish(), 'tap')))
  assert.deepEqual(await outcomes(same), { done: 40 })
  assert.deepEqual(await numbers(), [1, 1])
  const [row] = await story.db.read((tx) => tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM payments'))
  assert.equal(Number(row?.n), 1, 'and is asked for once')
})

const MODELS = ['corolla', 'lavida', 'qin', 'crv']
/** Cars of several models, so that nobody waits for another's piece of time. */
const manyModels = async (count = CARS) => {
  for (const model of MODELS) await addCars(story.db, { model, store: 'hongqiao', count, prefix: 'M' })
}
const heldBy = async (customerId: string) => {
  const [row] = await story.db.read((tx) =>
    tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM bookings WHERE state = 'held' AND customerId = ?`, [customerId]),
  )
  return Number(row?.n)
}

test('nobody keeps more cars without paying than the terms say, however many they ask for at once', async () => {
  await manyModels()
  for (let round = 0; round < 8; round++) {
    const [one = ''] = await story.db.write(async (tx) => [(await signIn(tx, { openid: `o-greedy-${round}` })).id])
    const wishes = MODELS.map((model) =>
      story.db.write((tx) => holdBooking(tx, one, { ...wish(), model }, `greedy-${model}`)),
    )
    assert.deepEqual(await outcomes(wishes), { done: 2, booking_holds: MODELS.length - 2 })
    assert.equal(await heldBy(one), 2)
    story.clock.advance(15 * MINUTE)
    await sweepBookings(story.db)
    assert.equal(await heldBy(one), 0)
  }
  assert.deepEqual(await wrongTimes(story), [])
})

test('a payment and the end of its hold at once: confirmed, or given back', async () => {
  const customers = await people(CARS)
  const ids = await Promise.all(customers.map((id) => story.db.write((tx) => holdBooking(tx, id, wish(), 'pay'))))
  story.clock.advance(15 * MINUTE)
  await Promise.all([...ids.map(({ id }) => till.pay(id)), sweepBookings(story.db), sweepBookings(story.db)])
  for (const { id } of ids) {
    const { state } = await story.db.read((tx) => bookingById(tx, id))
    assert.equal((await till.balance(id)) > 0, state === 'confirmed', state)
  }
  assert.deepEqual(await wrongTimes(story), [])
})

test('a payment and its customer who calls off at once: the car is free, and all of the money goes back', async () => {
  const customers = await people(CARS)
  // So early that nothing is kept.
  const far = TUESDAY_10 + 10 * DAY
  const ids = await Promise.all(customers.map((id) => story.db.write((tx) => holdBooking(tx, id, wish(far), 'off'))))
  const callOff = async ({ id, customerId }: Booking, late: boolean) => {
    // As long as the payment takes to begin: of some the one comes first, of some the other.
    if (late) await till.payments(id)
    const by = { type: 'customer' as const, id: customerId }
    await story.db.write(async (tx) => cancelBooking(tx, await bookingById(tx, id), by))
  }
  await Promise.all(ids.flatMap((one, i) => [till.pay(one.id), callOff(one, i % 2 === 0)]))
  for (const { id } of ids) {
    assert.equal((await story.db.read((tx) => bookingById(tx, id))).state, 'cancelled')
    assert.equal(await till.balance(id), 0)
  }
  assert.deepEqual(await wrongTimes(story), [])
  assert.deepEqual(await auditMoney(story.db, true), [])
})

test('random bookings of a simulated hour never overlap', async () => {
  const plates = await addCars(story.db, { model: 'corolla', store: 'hongqiao', count: 7, prefix: 'B' })
  const dice = new Dice(20261124)
  const known: string[] = []
  const out = new Set<string>()
  const customers = await people(960)

  const one = async (): Promise<unknown> => {
    const roll = dice.next()
    const id = known.length > 0 ? dice.pick(known) : undefined
    if (!id || roll < 0.45) {
      const from = story.clock.now() + HOUR + dice.below(8) * 12 * HOUR
      const at = Math.ceil(from / (30 * MINUTE)) * 30 * MINUTE
      const length = (4 + dice.below(40)) * HOUR
      const who = customers.pop() ?? ''
      const booking = await story.db.write((tx) => holdBooking(tx, who, wish(at, at + length), 'x'))
      return known.push(booking.id)
    }
    if (roll < 0.6) return till.pay(id)
    if (roll > 0.97) return flip(dice.pick(plates))
    return story.db.write(async (tx) => {
      const booking = await bookingById(tx, id)
      if (roll < 0.75) return cancelBooking(tx, booking, { type: 'customer', id: booking.customerId })
      if (roll < 0.85) return startBooking(tx, booking)
      if (roll < 0.9) return endBooking(tx, booking)
      return extendBooking(tx, booking, booking.untilAt + (1 + dice.below(10)) * HOUR)
    })
  }
  const flip = (code: string) =>
    story.db.write(async (tx) => {
      const asset = await assetByCode(tx, code)
      if (!asset) return
      const type = out.has(code) ? 'maintenance_end' : 'maintenance_start'
      if (!out.delete(code)) out.add(code)
      const at = Math.max(tx.now, asset.stateAt + 1)
      await recordAssetEvent(tx, asset, { id: `${code}:${at}`, types: [type], occurredAt: at, doneBy: 'test' })
    })

  const counts: Record<string, number> = {}
  for (let minute = 0; minute < 60; minute++) {
    const work = Array.from({ length: 16 }, one)
    for (const [name, count] of Object.entries(
      await outcomes([...work, sweepBookings(story.db), rescueBookings(story.db)]),
    ))
      counts[name] = (counts[name] ?? 0) + count
    assert.deepEqual(await overlaps(), [], `minute ${minute}`)
    story.clock.advance(MINUTE)
  }
  assert.deepEqual(await wrongTimes(story), [])
  const states = await story.db.read((tx) => tx.find(Booking, ''))
  assert.ok(states.length > 100, `${states.length} ${JSON.stringify(counts)}`)
  assert.ok(new Set(states.map(({ state }) => state)).size >= 5, JSON.stringify(counts))
})

test(`${PROCESSES} processes book no more cars than there are`, { skip: SHARED }, async () => {
  const share = BOOKINGS / PROCESSES
  const laps = Array.from({ length: PROCESSES }, (_, n) => {
    const customers = Array.from({ length: share }, (_, i) => `customer-${n * share + i}`)
    return { job: 'book', args: { customers } }
  })
  const got = await race<number>(story, 'service-desk,car-rental', laps)
  assert.equal(
    got.reduce((sum, one) => sum + one, 0),
    CARS,
    `${got}`,
  )
  assert.deepEqual(await numbers(), [CARS, CARS])
  assert.deepEqual(await wrongTimes(story), [])
})

test(`${PROCESSES} processes let nobody keep more cars than the terms say`, { skip: SHARED }, async () => {
  const GREEDY = 40
  await manyModels(GREEDY)
  const greedy = await people(GREEDY)
  // Each process asks for one model for all of them, in the same order.
  const laps = MODELS.map((model) => ({ job: 'book', args: { customers: greedy, model } }))
  await race<number>(story, 'service-desk,car-rental', laps)
  const kept = await Promise.all(greedy.map(heldBy))
  assert.deepEqual(kept, Array(GREEDY).fill(2))
})
