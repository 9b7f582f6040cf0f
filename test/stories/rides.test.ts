import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { assetByCode, historyOf } from '../../server/domain/assets/assets.ts'
import { balances } from '../../server/domain/ledger/ledger.ts'
import { grantCoupon } from '../../server/domain/loyalty/coupons.ts'
import { auditMoney } from '../../server/domain/payments/audit.ts'
import { Refund } from '../../server/domain/payments/refunds.ts'
import { LockCommand } from '../../server/domain/rides/ride.ts'
import { CustomerFacts } from '../../server/domain/segments/known.ts'
import { SANDBOX_DEFAULTS } from '../../server/lib/settings.ts'
import { checkFeed } from '../gbfs.ts'
import type { Story, Worker } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import {
  current,
  locksOf,
  openRides,
  PARK,
  pays,
  type RideSeen,
  ride,
  STREET,
  seen,
  setDown,
  unlock,
} from '../rides.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

/** Where a rule of the pack wants bikes to be ridden away. */
const JING_AN = { lat: 31.22, lng: 121.45 }

let story: Story
/** 钱芳, finance. */
let qian: Worker
beforeEach(async () => {
  story = await openRides({
    prepare(opening) {
      qian = opening.hire('qianfang', '钱芳', { position: '财务', departments: [1] })
    },
  })
  await story.wang.signIn()
  await setDown(story, 'B1')
})
afterEach(() => story.close())

const bike = (code: string) =>
  story.db.read(async (tx) => {
    const asset = await assetByCode(tx, code)
    assert.ok(asset)
    return asset
  })
const kinds = ({ parts }: RideSeen) => parts.map(({ kind, amount }) => `${kind} ${amount}`)
const told = async (name: string) => {
  const rows = await story.db.read((tx) =>
    tx.query<{ data: string }>('SELECT data FROM events WHERE name = ? ORDER BY id', [name]),
  )
  return rows.map(({ data }) => JSON.parse(data))
}
const here = async (code: string, rider = story.wang) =>
  (
    await rider.call<{ can: boolean; whyText?: string; firstFree?: object; card?: { leftToday: number } }>(
      'GET',
      `/api/rides/here?code=${code}`,
    )
  ).body
/** What the accounts come to, those that come to nothing left out. */
const books = async () => {
  const all = await story.db.read(balances)
  return Object.fromEntries(Object.entries(all).filter(([, amount]) => amount !== 0))
}
/** So that a story need not begin with a free one. */
const firstRide = async (rider = story.wang) => {
  await setDown(story, 'FIRST')
  return ride(story, rider, 'FIRST', '5 min')
}

test('the first ride is free, the next one is paid, and until then no other is unlocked', async () => {
  const { wang } = story
  assert.deepEqual((await here('b1')).can, true)
  assert.ok((await here('B1')).firstFree)
  const asked = await unlock(story, wang, 'b1')
  assert.deepEqual([asked.status, asked.body.code], [201, 'B1'])
  assert.equal((await current(wang))?.state, 'riding')
  assert.equal((await bike('B1')).state, 'on_trip')
  assert.match((await here('B1')).whyText ?? '', /正在使用 B1/)
  await story.later('20 min')
  await locksOf(story).close('B1', { place: STREET, meters: 2400 })
  await story.settle()
  const first = await seen(wang, asked.body.id)
  assert.deepEqual([first.state, first.minutes, first.meters, first.amount], ['paid', 20, 2400, 0])
  assert.deepEqual(kinds(first), ['base 150', 'first -150'])
  assert.equal(await current(wang), null)
  assert.equal((await bike('B1')).state, 'available')
  assert.match(wang.inbox().at(-1) ?? '', /骑行 20 分钟，免费.*首次骑行，减免 ￥1\.50/)

  const second = await ride(story, wang, 'B1', '50 min')
  assert.deepEqual([second.state, second.amount], ['ended', 350])
  assert.deepEqual(kinds(second), ['base 150', 'time 200'])
  assert.match(wang.inbox().at(-1) ?? '', /骑行 50 分钟，￥3\.50/)
  const blocked = await unlock(story, wang, 'B1')
  assert.equal(blocked.status, 409)
  assert.match(blocked.body.error?.message ?? '', new RegExp(`还没有支付（${second.number}，￥3\\.50）`))

  const subject = { type: 'ride', id: second.id }
  assert.equal(await pays(story, subject), 350)
  assert.equal((await seen(wang, second.id)).state, 'paid')
  assert.equal((await here('B1')).can, true)
  assert.deepEqual(
    (await told('ride.ended')).map(({ minutes, amount, place }) => [minutes, amount, place.lat]),
    [
      [20, 0, STREET.lat],
      [50, 350, STREET.lat],
    ],
  )
  assert.equal((await told('ride.started')).length, 2)
  assert.deepEqual(await books(), { 'cash:wechatpay': 350, 'cost:discount': 150, 'revenue:ride': -500 })
})

