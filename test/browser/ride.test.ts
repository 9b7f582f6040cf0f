import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
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

/** The rider shuts the lock, by the bike's card on the map. */
async function shut(code: string): Promise<void> {
  const sign = await desk.mapShows(code, 'on_trip')
  await sign.click()
  await desk.page.getByRole('button', { name: '骑到附近，手动关锁' }).click()
  await desk.mapShows(code, 'available')
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

  await phone.home()
  const next = await phone.scan()
  await phone.tap('扫码开锁')
  await phone.sees('骑行中')
  await desk.later('+1 小时')
  await shut(next)
  await phone.sees('待支付')
  await desk.shot('ride-bill', phone.shell)
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
  await phone.tap('￥15.00 购买')
  await phone.answer('确认支付')
  await phone.sees('我的骑行卡')
  await desk.shot('ride-card', phone.shell)
  assert.deepEqual(desk.troubles, [])
})
