import assert from 'node:assert/strict'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { grantCoupon, type Purchase, returnCoupon, useCoupon } from '../../server/domain/loyalty/coupons.ts'
import { useLoyalty } from '../../server/domain/loyalty/programme.ts'
import type { CouponPage } from '../../server/domain/loyalty/view.ts'
import { loyaltyWords } from '../../server/domain/loyalty/words.ts'
import { SYSTEM } from '../../server/engines/events/events.ts'
import type { Customer, Story } from '../harness.ts'
import { happened, signedIn } from '../letters.ts'
import { openProgramme } from '../loyalty.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
let wang: string
beforeEach(async () => {
  story = await openProgramme()
  wang = await signedIn(story.wang)
})
afterEach(() => story.close())

const page = async (who: Customer, query = '') => (await who.call<CouponPage>('GET', `/api/me/coupons${query}`)).body
const claim = (who: Customer, coupon: string, key?: string) =>
  who.call<{ coupon: { id: string }; error: { message: string } }>(
    'POST',
    `/api/me/coupons/${coupon}/claim`,
    {},
    key ? { 'idempotency-key': key } : {},
  )
const grant = (template: string, key: string) =>
  story.db.write((tx) => grantCoupon(tx, { customerId: wang, template, key, by: SYSTEM }))
const use = (id: string, purchase: Purchase) => story.db.write((tx) => useCoupon(tx, wang, id, purchase))
const refused = async (work: Promise<unknown>) =>
  work.then(
    () => 'it went through',
    (error: { why: string }) => error.why,
  )

test('a coupon is offered, taken once, shown, and offered no more', async () => {
  const before = await page(story.wang)
  assert.deepEqual(before.coupons, [])
  assert.deepEqual(before.offers, [
    { coupon: 'few', title: '限量券', terms: '满 10 元可用', worth: '￥5' },
    { coupon: 'hundred', title: '抢券', terms: '全场通用', worth: '8 折' },
  ])

  const [one, again] = await Promise.all([claim(story.wang, 'few', 'tap'), claim(story.wang, 'few', 'tap')])
  assert.deepEqual([one.status, again.status, one.body.coupon.id], [201, 201, again.body.coupon.id])
  const more = await claim(story.wang, 'few')
  assert.deepEqual([more.status, more.body.error.message], [409, '每人限领 1 张，您已经领过了。'])

  const after = await page(story.wang)
  assert.deepEqual(
    after.offers.map(({ coupon }) => coupon),
    ['hundred'],
  )
  const [card] = after.coupons
  // Seven days, to the end of the last one.
  assert.deepEqual(
    [card?.worth, card?.state, new Date((card?.lastAt ?? 0) + 1).toISOString()],
    ['￥5', 'usable', '2026-11-30T16:00:00.000Z'],
  )
  assert.equal((await happened(story, 'coupon.claimed')).length, 1)
  assert.equal((await page(story.li)).coupons, undefined, 'whoever has not signed in sees nothing')
})

test('it is used for an order, given back when that comes to nothing, and used for another', async () => {
  const { body } = await claim(story.wang, 'few')
  const { id } = body.coupon
  assert.equal(await refused(use(id, { order: 'R1', amount: 999 })), 'coupon_below')
  assert.equal(await use(id, { order: 'R1', amount: 1000 }), 500)
  assert.equal(await use(id, { order: 'R1', amount: 1000 }), 500, 'the same again is the same use')
  assert.equal(await refused(use(id, { order: 'R2', amount: 5000 })), 'coupon_used')
  assert.equal((await happened(story, 'coupon.used')).length, 1)
  assert.deepEqual(
    (await page(story.wang, '?tab=used')).coupons.map((card) => card.id),
    [id],
  )

  assert.equal(await story.db.write((tx) => returnCoupon(tx, id, 'R1')), true)
  assert.equal(await story.db.write((tx) => returnCoupon(tx, id, 'R1')), false)
  assert.deepEqual(
    (await page(story.wang)).coupons.map(({ state }) => state),
    ['usable'],
  )
  assert.equal(await use(id, { order: 'R2', amount: 5000 }), 500)
  // A refund of the first order that comes again does not touch the second.
  assert.equal(await story.db.write((tx) => returnCoupon(tx, id, 'R1')), false)
  assert.equal((await page(story.wang, '?tab=used')).coupons.length, 1)
  await story.li.signIn()
  assert.equal(
    await refused(story.db.write((tx) => useCoupon(tx, 'somebody else', id, { order: 'X', amount: 5000 }))),
    'coupon',
  )
})