test('a payment that lapsed is asked again, once', async () => {
  const { wang } = story
  await firstRide()
  const done = await ride(story, wang, 'B1', '10 min')
  const again = await wang.call<{ payment: string }>('POST', `/api/rides/${done.id}/pay`)
  assert.equal(again.body.payment, done.payment, 'what can still be paid is not asked again')
  await story.later('3 d')
  assert.equal((await here('B1')).can, false)
  const later = await wang.call<{ payment: string; amount: number }>('POST', `/api/rides/${done.id}/pay`)
  assert.notEqual(later.body.payment, done.payment)
  assert.equal(later.body.amount, 150)
  await pays(story, { type: 'ride', id: done.id })
  assert.equal((await wang.call('POST', `/api/rides/${done.id}/pay`)).status, 409)
})

test('a lock that jams, or says nothing, costs nothing and the bike is free again', async () => {
  const { wang } = story
  const locks = locksOf(story)
  locks.faults.jam = 1
  const jammed = await unlock(story, wang, 'B1')
  assert.deepEqual([(await seen(wang, jammed.body.id)).state, (await bike('B1')).state], ['void', 'available'])
  assert.match((await seen(wang, jammed.body.id)).why ?? '', /没有打开，没有产生费用/)

  locks.faults.moveManually = true
  const silent = await unlock(story, wang, 'B1')
  assert.equal((await current(wang))?.state, 'unlocking')
  await story.later('2 min')
  assert.equal((await seen(wang, silent.body.id)).state, 'void')
  await locks.move('B1')
  assert.equal(locks.look('B1').open, false, 'what was cancelled does not open any more')
  assert.equal((await bike('B1')).state, 'available')
  assert.ok((await here('B1')).firstFree, 'neither was a ride')
})

test('the service is down, slow, loses answers: the lock opens once, and the ride begins when it did', async () => {
  const { wang } = story
  const locks = locksOf(story)
  locks.faults.down = '503'
  const first = await unlock(story, wang, 'B1')
  assert.deepEqual([first.status, first.body.state], [201, 'unlocking'])
  locks.faults.down = false
  await story.later('10 s')
  await locks.settled()
  assert.equal((await current(wang))?.state, 'riding')
  await locks.close('B1')

  locks.faults.loseAnswers = 2
  locks.faults.slowMs = 50
  const before = locks.calls.get('unlock') ?? 0
  const second = await unlock(story, wang, 'B1')
  await story.later('30 s')
  await locks.settled()
  assert.equal((await seen(wang, second.body.id)).state, 'riding')
  const commands = await story.db.read((tx) => tx.find(LockCommand, 'WHERE rideId = ?', [second.body.id]))
  assert.equal(commands.length, 1)
  assert.ok((locks.calls.get('unlock') ?? 0) - before <= 2)
})

test('a callback that never comes is asked for', async () => {
  const { wang } = story
  const locks = locksOf(story)
  locks.faults.silent = 1
  const asked = await unlock(story, wang, 'B1')
  assert.equal((await seen(wang, asked.body.id)).state, 'unlocking')
  await story.later('20 s')
  assert.equal((await seen(wang, asked.body.id)).state, 'riding')
})

test('callbacks twice, late and out of order make one ride', async () => {
  const { wang } = story
  const locks = locksOf(story)
  locks.faults.duplicate = 1
  locks.faults.pushManually = true
  const asked = await unlock(story, wang, 'B1')
  story.clock.advance(25 * 60_000)
  await locks.close('B1', { place: STREET, meters: 900 })
  assert.equal(locks.waiting.length, 4)
  // locked, locked, unlocked, unlocked
  assert.deepEqual(await locks.push([2, 3, 0, 1]), [204, 204, 204, 204])
  const done = await seen(wang, asked.body.id)
  assert.deepEqual([done.state, done.minutes, done.meters], ['paid', 25, 900])
  assert.equal((await told('ride.started')).length, 1)
  assert.equal((await told('ride.ended')).length, 1)
  const { id } = await bike('B1')
  const history = await story.db.read((tx) => historyOf(tx, id))
  assert.deepEqual(
    history.map(({ type, legal }) => `${type} ${legal}`),
    ['trip_end true', 'trip_start true', 'reservation_start true', 'provider_drop_off true'],
  )
})

