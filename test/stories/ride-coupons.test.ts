import assert from 'node:assert/strict'
import { balances } from '../../server/domain/ledger/ledger.ts'
import { grantCoupon } from '../../server/domain/loyalty/coupons.ts'
import { auditMoney } from '../../server/domain/payments/audit.ts'
import { paymentsOf } from '../../server/domain/payments/payments.ts'
import type { Answer, Story } from '../harness.ts'
import { locksOf, openRides, pays, type RideSeen, ride, STREET, seen, setDown, unlock } from '../rides.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
let customerId: string
beforeEach(async () => {
  story = await openRides()
  const { wang } = story
  await wang.signIn()
  customerId = (await wang.call<{ customer: { id: string } }>('GET', '/api/me')).body.customer.id
  await setDown(story, 'B1')
  // The first one is free.
  await ride(story, wang, 'B1', '5 min')
})
afterEach(async () => {
  assert.deepEqual(
    (await auditMoney(story.db, true)).map(({ kind }) => kind),
    [],
  )
  await story.close()
})

interface Choice {
  coupons: { id: string; title: string; worth: string; off?: number }[]
  chosen: string | null
  can: boolean
}
interface Card {
  id: string
  state: string
  price: number
  payment?: string
}
interface Cards {
  offered: { card: string; price: number; coupons: { id: string; off: number }[] }[]
  cards: Card[]
}
const give = (template: string, key = 'one') =>
  story.db.write(async (tx) => (await grantCoupon(tx, { customerId, template, key, by: { type: 'system' } })).id)
const choice = async (id: string) => (await story.wang.call<Choice>('GET', `/api/rides/${id}/coupons`)).body
const chooses = (id: string, coupon: string | null) =>
  story.wang.call<RideSeen & { error?: { message: string } }>('POST', `/api/rides/${id}/coupon`, { coupon })
const parts = ({ parts }: RideSeen) => parts.map(({ kind, amount }) => `${kind} ${amount}`)
const mine = async () => {
  const { coupons } = (await story.wang.call<{ coupons: { id: string; state: string }[] }>('GET', '/api/me/coupons'))
    .body
  return coupons.filter(({ state }) => state === 'usable').map(({ id }) => id)
}
const books = async () => {
  const all = await story.db.read(balances)
  return Object.fromEntries(Object.entries(all).filter(([, amount]) => amount !== 0))
}

test('until a ride is paid its rider sees which coupon pays for it, takes another, or none', async () => {
  const { wang } = story
  const [near, birthday] = [await give('near_zone'), await give('birthday')]
  const done = await ride(story, wang, 'B1', '80 min')
  assert.deepEqual([parts(done), done.amount], [['base 150', 'time 400', 'coupon -200'], 350], 'the best one by itself')
  const shown = await choice(done.id)
  assert.deepEqual([shown.chosen, shown.can], [near, true])
  assert.deepEqual(
    shown.coupons.map(({ id, off }) => [id, off]),
    [
      [near, 200],
      [birthday, 110],
    ],
  )

  const other = await chooses(done.id, birthday)
  assert.deepEqual([parts(other.body), other.body.amount], [['base 150', 'time 400', 'coupon -110'], 440])
  assert.deepEqual(await mine(), [near], 'the one of before is theirs again')
  assert.deepEqual((await chooses(done.id, birthday)).body.parts, other.body.parts, 'said twice it is said once')
  const none = await chooses(done.id, null)
  assert.deepEqual([parts(none.body), none.body.amount], [['base 150', 'time 400'], 550])
  assert.deepEqual((await mine()).sort(), [near, birthday].sort())
  assert.equal((await chooses(done.id, near)).body.amount, 350)
  const asked = await story.db.read((tx) => paymentsOf(tx, { type: 'ride', id: done.id }))
  assert.deepEqual(
    asked.filter(({ state }) => state === 'open').map(({ amount }) => amount),
    [350],
    'only what is due is asked for',
  )
  assert.deepEqual(await pays(story, { type: 'ride', id: done.id }), 350)
  await story.settle()
  const paid = await seen(wang, done.id)
  assert.equal(paid.state, 'paid')
  assert.equal((await chooses(done.id, null)).status, 409)
  assert.equal((await choice(done.id)).can, false)
  assert.equal((await books())['cost:discount'], 200 + 150, 'the first ride, and this coupon')
})

