import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { MONDAY_10 } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { type Desk, openBrowser, openDesk } from './browser.ts'

let browser: Browser
let desk: Desk
before(async () => {
  browser = await openBrowser()
})
after(() => browser?.close())
beforeEach(async () => {
  desk = await openDesk(browser, MONDAY_10)
})
afterEach(async () => {
  await desk.shot('last')
  await desk.close()
  assert.deepEqual(desk.troubles, [])
})

test('first look', async () => {
  const { phone } = desk
  await phone.signIn()
  await desk.shot('me')
  await phone.complain({
    type: '车辆或商品质量',
    description: '早上八点在人民广场地铁站 2 号口扫码，车锁打不开，连续三次都失败，还扣了押金。希望尽快退款并换一辆车。',
    order: 'R20261123001',
    photo: await jpeg(),
  })
  await desk.lin.card('登记核实')
  await desk.shot('step-1')
})
