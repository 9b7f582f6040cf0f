import assert from 'node:assert/strict'
import { balances } from '../../server/domain/ledger/ledger.ts'
import { grantCoupon } from '../../server/domain/loyalty/coupons.ts'
import { auditMoney } from '../../server/domain/payments/audit.ts'
import { notePaid } from '../../server/domain/payments/news.ts'
import { type Payment, paymentsOf } from '../../server/domain/payments/payments.ts'
import type { Story } from '../harness.ts'
import { openRides, pays, type RideSeen, ride, seen, setDown } from '../rides.ts'
import { idOf } from '../rules.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

/** What a ride of 80 minutes comes to without a coupon, and what these take off. */
const [WHOLE, NEAR, BIRTHDAY] = [550, 200, 110]

let story: Story
let customerId: string
beforeEach(async () => {
  story = await openRides()
  await story.wang.signIn()
  customerId = await idOf(story, story.wang)
  await setDown(story, 'B1')
  // The first one is free.
  await ride(story, story.wang, 'B1', '5 min')
})
afterEach(async () => {
  assert.deepEqual(
    (await auditMoney(story.db, true)).map(({ kind }) => kind),
    [],
  )
  await story.close()
})

const till = () => {
  const { wechatpay } = story.sandbox
  if (!wechatpay) throw new Error('this house has no till')
  return wechatpay
}
const give = (template: string, key = 'one') =>
  story.db.write(async (tx) => (await grantCoupon(tx, { customerId, template, key, by: { type: 'system' } })).id)
const chooses = (id: string, coupon: string | null) =>
  story.wang.call<RideSeen & { error?: { message: string } }>('POST', `/api/rides/${id}/coupon`, { coupon })
const asked = (id: string, type = 'ride') => story.db.read((tx) => paymentsOf(tx, { type, id }))
const usable = async () => {
  const { body } = await story.wang.call<{ coupons: { id: string; state: string }[] }>('GET', '/api/me/coupons')
  return body.coupons.filter(({ state }) => state === 'usable').map(({ id }) => id)
}
const look = ({ state, amount, received, refunded }: Payment) => [state, amount, received, refunded]
/** Of how many orders a coupon is in use. */
const uses = async (coupon: string) => {
  const sql = 'SELECT COUNT(*) AS n FROM coupon_uses WHERE couponId = ? AND returnedAt IS NULL'
  return Number((await story.db.read((tx) => tx.query<{ n: number }>(sql, [coupon])))[0]?.n)
}
/** The phone pays; the house is not told yet. */
async function paysUnheard(subject: { type: string; id: string }): Promise<void> {
  till().faults.hold = true
  await pays(story, subject)
}
/** What the customer has paid for something and not got back. */
const kept = async (id: string, type = 'ride') => (await asked(id, type)).reduce((sum, one) => sum + one.left(), 0)

test('the payment is heard of first: it settles the ride, and the coupon stays as it is', async () => {
  const [near, birthday] = [await give('near_zone'), await give('birthday')]
  const { id } = await ride(story, story.wang, 'B1', '80 min')
  await paysUnheard({ type: 'ride', id })
  await till().release()
  const late = await chooses(id, birthday)
  assert.equal(late.status, 409)
  await story.later('1 h')
  const done = await seen(story.wang, id)
  assert.deepEqual([done.state, done.amount], ['paid', WHOLE - NEAR])
  assert.deepEqual([await uses(near), await uses(birthday), await usable()], [1, 0, [birthday]])
  assert.deepEqual((await asked(id)).map(look), [['paid', 350, 350, 0]])
})

for (const told of ['late', 'never'] as const)
  test(`another coupon is chosen first, and the payment is heard of ${told}: the money returns by itself`, async () => {
    const [near, birthday] = [await give('near_zone'), await give('birthday')]
    const { id } = await ride(story, story.wang, 'B1', '80 min')
    await paysUnheard({ type: 'ride', id })
    const chosen = await chooses(id, birthday)
    assert.deepEqual([chosen.status, chosen.body.state, chosen.body.amount], [200, 'ended', WHOLE - BIRTHDAY])
    if (told === 'late') await till().release()
    else {
      till().faults.notifyNever = true
      till().faults.hold = false
    }
    await story.later('10 min')
    till().faults.notifyNever = false
    assert.equal((await seen(story.wang, id)).state, 'ended', 'the old amount settles nothing')
    assert.deepEqual((await asked(id)).map(look), [
      ['paid', 350, 350, 350],
      ['open', 440, 0, 0],
    ])
    assert.equal(till().refunds.length, 1)
    assert.deepEqual([await uses(near), await uses(birthday), await usable()], [0, 1, [near]])
    assert.equal(await pays(story, { type: 'ride', id }), 440)
    await story.later('1 h')
    assert.deepEqual([(await seen(story.wang, id)).state, await kept(id)], ['paid', 440])
    assert.deepEqual([await uses(near), await uses(birthday)], [0, 1])
  })