test('what pays for all of a ride is chosen while it runs, or kept for another day', async () => {
  const { wang } = story
  const free = await give('first_ride')
  const { body } = await unlock(story, wang, 'B1')
  assert.deepEqual((await choice(body.id)).chosen, free)
  assert.equal((await chooses(body.id, null)).status, 200)
  assert.deepEqual((await choice(body.id)).chosen, null)
  await story.later('10 min')
  await locksOf(story).close('B1', { place: STREET, meters: 900 })
  await story.settle()
  const done = await seen(wang, body.id)
  assert.deepEqual([done.state, parts(done)], ['ended', ['base 150']])
  assert.deepEqual(await mine(), [free])
  const paid = await chooses(done.id, free)
  assert.deepEqual([paid.body.state, paid.body.amount], ['paid', 0], 'after all')
  assert.deepEqual(await mine(), [])
  const asked = await story.db.read((tx) => paymentsOf(tx, { type: 'ride', id: done.id }))
  assert.deepEqual(
    asked.filter(({ state }) => state !== 'closed'),
    [],
  )
})

test('nobody uses what is not theirs, or is not for it', async () => {
  const { wang, li } = story
  await li.signIn()
  const me = (await li.call<{ customer: { id: string } }>('GET', '/api/me')).body.customer.id
  const theirs = await story.db.write((tx) =>
    grantCoupon(tx, { customerId: me, template: 'near_zone', key: 'li', by: { type: 'system' } }),
  )
  const done = await ride(story, wang, 'B1', '10 min')
  assert.equal((await chooses(done.id, theirs.id)).status, 404)
  assert.equal((await li.call('POST', `/api/rides/${done.id}/coupon`, { coupon: null })).status, 404)
  assert.equal((await seen(wang, done.id)).amount, 150)
  await pays(story, { type: 'ride', id: done.id })
})

test('a coupon that is for cards takes something off one; nobody pays for it, and it is theirs again', async () => {
  const { wang } = story
  const [birthday, near] = [await give('birthday'), await give('near_zone')]
  const { offered } = (await wang.call<Cards>('GET', '/api/ride-cards')).body
  const [offer] = offered
  assert.ok(offer)
  const off = Math.floor((offer.price * 20) / 100)
  assert.deepEqual(
    offer.coupons.map(({ id, off }) => [id, off]),
    [[birthday, off]],
  )
  const buy = (coupon: string, key: string): Promise<Answer<Card & { error?: { message: string } }>> =>
    wang.call('POST', '/api/ride-cards', { card: offer.card, coupon }, { 'Idempotency-Key': key })
  const refused = await buy(near, 'k0')
  assert.equal(refused.status, 409, JSON.stringify(refused.body))

  const first = await buy(birthday, 'k1')
  assert.deepEqual([first.status, first.body.price], [201, offer.price - off])
  assert.equal((await buy(birthday, 'k1')).body.id, first.body.id)
  assert.deepEqual(await mine(), [near])
  await story.later('25 h')
  assert.deepEqual((await mine()).sort(), [birthday, near].sort(), 'it was not paid')

  const second = await buy(birthday, 'k2')
  assert.equal(await pays(story, { type: 'ride_card', id: second.body.id }), offer.price - off)
  await story.settle()
  const { cards } = (await wang.call<Cards>('GET', '/api/ride-cards')).body
  assert.deepEqual(
    cards.map(({ state }) => state),
    ['active'],
  )
  const all = await books()
  assert.equal(all['revenue:pass'], -offer.price)
  assert.equal(all['customers:owed'], undefined)
})