test('of two orders at once one gets it', async () => {
  const { body } = await claim(story.wang, 'few')
  const results = await Promise.all(
    ['A', 'B', 'C', 'D'].map((order) => refused(use(body.coupon.id, { order, amount: 2000 }))),
  )
  assert.deepEqual(results.sort(), ['coupon_used', 'coupon_used', 'coupon_used', 'it went through'])
})

test('its time comes and goes by itself, also over a restart; what is given back too late is over', async () => {
  const early = await claim(story.wang, 'later')
  assert.equal(early.body.error.message, '还没有开始领取，请稍后再来。')
  const { body } = await claim(story.wang, 'few')
  await use(body.coupon.id, { order: 'R1', amount: 2000 })
  await claim(story.wang, 'hundred')
  await story.restart()
  await story.later('8 d')
  assert.deepEqual(
    (await happened(story, 'coupon.expired')).map(({ coupon }) => coupon),
    ['hundred'],
  )
  assert.deepEqual(
    (await page(story.wang, '?tab=expired')).coupons.map(({ title }) => title),
    ['抢券'],
  )
  await story.db.write((tx) => returnCoupon(tx, body.coupon.id, 'R1'))
  assert.equal(await refused(use(body.coupon.id, { order: 'R2', amount: 2000 })), 'coupon_over')

  const [open] = (await page(story.wang)).offers.filter(({ coupon }) => coupon === 'later')
  assert.equal(open?.worth, '免单')
  const taken = await claim(story.wang, 'later')
  assert.equal((await page(story.wang)).coupons[0]?.state, 'later')
  assert.equal(await refused(use(taken.body.coupon.id, { order: 'R3', amount: 1 })), 'coupon_early')
  await story.later('31 d')
  assert.equal(await use(taken.body.coupon.id, { order: 'R3', amount: 777 }), 777)
})

test('what rules give is named by its key, keeps the terms of its day, and is no matter of one’s share', async () => {
  const first = await grant('gift', 'rule-1')
  assert.equal((await grant('gift', 'rule-1')).id, first.id)
  assert.notEqual((await grant('gift', 'rule-2')).id, first.id)
  const own = await claim(story.wang, 'gift')
  assert.deepEqual([own.status, own.body.error.message], [404, '没有这种优惠券，或活动已经结束。'])
  await writeFile(
    join(story.templates, 'packs/service-desk/coupons/gift.yaml'),
    'coupon: gift\ntitle: 小礼物\nterms: 骑行\noff: { percent: 1 }\nvalid: { for: 1 d }\n',
  )
  assert.deepEqual(await useLoyalty(story.running.house), [])
  assert.equal(await refused(use(first.id, { order: 'R1', amount: 10_000 })), 'coupon_scope')
  assert.equal(await use(first.id, { order: 'R1', amount: 10_000, kinds: ['card', 'ride'] }), 300)

  const [word] = loyaltyWords(story.running.house.words)
  const turn = { key: 'run:1', customerId: wang }
  const said = await story.db.write((tx) => word.run(tx, turn, word.args.parse({ coupon: 'gift' })))
  await story.db.write((tx) => word.run(tx, turn, word.args.parse({ coupon: 'gift' })))
  assert.deepEqual((said.coupon as { title: string; worth: string }).worth, '9.9 折')
  assert.equal((await page(story.wang)).coupons.filter(({ title }) => title === '小礼物').length, 1)
})

test('a pack with a mistake is not taken: file, line and reason are told, what was in force stays', async () => {
  const pack = join(story.templates, 'packs/service-desk')
  await appendFile(join(pack, 'coupons/few.yaml'), 'colour: red\n')
  await writeFile(
    join(pack, 'coupons/again.yaml'),
    'coupon: few\ntitle: x\nterms: x\noff: { percent: 101 }\nvalid: { for: ever }\n',
  )
  await writeFile(join(pack, 'loyalty.yaml'), 'points: { expire: { after: 365 d, to: whenever } }\n')
  const problems = await useLoyalty(story.running.house)
  assert.deepEqual(problems.map(({ file, line }) => `${file}:${line}`).sort(), [
    'service-desk/coupons/again.yaml:4',
    'service-desk/coupons/again.yaml:5',
    'service-desk/coupons/few.yaml:1',
    'service-desk/loyalty.yaml:1',
  ])
  assert.equal((await claim(story.wang, 'few')).status, 201)
})
