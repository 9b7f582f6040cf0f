import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { jpeg } from '../pictures.ts'
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

test('a rider scans a bike that is broken; somebody comes, repairs it with a photo, and the rider is thanked', async () => {
  const { phone, zhao } = desk
  await phone.signIn()
  await desk.shot('fault-home')
  await desk.room('城市')
  const code = await phone.scan()
  await desk.mapShows(code, 'available')
  await phone.sees('可以使用')
  await desk.shot('fault-scanned', phone.shell)

  await phone.tap('扫一扫车上的二维码')
  await phone.tap('车锁打不开')
  // At its first use the purpose is asked for in a plain sentence.
  await phone.tap('使用当前位置')
  await phone.sees(/您上报问题时使用手机的当前位置/)
  await desk.shot('fault-location-asked', phone.shell)
  await phone.decide('不同意')
  await phone.sees('没有取得位置，您可以直接写地址。')
  await phone.locate({ words: /您上报问题时使用手机的当前位置/ })
  await phone.addPhoto(await jpeg())
  await phone.app.locator('textarea').filter({ visible: true }).first().fill('锁舌卡住了，扫码后只响一声。')
  await desk.shot('fault-form', phone.shell)
  await phone.tap('提交报修')
  await phone.allow()
  await phone.sees('车已停用，由附近的师傅维修')
  const broken = await desk.mapShows(code, 'non_operational')
  assert.match((await broken.getAttribute('class')) ?? '', /in-case/)
  await desk.shot('fault-reported', phone.shell)
  await phone.checked()

  await desk.room('外勤与财务')
  const card = await zhao.card('上门维修', code)
  for (const fact of ['车锁打不开', '距您约', '1 张，点「看照片」']) await card.shows(fact)
  await card.menu('看地图')
  await zhao.line('打开地图')
  await desk.shot('fault-card', card)
  await card.press('受理')
  await phone.sees('赵磊 正在赶来')
  await phone.sees(/预计 \d\d:\d\d 前到/)
  await desk.shot('fault-coming', card, phone.shell)
  await desk.room('城市')
  await desk.page.locator('.city-way').waitFor()
  await desk.shot('fault-way')
  await desk.room('外勤与财务')
  await card.press('我到了')
  await phone.sees('赵磊 已到现场')
  await desk.shot('fault-there', card, phone.shell)

  await card.choose('已修好，可投放')
  await card.press('完成')
  await zhao.line('请发送「现场照片」')
  await zhao.says('完成')
  await zhao.line(/还缺照片：「现场照片」|「现场照片」至少要|请上传「现场照片」/)
  await phone.sees('处理中')
  await desk.shot('fault-refused', zhao)
  await zhao.sends(await jpeg(900, 600))
  await zhao.line('已收到第 1 张照片')
  await zhao.says('完成')
  await card.closed(/赵磊 已于/)
  await desk.shot('fault-done', zhao)

  await phone.sees('谢谢您的反映')
  await phone.sees('问题已解决，赠送您 20 积分。')
  await desk.room('城市')
  await desk.mapShows(code, 'available')
  await desk.shot('fault-thanks', phone.shell)
  const notice = await phone.notice('谢谢您的反映，问题已解决')
  await desk.shot('fault-notice', phone.shell)
  await notice.getByRole('button', { name: '进入小程序查看' }).click()
  await phone.rate({ csat: 5, nps: 10, said: '十分钟就修好了' })
  await phone.sees('推荐意愿 10 分')
  await desk.shot('fault-rated', phone.shell)
  assert.deepEqual(desk.troubles, [])
})
