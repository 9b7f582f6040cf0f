import assert from 'node:assert/strict'
import { auditBookings } from '../../server/domain/bookings/audit.ts'
import { bookingById, holdBooking } from '../../server/domain/bookings/bookings.ts'
import { signIn } from '../../server/domain/customers/sign-in.ts'
import { auditMoney } from '../../server/domain/payments/audit.ts'
import { paymentsOf } from '../../server/domain/payments/payments.ts'
import { prepay } from '../../server/domain/payments/prepay.ts'
import { RideCard } from '../../server/domain/rides/card.ts'
import { buyCard } from '../../server/domain/rides/cards.ts'
import { hearCommand } from '../../server/domain/rides/commands.ts'
import { Ride } from '../../server/domain/rides/ride.ts'
import { commandsOf, pauseRide, rideById, startRide } from '../../server/domain/rides/rides.ts'
import { auditSteps } from '../../server/engines/flows/audit-steps.ts'
import { DAY, HOUR } from '../../server/lib/clock.ts'
import type { Wechatpay } from '../../server/platforms/wechatpay.ts'
import { openStory, type Story } from '../harness.ts'
import { race, SHARED } from '../racers.ts'
import { addCars } from '../rental.ts'
import { locksOf, setDown } from '../rides.ts'
import { idOf } from '../rules.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const PACKS = 'service-desk,bike-share,car-rental'
const PROCESSES = 4
const RIDERS = 40
/** Of each kind of thing whose time comes. */
const EACH = 8
const TUESDAY_10 = Date.parse('2026-11-24T10:00:00+08:00')

let story: Story
let riders: string[]
beforeEach(async () => {
  story = await openStory({
    env: { PACKS },
    prepare: (opening) => {
      opening.hire('wuqian', '吴倩', { position: '门店顾问', departments: [1] })
    },
  })
  await story.settle()
  await story.db.write(async (tx) => {
    for (const table of ['asset_spans', 'booking_cars']) await tx.run(`DELETE FROM ${table}`)
    riders = []
    for (let n = 0; n < RIDERS; n++) riders.push((await signIn(tx, { openid: `o-race-${n}` })).id)
  })
})
afterEach(() => story.close())

const sweepers = () => race<number>(story, PACKS, Array(PROCESSES).fill({ job: 'sweep' }))

