import assert from 'node:assert/strict'
import { useCoupon } from '../../server/domain/loyalty/coupons.ts'
import type { CouponPage, PointsPage } from '../../server/domain/loyalty/view.ts'
import {
  coupons,
  happened,
  laterWithRestart,
  mails,
  newest,
  openBusiness,
  outcomes,
  PHONE,
  texts,
} from '../automations.ts'
import { type HouseOptions, onEachChat, openStory, type Story, Worker } from '../harness.ts'
import { happens } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
let wang: string
afterEach(() => story.close())

/** A rental store: 吴倩, clerk; 郑凯, its manager. */
async function openStore(open: (options?: HouseOptions) => Promise<Story> = openStory): Promise<void> {
  ;({ story, wang } = await openBusiness(
    'car-rental',
    {
      prepare(opening) {
        opening.hire('wuqian', '吴倩', { position: '门店顾问', departments: [1], directLeaders: ['zhengkai'] })
        opening.hire('zhengkai', '郑凯', { position: '门店经理', departments: [1] })
      },
    },
    open,
  ))
}

test('a birthday: a poster with the name and a coupon of 20 % for 30 days, which can be used; before it ends, a word', async () => {
  await openStore()
  await happens(story, wang, 'customer.profiled', { birthday: '1990-11-26' })
  await laterWithRestart(story, '1 d', '1 d')
  assert.deepEqual(mails(story), [])
  await story.later('1 d')
  assert.deepEqual(mails(story), ['王晓梅，生日快乐'])
  const mail = newest(story)
  const [picture] = mail.pictures
  const png = await story.sandbox.smtp?.picture(mail.id, picture?.cid ?? '')
  assert.deepEqual([...(png?.bytes.subarray(1, 4) ?? [])], [...Buffer.from('PNG')])
  assert.match(mail.html, /8 折/)
  const page = await story.wang.call<CouponPage>('GET', '/api/me/coupons')
  const [coupon] = page.body.coupons
  // Thirty days, to the end of the last one.
  assert.equal(new Date((coupon?.lastAt ?? 0) + 1).toISOString(), '2026-12-26T16:00:00.000Z')
  await laterWithRestart(story, '20 d', '6 d')
  const before = story.wang.inbox().length
  await story.later('1 d')
  assert.equal(story.wang.inbox().length, before + 1)
  assert.match(story.wang.inbox().at(-1) ?? '', /生日礼遇还没有用/)
  const off = await story.db.write((tx) => useCoupon(tx, wang, coupon?.id ?? '', { order: 'R1', amount: 50_000 }))
  assert.equal(off, 10_000)
  assert.deepEqual(await outcomes(story, 'birthday'), ['completed'])
})

test('a birthday coupon that was used is not spoken of again; without a mail address it goes by SMS', async () => {
  await openStore()
  await story.db.write((tx) => tx.run(`DELETE FROM customer_identities WHERE kind = 'email'`))
  await happens(story, wang, 'customer.profiled', { birthday: '11-24' })
  await story.later('1 d')
  assert.match(texts(story).join(), /生日快乐.*8 折/)
  const page = await story.wang.call<CouponPage>('GET', '/api/me/coupons')
  await story.db.write((tx) => useCoupon(tx, wang, page.body.coupons[0]?.id ?? '', { order: 'R1', amount: 50_000 }))
  await story.settle()
  await laterWithRestart(story, '10 d', '20 d')
  assert.doesNotMatch(story.wang.inbox().join(), /还没有用/)
  assert.deepEqual(await outcomes(story, 'birthday'), ['stopped'])
})

