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

test('a customer tells of themselves, adds a paper, says no, takes all along, and is forgotten with proof', async () => {
  const { phone } = desk
  const fill = (text: string) => phone.app.locator('input').filter({ visible: true }).last().fill(text)
  const back = async () => {
    const frame = desk.page.frames().find((one) => one.url().includes('/app/'))
    // A page that is still coming in cannot be left yet.
    await frame?.waitForFunction('document.getAnimations().every(({ playState }) => playState !== "running")')
    await frame?.evaluate('history.back()')
    await phone.sees('版本')
  }
  await phone.signIn()
  await phone.tap('我的')
  await phone.sees('隐私与数据')
  await desk.shot('me', phone.shell)

  await phone.tap('个人资料')
  await phone.sees('常骑的车')
  await phone.tap('助力车')
  await phone.sees('已保存')
  await phone.tap('常住地区')
  await fill('杭州西湖区')
  await phone.tap(/^保存$/)
  await phone.sees('杭州西湖区')
  await phone.tap('邮箱')
  await fill('wang@example.com')
  await phone.tap('发送验证码')
  await phone.sees(/验证码已发到/)
  await desk.shot('profile-email', phone.shell)
  await phone.tap('换个邮箱，或重新发送')
  await phone.app.locator('.sheet-close').filter({ visible: true }).last().click()
  await desk.shot('profile', phone.shell)
  await back()

  await phone.tap('证件')
  await phone.sees('还没有添加证件')
  await desk.shot('papers-empty', phone.shell)
  await phone.tap('添加证件')
  await phone.app.locator('input').filter({ visible: true }).first().fill('11010519491231002X')
  await desk.shot('papers-add', phone.shell)
  await phone.tap(/^保存$/)
  await phone.sees('11010519******002X')
  await desk.shot('papers', phone.shell)
  await back()

  await phone.tap('消息与授权')
  await phone.sees('短信优惠')
  await desk.shot('consents', phone.shell)
  await back()

  await phone.tap('隐私与数据')
  await phone.tap('开始整理')
  await phone.sees('复制下载链接')
  await desk.shot('privacy', phone.shell)
  await phone.tap('申请删除')
  await phone.tap('确定删除')
  await phone.sees('您的资料已删除')
  await phone.sees('登录与联系方式')
  await desk.shot('proof', phone.shell)
  await phone.tap('我知道了')
  await phone.tap('我的')
  await phone.sees('微信一键登录')
  const rows = await desk.running.house.db.read((tx) => tx.query('SELECT id FROM customer_documents'))
  assert.deepEqual(rows, [])
  assert.deepEqual(desk.troubles, [])
})
