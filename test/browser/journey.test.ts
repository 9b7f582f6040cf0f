import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { jpeg } from '../pictures.ts'
import { type Desk, openBrowser, openDesk } from './browser.ts'

let browser: Browser
let desk: Desk
before(async () => {
  browser = await openBrowser()
})
after(() => browser?.close())
beforeEach(async () => {
  desk = await openDesk(browser)
})
afterEach(async (context) => {
  const { troubles } = desk
  await desk.shot(`end of ${context.name}`)
  await desk.close()
  assert.deepEqual(troubles, [])
})

test('a complaint travels from the phone through six steps in the chats, and back to the phone', async () => {
  const { phone, lin, zhou, chen } = desk
  await phone.signIn()
  await desk.shot('00-home')
  await phone.complain({
    type: '车辆或商品质量',
    description: '早上八点在人民广场站 2 号口扫码，车锁打不开，连续三次都失败，还扣了押金。希望尽快退款。',
    order: 'R20261123001',
    photo: await jpeg(),
  })
  await phone.sees('客服正在核实您反映的情况')

  const first = await lin.card('登记核实', '车锁打不开')
  for (const fact of ['王**', '138****1234', 'R20261123001', '今天 10:10']) await first.shows(fact)
  await desk.shot('step-1')
  await phone.checked()
  await first.menu('看照片')
  await lin.element.locator('.item.theirs[data-kind=image] img').waitFor()
  await first.press('受理')
  await first.element.getByRole('button', { name: '受理' }).waitFor({ state: 'detached' })
  await phone.sees('林** 处理')
  await first.choose('质量问题')
  await desk.shot('step-1-accepted')
  await first.press('完成登记')
  await first.closed(/林小雨 已于 今天 10:0\d 完成/)

  const assign = await zhou.card('指派负责人', '车锁打不开')
  await desk.shot('step-2')
  await assign.choose('陈志远')
  await assign.press('指派')
  await assign.closed(/周敏 已于/)

  const solution = await chen.card('制定方案', '车锁打不开')
  await phone.sees('工程师正在制定解决方案')
  await desk.shot('step-3')
  await solution.press('提交方案')
  await chen.line('请直接回复「解决方案」')
  await chen.sends(await jpeg(800, 600))
  await chen.line('已收到第 1 张照片')
  await chen.says('锁芯老化。今天 18:00 前更换车锁，押金原路退回。')
  await solution.closed(/陈志远 已于/)

  const talk = await lin.card('与客户沟通', '更换车锁')
  await desk.shot('step-4')
  await talk.choose('接受方案')
  await talk.press('记录沟通结果')
  await lin.line('请直接回复「沟通记录」')
  await lin.says('客户同意更换，押金已确认。')
  await talk.closed(/林小雨 已于/)

  const resolve = await chen.card('落实解决', '车锁打不开')
  await desk.shot('step-5')
  await resolve.press('关闭投诉')
  await chen.line('请直接回复「处理结果」')
  await chen.says('车锁已更换，押金 199 元已原路退回，另赠骑行券一张。')
  await resolve.closed(/陈志远 已于/)

  await phone.sees('已解决')
  await phone.sees('押金 199 元已原路退回')
  const followUp = await zhou.card('回访总结', '车锁打不开')
  await desk.shot('step-6')
  await phone.rate({ csat: 5, nps: 9, said: '处理得很快，谢谢' })
  await phone.sees('推荐意愿 9 分')
  await desk.shot('rated')
  await followUp.closed('请看下方最新卡片')
  const rated = await zhou.card('客户已评价')
  await rated.choose('非常满意')
  await rated.press('完成回访')
  await zhou.line('请直接回复「总结」')
  await zhou.says('车锁老化，建议批量巡检。')
  await rated.closed(/周敏 已于/)
  await desk.shot('ended')
})