onEachChat((open) => {
  test('the day after a return: a survey, and points for answering it; the store reads it', async () => {
    await openStore(open)
    const wu = new Worker(story, 'wuqian')
    await happens(story, wang, 'rental.returned', { rental: 'R1', model: '大众朗逸', class: 'sedan' })
    await laterWithRestart(story, '10 h', '13 h')
    assert.doesNotMatch(story.wang.inbox().join(), /这次用车还满意吗/)
    await story.later('1 h')
    assert.match(story.wang.inbox().at(-1) ?? '', /这次用车还满意吗/)
    await laterWithRestart(story, '1 d', '1 h')
    await story.wang.files('rental_survey', { overall: 'poor', car: 'dirty', words: '车里有烟味' })
    assert.match(JSON.stringify(wu.card('看问卷')), /不满意/)
    const { body } = await story.wang.call<PointsPage>('GET', '/api/me/points')
    assert.deepEqual([body.balance, body.lines.map(({ text, points }) => [text, points])], [100, [['参与问卷', 100]]])
    assert.match(story.wang.inbox().join(), /100 积分已到账/)
    assert.deepEqual(await outcomes(story, 'after_return'), ['completed'])
  })

  test('a valuable renter without an order for 60 days: the card has preferences and points, and nobody answering it is told', async () => {
    await openStore(open)
    const [wu, zheng] = [new Worker(story, 'wuqian'), new Worker(story, 'zhengkai')]
    for (const days of [50, 52, 57]) {
      await happened(story, wang, days, 'order.paid', { amount: 300_000 })
      await happened(story, wang, days - 1, 'rental.returned', { model: '途观 L', class: 'suv', seats: 5, days: 3 })
    }
    await laterWithRestart(story, '5 d', '4 d')
    assert.doesNotMatch(wu.read(), /高价值客户/)
    await laterWithRestart(story, '20 h', '30 h')
    const card = JSON.stringify(wu.card('高价值客户 60 天没有下单'))
    for (const words of ['偏好 SUV', '喜欢 SUV：有新到的 SUV', '上次租的是途观 L', '王** 138****1234'])
      assert.ok(card.includes(words), `${words}\n${card}`)
    assert.doesNotMatch(card, new RegExp(PHONE))
    await laterWithRestart(story, '1 d', '3 d')
    assert.match(
      zheng.read(),
      /【高价值客户没有人联系】发给吴倩的回访卡已等了 3 个工作日没有结果（客户 60 天没有下单）/,
    )
    assert.deepEqual(await outcomes(story, 'value_renter_dormant'), ['ended'])
  })
})

test('a survey is not asked of whoever has a dispute, and unanswered it ends by itself', async () => {
  await openStore()
  await happens(story, wang, 'rental.returned', { rental: 'R1' })
  await happens(story, wang, 'ticket.opened', { kind: 'rental_appeal' })
  await story.restart()
  await story.later('2 d')
  assert.doesNotMatch(story.wang.inbox().join(), /用车还满意吗/)
  await happens(story, wang, 'rental.returned', { rental: 'R2' })
  await laterWithRestart(story, '1 d', '4 d')
  assert.deepEqual(await outcomes(story, 'after_return'), ['stopped', 'ended'])
  assert.deepEqual(await coupons(story.wang), [])
})

test('a licence: thirty days before it ends, and three days before; a new one ends the reminders', async () => {
  await openStore()
  /** The last instant of a day so many days ahead, as papers tell it. */
  const at = (days: number) => {
    const day = new Date(story.clock.now() + (days * 24 + 8) * 3_600_000).toISOString().slice(0, 10)
    return Date.parse(`${day}T23:59:59+08:00`)
  }
  await happens(story, wang, 'document.added', { kind: 'driving_licence', expires_at: at(32) })
  await laterWithRestart(story, '1 d', '20 h')
  assert.doesNotMatch(story.wang.inbox().join(), /驾照/)
  await story.later('4 h')
  assert.match(story.wang.inbox().at(-1) ?? '', /驾照 2026年12月25日 到期/)
  await laterWithRestart(story, '20 d', '6 d')
  const told = story.wang.inbox().length
  await story.later('1 d')
  assert.equal(story.wang.inbox().length, told + 1)
  assert.deepEqual(await outcomes(story, 'licence_expires'), ['completed'])

  await happens(story, wang, 'document.added', { kind: 'driving_licence', expires_at: at(31) })
  await story.later('1 d')
  assert.equal(story.wang.inbox().length, told + 2)
  await story.restart()
  await happens(story, wang, 'document.added', { kind: 'driving_licence', expires_at: at(3000) })
  await story.later('40 d')
  assert.equal(story.wang.inbox().length, told + 2)
  assert.deepEqual(await outcomes(story, 'licence_expires'), ['completed', 'stopped'])
})
