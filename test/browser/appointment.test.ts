import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { type Desk, openBrowser, openDesk } from './browser.ts'

let browser: Browser
let desk: Desk
before(async () => {
  browser = await openBrowser()
  desk = await openDesk(browser, 'service-desk,mall')
})
afterEach(() => desk.shot('appointment-last'))
after(async () => {
  await desk?.close()
  await browser?.close()
})

test('a time is booked with somebody, moved, and called off', async () => {
  const { phone } = desk
  await phone.signIn()
  await phone.tap('服务预约')
  await phone.sees('可以预约的服务')
  await phone.sees('皮具护理')
  await desk.shot('appointment-services', phone.shell)
  await phone.tap('皮具护理')
  await phone.tap(/^12:30$/)
  await desk.shot('appointment-slots', phone.shell)
  await phone.tap('预约 今天 12:30')
  await phone.allow()
  await phone.sees('我的预约')
  await phone.sees('今天 12:30')
  await desk.shot('appointment-booked', phone.shell)

  await phone.tap('改时间')
  await phone.tapFirst('周三')
  await phone.tap(/^14:00$/)
  await desk.shot('appointment-move', phone.shell)
  await phone.tap(/^改到 /)
  await phone.refuse()
  await phone.sees(/14:00$/)
  await desk.shot('appointment-moved', phone.shell)

  await phone.tap('取消预约')
  await phone.sees('确定取消这次预约吗？')
  await phone.decide('确定取消')
  await phone.text('改时间').waitFor({ state: 'detached' })
  await desk.shot('appointment-cancelled', phone.shell)
  await phone.home()
  assert.deepEqual(desk.troubles, [])
})