/** How often something happened to each subject, by the events that tell of it. */
const happened = async (name: string): Promise<Record<string, number>> => {
  const rows = await story.db.read((tx) =>
    tx.query<{ id: string; n: number }>(
      'SELECT subjectId AS id, COUNT(*) AS n FROM events WHERE name = ? GROUP BY subjectId',
      [name],
    ),
  )
  return Object.fromEntries(rows.map(({ id, n }) => [id, Number(n)]))
}
const onceEach = (ids: string[]) => Object.fromEntries(ids.map((id) => [id, 1]))
const count = async (sql: string, values: unknown[] = []): Promise<number> => {
  const [row] = await story.db.read((tx) => tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${sql}`, values))
  return Number(row?.n)
}
const findings = async () =>
  [...(await auditMoney(story.db, true)), ...(await auditBookings(story.db)), ...(await auditSteps(story.db))].map(
    ({ kind, about }) => `${kind} ${about}`,
  )

test(`${RIDERS} people in ${PROCESSES} processes scan one bike: one of them rides it`, { skip: SHARED }, async () => {
  await setDown(story, 'B1')
  const share = RIDERS / PROCESSES
  const laps = Array.from({ length: PROCESSES }, (_, n) => {
    return { job: 'scan', args: { customers: riders.slice(n * share, (n + 1) * share), code: 'B1' } }
  })
  const rode = await race<number>(story, PACKS, laps)
  assert.equal(
    rode.reduce((sum, one) => sum + one, 0),
    1,
    `${rode}`,
  )
  assert.equal(await count('rides'), 1)
  assert.equal(await count('lock_commands'), 1)
})

test(`${PROCESSES} processes sweep the same rides: each ends once, and is asked for once`, {
  skip: SHARED,
}, async () => {
  locksOf(story).faults.down = '503'
  const begins = async (n: number): Promise<string> => {
    await setDown(story, `B${n}`)
    return (await story.db.write((tx) => startRide(tx, { customerId: riders[n] ?? '', code: `B${n}` }))).id
  }
  const opens = (id: string) =>
    story.db.write(async (tx) => {
      const [command] = await commandsOf(tx, { id })
      await hearCommand(tx, command?.id ?? '', { state: 'done', at: tx.now })
    })
  const silent: string[] = []
  const forgotten: string[] = []
  const paused: string[] = []
  for (let n = 0; n < EACH; n++) {
    forgotten.push(await begins(n))
    paused.push(await begins(EACH + n))
  }
  for (const id of [...forgotten, ...paused]) await opens(id)
  story.clock.advance(HOUR)
  for (const id of paused) {
    const { customerId } = await story.db.read((tx) => rideById(tx, id))
    await story.db.write((tx) => pauseRide(tx, customerId, id))
  }
  for (let n = 0; n < EACH; n++) silent.push(await begins(2 * EACH + n))
  story.clock.advance(2 * DAY)
  await sweepers()

  const rides = new Map((await story.db.read((tx) => tx.find(Ride, ''))).map((ride) => [ride.id, ride]))
  for (const id of silent) assert.equal(rides.get(id)?.state, 'void')
  assert.deepEqual(await happened('ride.not_begun'), onceEach(silent))
  const ended = [...forgotten, ...paused]
  assert.deepEqual(await happened('ride.ended'), onceEach(ended))
  const owing = ended.filter((id) => (rides.get(id)?.amount ?? 0) > 0)
  assert.ok(owing.length > 0)
  assert.equal(await count('payments'), owing.length)
  assert.deepEqual(await happened('payment.asked'), onceEach(owing))
  assert.equal(await count(`ledger_moves WHERE kind = 'ride.ended'`), owing.length)
  assert.equal(await count(`asset_events WHERE type = 'trip_end' AND toState = 'available'`), paused.length)
  assert.equal(await count(`messages WHERE kind = 'ride'`), ended.length)
  assert.equal(await count('rides WHERE wakeAt IS NOT NULL'), 0)
  assert.deepEqual(await findings(), [])
})

test(`${PROCESSES} processes sweep the same bookings, flows, deposits and refunds: each effect once`, {
  skip: SHARED,
}, async () => {
  await addCars(story.db, { model: 'corolla', store: 'hongqiao', count: 3 * EACH })
  const wang = await idOf(story, story.wang)
  const pay = story.running.house.wechatpay as Wechatpay
  const { wechatpay: standIn } = story.sandbox
  if (!standIn) throw new Error('this house has no till')
  const books = async (customerId: string, from: number) =>
    (
      await story.db.write((tx) => {
        const wish = { store: 'hongqiao', model: 'corolla', from, until: from + DAY, insurances: [], extras: {} }
        return holdBooking(tx, customerId, wish, `race-${from}-${customerId}-${tx.now}`)
      })
    ).id
  const pays = async (id: string, purpose: string) => {
    const asked = await story.db.read((tx) => paymentsOf(tx, { type: 'booking', id }))
    const payment = asked.find((one) => one.purpose === purpose)
    await standIn.pay(story.wang.user.openid, await prepay(story.db, pay, wang, payment?.id ?? ''))
  }
  const missed: string[] = []
  const waiting: string[] = []
  for (let n = 0; n < EACH; n++) {
    for (const [list, from] of [
      [missed, TUESDAY_10],
      [waiting, TUESDAY_10 + 5 * HOUR],
    ] as const) {
      const id = await books(wang, from)
      await pays(id, 'rental')
      if (list === missed) await pays(id, 'deposit')
      list.push(id)
      story.clock.advance(1)
    }
  }
  story.clock.advance(TUESDAY_10 + 2 * HOUR - story.clock.now() - HOUR)
  const held: string[] = []
  for (const rider of riders.slice(0, EACH)) held.push(await books(rider, TUESDAY_10 + 5 * DAY))
  // Two hours after the pick-up, three and more before the next one.
  story.clock.advance(HOUR + 60_000)
  await sweepers()

  assert.deepEqual(await happened('booking.expired'), onceEach(held))
  assert.deepEqual(await happened('booking.no_show'), onceEach(missed))
  for (const id of waiting)
    assert.equal((await story.db.read((tx) => bookingById(tx, id))).state, 'confirmed', 'its time has not come')
  assert.deepEqual(await happened('deposit.settled'), onceEach(missed))
  assert.deepEqual(await happened('refund.asked'), onceEach(missed))
  assert.equal(standIn.refunds.length, EACH)
  assert.equal(standIn.calls.get('POST /v3/refund/domestic/refunds'), EACH, 'WeChat Pay was asked once for each')
  // The flows of those that are still to come have each opened one step, for one clerk.
  const prepared = `flow_steps s JOIN flow_runs r ON r.id = s.runId WHERE r.subjectId = ? AND s.name = 'prepare'`
  for (const id of waiting) assert.equal(await count(prepared, [id]), 1)
  assert.equal(await count(`flow_runs WHERE state = 'cancelled'`), EACH)
  assert.equal(await count(`messages WHERE kind = 'booking_no_show'`), EACH)

  await story.later('1 h')
  assert.deepEqual(await happened('payment.returned'), onceEach(missed))
  assert.deepEqual(await findings(), [])
})

test(`${PROCESSES} processes tell the same locks: each is told once, and none is left out`, {
  skip: SHARED,
}, async () => {
  const locks = locksOf(story)
  locks.faults.down = '503'
  for (const [n, customerId] of riders.entries()) {
    await setDown(story, `B${n}`)
    await story.db.write((tx) => startRide(tx, { customerId, code: `B${n}` }))
  }
  assert.equal(await count(`lock_commands WHERE state = 'asked' AND nextAt IS NOT NULL`), RIDERS)
  locks.faults.down = false
  locks.calls.clear()
  const told = await race<number>(story, PACKS, Array(PROCESSES).fill({ job: 'tell' }))
  assert.equal(locks.calls.get('unlock'), RIDERS, `${JSON.stringify([...locks.calls])} ${told}`)
  await locks.settled()
  await story.settle()
  assert.equal(await count(`rides WHERE state = 'riding'`), RIDERS)
  assert.equal(await count(`lock_commands WHERE state = 'done' AND attempts <= 1`), RIDERS)
  assert.equal(Object.keys(await happened('ride.started')).length, RIDERS)
})

test(`cards bought, paid and used in ${PROCESSES} processes: one purchase, one period after the other, no ride too many`, {
  skip: SHARED,
}, async () => {
  const [one = '', ...others] = riders.slice(0, 5)
  const same = Array(PROCESSES).fill({ job: 'buy', args: { customers: [one, ...others], code: 'month' } })
  const bought = new Set((await race<string[]>(story, PACKS, same)).flat())
  assert.equal(bought.size, 5, 'each has bought one card')
  assert.equal(await count('ride_cards'), 5)
  assert.equal(await count(`payments WHERE purpose = 'pass'`), 5)

  // Two cards for each process, all of one person, paid at one moment.
  const cards: string[] = []
  for (let n = 0; n < 2 * PROCESSES; n++)
    cards.push((await story.db.write((tx) => buyCard(tx, one, 'month', `more-${n}`))).id)
  const pays = Array.from({ length: PROCESSES }, (_, n) => {
    return { job: 'pay', args: { customers: cards.slice(2 * n, 2 * n + 2), code: '' } }
  })
  assert.deepEqual(await race<number>(story, PACKS, pays), Array(PROCESSES).fill(4))
  const periods = await story.db.read((tx) => tx.find(RideCard, `WHERE state = 'active' ORDER BY startsAt, id`))
  assert.equal(periods.length, cards.length)
  for (const [n, { startsAt }] of periods.entries())
    if (n > 0) assert.equal(startsAt, periods[n - 1]?.endsAt, 'one begins when the one before it ends')
  assert.deepEqual(await happened('pass.bought'), onceEach(cards))
  assert.equal(await count(`ledger_moves WHERE kind = 'pass.bought'`), cards.length)

  const use = { job: 'use', args: { customers: periods.slice(0, 1).map(({ id }) => id), code: '10' } }
  const used = await race<number>(story, PACKS, Array(PROCESSES).fill(use))
  assert.equal(
    used.reduce((sum, n) => sum + n, 0),
    10,
    `${used}`,
  )
})
