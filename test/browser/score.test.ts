import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { type Desk, openBrowser, openDesk } from './browser.ts'

let browser: Browser
let desk: Desk
before(async () => {
  browser = await openBrowser()
  desk = await openDesk(browser, 'service-desk,car-rental')
})
afterEach(() => desk.shot('score-last'))
after(async () => {
  await desk?.close()
  await browser?.close()
})

test('a car without a deposit: WeChat’s page is left, a fault is told, and then WeChat vouches', async () => {
  const { phone } = desk
  await phone.signIn()
  await phone.tap('迎客租车')
  await phone.tap('比亚迪秦 PLUS EV')
  await phone.tap(/提交订单/)
  await phone.allow()
  await phone.tap(/^支付 ￥/)
  await phone.pay()
  await phone.sees('由微信评估，通过后不用付押金。')
  await desk.shot('score-offered', phone.shell)

  await phone.tap('免押 · 微信支付分')
  await phone.shell.getByRole('dialog').getByText('微信支付分').first().waitFor()
  await desk.shot('score-sheet', phone.shell)
  await phone.answer('取消')
  await phone.sees(/微信没有确认免押，可以再试一次/)
  await phone.sees('去支付')
  await desk.shot('score-refused', phone.shell)

  desk.refusals.push('/deposit/score')
  const { wechatpay } = desk.running.sandbox ?? {}
  wechatpay?.faults.codes.push('NO_AUTH')
  await phone.tap('免押 · 微信支付分')
  await phone.sees('微信暂时不能为您免押，请支付押金。')
  await desk.shot('score-fault', phone.shell)

  await phone.tap('免押 · 微信支付分')
  await phone.answer('确认并使用')
  await phone.sees('已免押 · 微信支付分')
  await phone.text('去支付').waitFor({ state: 'detached' })
  await desk.shot('score-done', phone.shell)
  assert.deepEqual(
    wechatpay?.scores.map(({ state, amount }) => [state, amount > 0]),
    [['DOING', true]],
  )
  await phone.tap('取消订单')
  await phone.decide('确定取消')
  await phone.sees(/按原路返回/)
  assert.deepEqual(desk.troubles, [])
})
