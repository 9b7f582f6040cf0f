import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { type Desk, openBrowser, openDesk } from './browser.ts'

let browser: Browser
let desk: Desk
before(async () => {
  browser = await openBrowser()
  desk = await openDesk(browser, 'service-desk,b2b')
})
afterEach(() => desk.shot('quote-last'))
after(async () => {
  await desk?.close()
  await browser?.close()
})

test('a customer asks what it costs; the consultant answers with a quote, which opens on the phone', async () => {
  const { phone } = desk
  await phone.signIn()
  await phone.tap('留下需求，30 分钟内有顾问联系')
  await phone.tap(/^报价$/)
  await phone.tap('专业版')
  for (const [label, text] of [
    ['使用人数', '20'],
    ['公司', '杭州云帆智能制造有限公司'],
    ['联系人', '顾明喆'],
    ['手机', '13800001234'],
  ] as const)
    await phone.fillField(label, text)
  await phone.tap('华东')
  await desk.shot('quote-form', phone.shell)
  await phone.tap(/^提交$/)
  await phone.allow()

  const seller = await desk.whoHas('首次联系', '云帆')
  const call = await seller.card('首次联系', '云帆')
  await desk.shot('quote-card', call)
  await call.choose('要报价')
  await call.press('记录结果')
  await seller.line('请回复「产品和数量」')
  await seller.says('好')
  await phone.sees('报价单（第 1 版）')
  await desk.shot('quote-phone', phone.shell)
  const quote = await desk.paper('报价单（第 1 版）', /\/d\/|documents|pdf/)
  for (const words of ['报价单', '杭州云帆智能制造有限公司', '48,000.00']) assert.ok(quote.includes(words), quote)
  assert.deepEqual(desk.troubles, [])
})
