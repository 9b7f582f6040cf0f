import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { grantCoupon } from '../../server/domain/loyalty/coupons.ts'
import { type Desk, openBrowser, openDesk } from './browser.ts'

let browser: Browser
let desk: Desk
before(async () => {
  browser = await openBrowser()
  desk = await openDesk(browser, 'service-desk,bike-share')
})
after(async () => {
  await desk?.close()
  await browser?.close()
})

/** The rider comes to the next station, or to a park where no ride may end, and shuts the lock, by the bike's card on the map. */
async function shut(code: string, where = /^骑到.*站，手动关锁$/): Promise<void> {
  const sign = await desk.mapShows(code, 'on_trip')
  await sign.click()
  await desk.page.getByRole('button', { name: where }).click()
}

/** The rider gets coupons, as rules give them. */
async function giveCoupons(...templates: string[]): Promise<void> {
  await desk.running.house.db.write(async (tx) => {
    const [rider] = await tx.query<{ id: string }>('SELECT customerId AS id FROM rides LIMIT 1')
    for (const template of templates)
      await grantCoupon(tx, { customerId: rider?.id ?? '', template, key: 'given', by: { type: 'system' } })
  })
}

test('a rider scans a bike and rides it for nothing; the next ride is paid on the phone, and a card is bought', async () => {
  const { phone } = desk
  await phone.signIn()
  await desk.room('城市')
  const code = await phone.scan()
  await phone.sees('首次骑行 30 分钟内免费')
  await desk.shot('ride-scanned', phone.shell)
  await phone.tap('扫码开锁')
  await phone.sees('骑行中')
  await desk.shot('ride-riding', phone.shell)
  await phone.tap('临时停车')
  await phone.sees('临时停车中，时间继续计算。')
  await desk.shot('ride-paused', phone.shell)
  await phone.tap('继续骑行')
  await phone.sees('到达后，手动关锁即可还车。')
  await desk.later('+10 分钟')
  await shut(code)
  await phone.sees('首次骑行免费')
  await phone.sees('已完成')
  await desk.shot('ride-free', phone.shell)

  await giveCoupons('near_zone', 'birthday')
  await phone.home()
  const next = await phone.scan()
  await phone.tap('扫码开锁')
  await phone.sees('骑行中')
  await phone.sees(/优惠券/)
  await desk.later('+1 小时')
  await shut(next)
  await phone.sees('待支付')
  await phone.sees('静安骑行券 -￥2.00')
  await desk.shot('ride-bill', phone.shell)
  const price = await phone.text(/^支付 ￥/).textContent()
  await phone.tap('静安骑行券 -￥2.00')
  await desk.shot('ride-coupons', phone.shell)
  await phone.popup('不使用优惠券')
  await phone.sees('不使用，有 2 张可用')
  assert.notEqual(await phone.text(/^支付 ￥/).textContent(), price)
  await phone.tap('不使用，有 2 张可用')
  await phone.popup('静安骑行券')
  await phone.sees('静安骑行券 -￥2.00')
  assert.equal(await phone.text(/^支付 ￥/).textContent(), price)
  await phone.tap(/^支付 ￥/)
  await desk.shot('ride-sheet', phone.shell)
  await phone.answer('确认支付')
  await phone.sees('已完成')
  await phone.sees('费用不对？申诉')
  await desk.shot('ride-paid', phone.shell)

  await phone.home()
  await phone.tap('我的')
  await phone.tap('我的骑行')
  await desk.shot('ride-mine', phone.shell)
  await phone.sees('骑行月卡')
  await desk.shot('ride-cards', phone.shell)
  await phone.sees('生日礼遇 -￥3.00，点此更换')
  await phone.tap('￥12.00 购买')
  await phone.answer('确认支付')
  await phone.sees('我的骑行卡')
  await desk.shot('ride-card', phone.shell)

  // The card pays for the way, not for leaving the bike where it may not stand.
  await phone.home()
  const last = await phone.scan()
  await phone.tap('扫码开锁')
  await phone.sees('骑行中')
  await desk.later('+10 分钟')
  await shut(last, /禁停/)
  await phone.sees('骑行月卡抵扣')
  await phone.sees('违停调度费')
  await phone.sees('支付 ￥5.00')
  await desk.shot('ride-no-parking', phone.shell)
  assert.deepEqual(desk.troubles, [])
})