test('a lock that opens after all was given up is nobody’s ride, and is looked after', async () => {
  const { wang } = story
  const locks = locksOf(story)
  locks.faults.pushManually = true
  const asked = await unlock(story, wang, 'B1')
  locks.faults.down = 'reset'
  await story.later('20 min')
  assert.equal((await seen(wang, asked.body.id)).state, 'void')
  assert.equal((await bike('B1')).state, 'available')
  await locks.push()
  assert.equal((await bike('B1')).state, 'non_operational', 'it stands open in the street')
  assert.equal(await current(wang), null)
  await locks.close('B1')
  await locks.push()
  assert.equal((await bike('B1')).state, 'available')
  assert.deepEqual(await told('ride.ended'), [])
})

test('a pause keeps the ride, and ends by itself', async () => {
  const { wang } = story
  const locks = locksOf(story)
  const { body } = await unlock(story, wang, 'B1')
  const pause = (on: boolean) => wang.call<RideSeen>('POST', `/api/rides/${body.id}/pause`, { on })
  assert.equal((await pause(true)).body.stateText, '临时停车')
  await locks.close('B1')
  assert.equal((await current(wang))?.state, 'riding')
  await story.later('10 min')
  await pause(false)
  await locks.settled()
  assert.equal((await current(wang))?.pausedAt, null)
  await story.later('5 min')
  await pause(true)
  await locks.close('B1', { place: PARK })
  await story.later('31 min')
  const done = await seen(wang, body.id)
  assert.deepEqual([done.state, done.minutes, done.zoneResult], ['ended', 45, 'no_parking'])
  assert.equal((await bike('B1')).state, 'available')

  await pays(story, { type: 'ride', id: done.id })
  await setDown(story, 'B2')
  const next = await unlock(story, wang, 'B2')
  await wang.call('POST', `/api/rides/${next.body.id}/pause`, { on: true })
  await locks.close('B2', { place: STREET })
  const ended = await wang.call<RideSeen>('POST', `/api/rides/${next.body.id}/end`, {})
  assert.equal(ended.body.state, 'paid', 'who has paused can leave it there; so soon it costs nothing')
})

test('a ride that somebody forgets is ended by the server, and the bike waits until its lock is shut', async () => {
  const { wang } = story
  await firstRide()
  const { body } = await unlock(story, wang, 'B1')
  await story.later('13 h')
  const done = await seen(wang, body.id)
  assert.deepEqual([done.state, done.minutes, done.amount], ['ended', 720, 2000])
  assert.equal((await bike('B1')).state, 'non_operational')
  await locksOf(story).close('B1')
  assert.equal((await bike('B1')).state, 'available')
  assert.equal((await seen(wang, body.id)).amount, 2000)
})

test('a lock that does not shut: a picture ends the ride, and the bike goes to whoever repairs it', async () => {
  const { wang } = story
  const { body } = await unlock(story, wang, 'B1')
  const refused = await wang.call<{ error: { message: string } }>('POST', `/api/rides/${body.id}/end`, {})
  assert.deepEqual([refused.status, /请先手动关锁/.test(refused.body.error.message)], [409, true])
  const photo = (await wang.upload(await jpeg())).body.id
  await story.later('10 min')
  const ended = await wang.call<RideSeen>('POST', `/api/rides/${body.id}/end`, { photo, place: STREET })
  assert.deepEqual([ended.status, ended.body.state], [200, 'paid'])
  await story.settle()
  const ticket = await wang.ticket(ended.body.ticket ?? '')
  assert.match(JSON.stringify(ticket), /车锁关不上/)
  assert.deepEqual((await bike('B1')).causes, ['maintenance'])
  await locksOf(story).close('B1')
  assert.deepEqual((await bike('B1')).causes, ['maintenance'], 'shut or not, it is looked at')
})