test('chosen so that nothing is left to pay, what was paid returns', async () => {
  const { id } = await ride(story, story.wang, 'B1', '10 min')
  const free = await give('first_ride')
  await paysUnheard({ type: 'ride', id })
  const chosen = await chooses(id, free)
  assert.deepEqual([chosen.body.state, chosen.body.amount], ['paid', 0])
  await till().release()
  await story.later('10 min')
  assert.deepEqual([await kept(id), (await seen(story.wang, id)).state], [0, 'paid'])
  assert.equal(await uses(free), 1)
})

test('both at one moment, again and again: each ride is settled with its own amount, no coupon is used twice or lost', async () => {
  const coupons = [await give('near_zone'), await give('birthday')]
  for (let n = 0; n < 5; n++) {
    const [first = '', other = ''] = n % 2 ? coupons : coupons.toReversed()
    const { id } = await ride(story, story.wang, 'B1', '80 min', { coupon: first })
    await paysUnheard({ type: 'ride', id })
    const [, none, chosen] = await Promise.all([
      till().releaseAtOnce(),
      chooses(id, null),
      chooses(id, other),
      chooses(id, other),
    ])
    for (const { status, body } of [none, chosen]) assert.ok([200, 409].includes(status), JSON.stringify(body))
    await story.later('10 min')
    const now = await seen(story.wang, id)
    const used = [await uses(first), await uses(other)] as const
    assert.ok(used[0] + used[1] <= 1, `${used}`)
    const off = now.parts.filter(({ kind }) => kind === 'coupon').reduce((sum, { amount }) => sum - amount, 0)
    assert.equal(off > 0, used[0] + used[1] === 1, 'what is taken off is by the coupon that is used')
    assert.equal(now.amount, WHOLE - off)
    assert.equal(await kept(id), now.state === 'paid' ? now.amount : 0)
    if (now.state === 'ended') assert.equal(await pays(story, { type: 'ride', id }), now.amount)
    await story.later('1 min')
    assert.deepEqual([(await seen(story.wang, id)).state, await kept(id)], ['paid', now.amount])
    // Another day: what was ridden before does not count for the cap any more.
    await story.later('25 h')
    coupons.splice(0, 2, await give('near_zone', `near-${n}`), await give('birthday', `birthday-${n}`))
  }
  assert.equal((await story.db.read(balances))['customers:owed'] ?? 0, 0)
})

test('paid in time for a price that is another one by now, and chosen back: it can still be paid', async () => {
  const [near, birthday] = [await give('near_zone'), await give('birthday')]
  const { id } = await ride(story, story.wang, 'B1', '80 min')
  const [first] = await asked(id)
  assert.ok(first)
  await story.later('49 h')
  assert.equal((await chooses(id, birthday)).body.amount, 440)
  const { number, amount, payBy: paidAt } = first
  await story.db.write((tx) =>
    notePaid(tx, { number, state: 'SUCCESS', transactionId: 'T1', amount, currency: 'CNY', paidAt }),
  )
  assert.equal((await chooses(id, near)).body.amount, 350)
  const open = (await asked(id)).filter(({ state }) => state === 'open')
  assert.deepEqual(open.map(look), [['open', 350, 0, 0]])
  assert.equal((await seen(story.wang, id)).payment, open[0]?.id)
})

test('a card that lapses while its payment is on its way: the money returns, the coupon is theirs again', async () => {
  const birthday = await give('birthday')
  const buys = async (key: string, coupon?: string) => {
    const head = { 'Idempotency-Key': key }
    const wish = { card: 'month', coupon }
    return (await story.wang.call<{ id: string; price: number }>('POST', '/api/ride-cards', wish, head)).body
  }
  const first = await buys('one', birthday)
  // Another one is bought without it meanwhile: it is another purchase.
  const second = await buys('two')
  assert.deepEqual([first.price, second.price], [1200, 1500])
  await paysUnheard({ type: 'ride_card', id: first.id })
  till().faults.down = '503'
  await story.later('25 h')
  assert.deepEqual(await usable(), [birthday])
  const third = await buys('three', birthday)
  till().faults.down = false
  await till().release()
  await story.later('1 h')
  assert.deepEqual([await kept(first.id, 'ride_card'), await uses(birthday)], [0, 1])
  assert.equal(await pays(story, { type: 'ride_card', id: third.id }), 1200)
  await story.settle()
  const { cards } = (await story.wang.call<{ cards: { state: string }[] }>('GET', '/api/ride-cards')).body
  assert.deepEqual(
    cards.map(({ state }) => state),
    ['active'],
  )
  assert.deepEqual([await kept(third.id, 'ride_card'), (await story.db.read(balances))['revenue:pass']], [1200, -1500])
})
