import assert from 'node:assert/strict'
import { tagsOf } from '../../server/domain/segments/tags.ts'
import {
  clickMail,
  coupons,
  happened,
  laterWithRestart,
  mails,
  openBusiness,
  openMail,
  outcomes,
  texts,
} from '../automations.ts'
import { onEachChat, type Story } from '../harness.ts'
import { giveEmail } from '../letters.ts'
import { deeds, happens, idOf } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
let wang: string
afterEach(() => story.close())

const tagsNow = async (id: string) => (await story.db.read((tx) => tagsOf(tx, id))).map(({ tag }) => tag)

test('cart: 30 minutes unpaid, an SMS with an offer; after a day another coupon and a push', async () => {
  ;({ story, wang } = await openBusiness('mall'))
  await happens(story, wang, 'cart.added', { product: 'P1', items: 1 })
  await laterWithRestart(story, '20 min', '9 min')
  assert.deepEqual(texts(story), [])
  await story.later('1 min')
  assert.equal(texts(story).length, 1)
  assert.match(texts(story)[0] ?? '', /购物车里还有商品没付款.*9 折/)
  assert.deepEqual(await coupons(story.wang), ['购物车专享 9 折'])
  const before = story.wang.inbox().length
  await laterWithRestart(story, '12 h', '11 h')
  assert.equal(story.wang.inbox().length, before)
  await story.later('31 min')
  assert.match(story.wang.inbox().at(-1) ?? '', /￥15券已放入账户/)
  assert.deepEqual((await coupons(story.wang)).sort(), ['购物车专享 9 折', '购物车加码券 ￥15'])
  assert.deepEqual(await outcomes(story, 'cart'), ['completed'])
})

test('cart: paid before the half hour is over, or emptied in the day: nothing more comes', async () => {
  ;({ story, wang } = await openBusiness('mall'))
  const li = await idOf(story, story.li)
  await happens(story, wang, 'cart.changed', { items: 2 })
  await happens(story, li, 'cart.added', { items: 1 })
  await story.later('20 min')
  await happens(story, wang, 'order.paid', { order: 'O1', amount: 9900 })
  await story.restart()
  await story.later('20 min')
  assert.deepEqual(texts(story), [], 'who has paid is left alone')
  assert.equal(texts(story, story.li.user.phone).length, 1)
  await story.restart()
  await story.later('2 h')
  const before = story.li.inbox().length
  await happens(story, li, 'cart.changed', { items: 0 })
  await story.later('2 d')
  assert.equal(story.li.inbox().length, before)
  assert.deepEqual(await outcomes(story, 'cart'), ['stopped', 'stopped'])
})