test('who leaves it in the park pays for that, first ride or not', async () => {
  const done = await ride(story, story.wang, 'B1', '10 min', { place: PARK })
  assert.deepEqual([done.zone, done.zoneResult, done.amount], ['人民公园', 'no_parking', 500])
  assert.deepEqual(kinds(done), ['base 150', 'first -150', 'no_parking 500'])
  assert.match(story.wang.inbox().at(-1) ?? '', /含违停调度费 ￥5\.00/)
  await setDown(story, 'B2', PARK)
  await story.li.signIn()
  assert.match((await here('B2', story.li)).whyText ?? '', /这里不能开始用车/)
})

test('shut again at once it was no ride', async () => {
  await firstRide()
  const done = await ride(story, story.wang, 'B1', '1 min')
  assert.deepEqual([done.state, done.amount, kinds(done)], ['paid', 0, ['base 150', 'grace -150']])
})

test('a monthly card pays for rides, as many a day as it says and so long of each', async () => {
  const { wang } = story
  await firstRide()
  const buy = () =>
    wang.call<{ id: string; state: string }>('POST', '/api/ride-cards', { card: 'month' }, { 'Idempotency-Key': 'k1' })
  const card = (await buy()).body
  assert.deepEqual([card.state, (await buy()).body.id], ['asked', card.id])
  assert.equal(await pays(story, { type: 'ride_card', id: card.id }), 1500)
  assert.equal((await here('B1')).card?.leftToday, 10)
  const short = await ride(story, wang, 'B1', '50 min')
  assert.deepEqual([short.state, kinds(short)], ['paid', ['base 150', 'time 200', 'card -350']])
  const long = await ride(story, wang, 'B1', '80 min')
  assert.deepEqual(kinds(long), ['base 150', 'time 400', 'card -350'])
  assert.match(wang.inbox().at(-1) ?? '', /骑行月卡抵扣/)
  await pays(story, { type: 'ride', id: long.id })
  await story.db.write((tx) => tx.run('UPDATE ride_card_days SET used = 10'))
  const eleventh = await ride(story, wang, 'B1', '10 min')
  assert.deepEqual(kinds(eleventh), ['base 150'])
  const [bought] = await told('pass.bought')
  assert.equal(bought.card, 'month')
  await story.db.write((tx) => tx.run('UPDATE ride_cards SET endsAt = ?, sweepAt = ?', Array(2).fill(tx.now + 60_000)))
  await story.later('2 min')
  assert.equal((await told('pass.expired')).length, 1)
  const { cards } = (await wang.call<{ cards: { state: string }[] }>('GET', '/api/ride-cards')).body
  assert.deepEqual(
    cards.map(({ state }) => state),
    ['over'],
  )
})

test('a coupon takes off what is left; one that cannot be used stays', async () => {
  const { wang } = story
  await firstRide()
  const { id: customerId } = (await wang.call<{ customer: { id: string } }>('GET', '/api/me')).body.customer
  const give = (key: string) =>
    story.db.write((tx) => grantCoupon(tx, { customerId, template: 'first_ride', key, by: { type: 'system' } }))
  const coupon = await give('one')
  const done = await ride(story, wang, 'B1', '50 min', { coupon: coupon.id })
  assert.deepEqual([kinds(done), done.amount], [['base 150', 'time 200', 'coupon -300'], 50])
  await pays(story, { type: 'ride', id: done.id })
  const again = await ride(story, wang, 'B1', '10 min', { coupon: coupon.id })
  assert.deepEqual(kinds(again), ['base 150'])
  await pays(story, { type: 'ride', id: again.id })
  await give('two')
  const third = await ride(story, wang, 'B1', '10 min')
  assert.deepEqual(kinds(third), ['base 150', 'coupon -150'], 'none chosen, the best one is used')
  assert.equal(third.parts.at(-1)?.text, '新人首骑免费')
})

test('an appeal that is granted pays back, once; before the ride is paid it makes less due', async () => {
  const { wang, lin, zhou } = story
  await wang.signIn()
  await firstRide()
  const done = await ride(story, wang, 'B1', '80 min')
  assert.equal(done.amount, 550)
  const grant = async (amount: string) => {
    const answers = { ...done.appeal?.answers, amount, reason: 'too_long', description: '还车后仍计费' }
    const ticket = await wang.files(done.appeal?.form ?? '', answers)
    const face = JSON.stringify(lin.card(ticket.number).card)
    assert.match(face, /80 分钟，￥5\.50/)
    await lin.press(ticket.number, 'finish', { finding: 'wrong' })
    await lin.says('10:45 已关锁')
    await story.later('1 min')
    // A gloved thumb presses twice.
    await Promise.all([zhou.press(ticket.number, 'approve'), zhou.press(ticket.number, 'approve')])
    await story.later('1 min')
    assert.throws(() => qian.card(ticket.number), /no card/, 'finance has nothing to do by hand')
    assert.equal((await wang.ticket(ticket.id)).status, 'resolved')
    return ticket
  }
  const first = await grant('2.00')
  const less = await seen(wang, done.id)
  assert.deepEqual([less.state, less.refunded, less.ticket], ['ended', 200, first.id])
  assert.equal(await pays(story, { type: 'ride', id: done.id }), 350)
  await grant('3.00')
  const [refund, ...more] = await story.db.read((tx) => tx.find(Refund, ''))
  assert.deepEqual([refund?.amount, more.length], [300, 0])
  await grant('9.00')
  assert.equal((await seen(wang, done.id)).refunded, 550, 'never more than it came to')
  await story.later('10 min')
  assert.deepEqual(await books(), { 'cost:discount': 150 + 550, 'revenue:ride': -(150 + 550) })
  assert.deepEqual(await story.db.read(() => auditMoney(story.db, true)), [])
})

test('a ride feeds what is known of its rider, and the rules', async () => {
  const { wang } = story
  const done = await ride(story, wang, 'B1', '50 min', { place: JING_AN })
  await pays(story, { type: 'ride', id: done.id })
  await story.settle()
  const [known] = await story.db.read((tx) => tx.find(CustomerFacts, 'WHERE rides > 0'))
  assert.deepEqual([known?.rides, known?.spentFen], [1, 200])
  await story.later('1 d')
  const { coupons } = (await wang.call<{ coupons: { title: string }[] }>('GET', '/api/me/coupons')).body
  assert.equal(coupons.length, 1, 'who has left a bike near a zone is given a coupon for it the next day')
})

test('who has not paid for a day is reminded, each ride by itself', async () => {
  const { wang } = story
  await firstRide()
  const paid = await ride(story, wang, 'B1', '50 min')
  await pays(story, { type: 'ride', id: paid.id })
  const due = await ride(story, wang, 'B1', '10 min')
  await story.later('25 h')
  const reminded = wang.inbox().filter((one) => one.includes('待支付 ￥'))
  assert.equal(reminded.length, 1)
  assert.match(reminded[0] ?? '', new RegExp(`${due.number}.*骑行 10 分钟，待支付 ￥1\\.50`))
})

test('what rides cost stands in the public feed', async () => {
  const feed = async (name: string) => (await fetch(`${story.running.url}/gbfs/${name}.json`)).json()
  const plans = (await feed('system_pricing_plans')) as { data: { plans: Record<string, unknown>[] } }
  await checkFeed('system_pricing_plans', plans)
  assert.deepEqual(plans.data.plans[0]?.per_min_pricing, [{ start: 30, interval: 15, rate: 1 }])
  assert.equal(plans.data.plans[0]?.price, 1.5)
  const types = (await feed('vehicle_types')) as { data: { vehicle_types: Record<string, unknown>[] } }
  await checkFeed('vehicle_types', types)
  assert.equal(types.data.vehicle_types[0]?.default_pricing_plan_id, 'bike_by_time')
  assert.match(JSON.stringify(await feed('gbfs')), /system_pricing_plans/)
})

test('nobody but the lock service is heard', async () => {
  const post = (body: string, key: string, at = Date.now()) => {
    const timestamp = String(Math.floor(at / 1000))
    const signature = createHmac('sha256', key).update(`POST\n/callbacks/lock\n${timestamp}\n${body}\n`).digest('hex')
    const headers = { 'lock-timestamp': timestamp, 'lock-signature': signature }
    return fetch(`${story.running.url}/callbacks/lock`, { method: 'POST', body, headers })
  }
  const news = JSON.stringify({ id: 'x', type: 'battery', lock: 'B1', at: story.clock.now(), battery: 9 })
  assert.equal((await post(news, 'another-key-0000000')).status, 401)
  assert.equal((await post(news, SANDBOX_DEFAULTS.LOCK_KEY, Date.now() - 3_600_000)).status, 401)
  assert.equal((await post('{"id":1}', SANDBOX_DEFAULTS.LOCK_KEY)).status, 400)
  assert.equal((await bike('B1')).battery, null)
  assert.equal((await post(news, SANDBOX_DEFAULTS.LOCK_KEY)).status, 204)
  assert.deepEqual([(await bike('B1')).battery, (await bike('B1')).state], [9, 'non_operational'])
})