onEachChat((open) => {
  test('seven days without an order: a guide and a call; opened without a click, a second mail with a coupon', async () => {
    ;({ story, wang } = await openBusiness('mall', {}, open))
    await laterWithRestart(story, '4 d', '2 d')
    assert.deepEqual(mails(story), [])
    await story.later('1 d')
    assert.equal(mails(story).length, 1)
    assert.match(mails(story)[0] ?? '', /第一次用迎客商城，从这里开始/)
    const card = JSON.stringify(story.lin.card('注册 7 天没有下单'))
    assert.match(card, /问问在找什么/)
    assert.match(card, /第一单可以用新人券/, 'the talking points of the pack stand on the card')
    await openMail(story)
    await laterWithRestart(story, '2 d', '22 h')
    assert.equal(mails(story).length, 1)
    await story.later('4 h')
    assert.equal(mails(story).length, 2)
    assert.match(mails(story)[1] ?? '', /￥20券送给您/)
    assert.deepEqual(await coupons(story.wang), ['新人见面礼 ￥20'])
    assert.doesNotMatch(story.lin.read(), /高意向客户/)
    assert.deepEqual(await tagsNow(wang), [])
    assert.deepEqual(await outcomes(story, 'newcomer'), ['completed'])
  })

  test('clicked without an order: a tag and an alert to call', async () => {
    ;({ story, wang } = await openBusiness('mall', {}, open))
    await story.later('7 d')
    await openMail(story)
    await clickMail(story)
    await laterWithRestart(story, '1 d', '2 d')
    await story.later('2 min')
    assert.deepEqual(await tagsNow(wang), ['高意向'])
    assert.match(story.lin.lastLine(), /【高意向客户，请尽快致电】点开了指南里的链接[\s\S]*王\*\* 138\*\*\*\*1234/)
    assert.equal(mails(story).length, 1)
    assert.deepEqual(await outcomes(story, 'newcomer'), ['ended'])
  })

  test('a valuable buyer without an order for 60 days: the card has tags, history and points; each answer leads on', async () => {
    ;({ story, wang } = await openBusiness('mall', {}, open))
    const { lin, zhou } = story
    await lin.says('打电话给 王晓梅，喜欢简单包装')
    await lin.press('喜欢简单包装', 'yes')
    for (const days of [40, 42, 44, 46]) await happened(story, wang, days, 'order.paid', { amount: 60_000 })
    for (const days of [41, 43, 45]) await happened(story, wang, days, 'coupon.used', { coupon: 'newcomer' })
    await story.settle()
    await laterWithRestart(story, '10 d', '9 d')
    assert.doesNotMatch(lin.read(), /高价值客户 60 天没有下单/)
    await laterWithRestart(story, '30 h', '18 h')
    const card = () => JSON.stringify(lin.card('高价值客户 60 天没有下单'))
    for (const words of ['喜欢简单包装', '高价值买家', '价格敏感', '用券较多：先说现在有哪些优惠', '上次下单'])
      assert.ok(card().includes(words), `${words}\n${card()}`)
    assert.deepEqual(zhou.cards(), [])
    // Another day first: the rule waits for what comes of it.
    await lin.press('高价值客户 60 天没有下单', 'later', { later: lin.option('高价值客户 60 天没有下单', '后天上午') })
    await laterWithRestart(story, '1 d', '30 h')
    await lin.press('第 2 次提醒', 'lost')
    await lin.says('1')
    assert.match(zhou.lastLine(), /【高价值客户流失】林小雨记录：客户已流失（价格），请关注。/)
    const { body } = await story.running.house.db.read(async (tx) => ({
      body: await tx.query<{ stage: string; reason: string }>(
        'SELECT stage, reason FROM customer_stages WHERE customerId = ? AND leftAt IS NULL',
        [wang],
      ),
    }))
    assert.deepEqual(
      body.map(({ stage, reason }) => [stage, reason]),
      [['lost', '价格']],
    )
    assert.deepEqual(await outcomes(story, 'value_buyer_dormant'), ['completed'])
  })

  test('a valuable buyer: not reached is called again, an order ends it and the card says so', async () => {
    ;({ story, wang } = await openBusiness('mall', {}, open))
    const { lin } = story
    for (const days of [57, 58, 58, 59]) await happened(story, wang, days, 'order.paid', { amount: 60_000 })
    await story.later('4 d')
    await lin.press('高价值客户 60 天没有下单', 'not_reached')
    await laterWithRestart(story, '12 h', '3 d')
    assert.match(JSON.stringify(lin.card('再联系一次：高价值客户')), /高价值买家/)
    await happens(story, wang, 'order.placed', { order: 'O9' })
    await story.later('1 min')
    assert.deepEqual(
      await outcomes(story, 'value_buyer_dormant'),
      ['completed'],
      (await deeds(story, 'value_buyer_dormant')).join(),
    )
  })
})

test('an order before the three days are over: nobody is called, and no second mail', async () => {
  ;({ story, wang } = await openBusiness('mall'))
  await story.later('7 d')
  await clickMail(story)
  await story.later('1 d')
  await happens(story, wang, 'order.paid', { amount: 100 })
  assert.match(JSON.stringify(story.lin.card('注册 7 天没有下单')), /客户已有新进展，不用再联系/)
  await story.restart()
  await story.later('4 d')
  assert.deepEqual(await outcomes(story, 'newcomer'), ['stopped'])
  assert.deepEqual(await tagsNow(wang), [])
  assert.equal(mails(story).length, 1)
})

test('one cap and one quiet night over all that ships: what may not go waits, too late it is left out', async () => {
  ;({ story, wang } = await openBusiness('mall'))
  const li = await idOf(story, story.li)
  await giveEmail(story, li, 'liqiang@example.com')
  // Seven days after both came, on a birthday, with things in the cart: three rules on one morning.
  await happens(story, wang, 'customer.profiled', { birthday: '11-30' })
  await story.later('6 d')
  await story.later('23 h')
  await story.later('10 min')
  await happens(story, wang, 'cart.added', { items: 1 })
  await story.later('3 h')
  const told = () => [...mails(story).map(() => 'mail'), ...texts(story).map(() => 'sms')]
  assert.deepEqual(told(), ['mail'], 'one a day: the birthday card came first')
  assert.match(mails(story)[0] ?? '', /生日快乐/)
  assert.match((await deeds(story, 'newcomer')).join(), /held notify_customer/)
  assert.match((await deeds(story, 'cart')).join(), /capped notify_customer/, 'its patience is shorter than a night')
  await story.restart()
  await story.later('22 h')
  assert.deepEqual(told(), ['mail', 'mail'], 'the next morning, after nine, the other')
  assert.match(mails(story)[1] ?? '', /从这里开始/)
  // At night nothing rings; in the morning it does.
  story.clock.set(Date.parse('2026-12-07T21:40:00+08:00'))
  await happens(story, li, 'cart.added', { items: 1 })
  await story.later('2 h')
  assert.deepEqual(texts(story, story.li.user.phone), [])
  await story.restart()
  await story.later('10 h')
  assert.equal(texts(story, story.li.user.phone).length, 1)
})
