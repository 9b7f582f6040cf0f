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
  await desk.shot(`end-${context.name.slice(0, 24).replaceAll(' ', '-')}`)
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
  await desk.shot('step-1', first)
  await phone.checked()
  await first.menu('看照片')
  await lin.element.locator('.item.theirs[data-kind=image] img.shot').waitFor()
  await first.press('受理')
  await first.element.getByRole('button', { name: '受理' }).waitFor({ state: 'detached' })
  await phone.sees('林** 处理')
  await first.choose('质量问题')
  await desk.shot('step-1-accepted')
  await first.press('完成登记')
  await first.closed(/林小雨 已于 今天 10:0\d 完成/)

  const assign = await zhou.card('指派负责人', '车锁打不开')
  await desk.shot('step-2', assign)
  await assign.choose('陈志远')
  await assign.press('指派')
  await assign.closed(/周敏 已于/)

  const solution = await chen.card('制定方案', '车锁打不开')
  await phone.sees('工程师正在制定解决方案')
  await desk.shot('step-3', solution)
  await solution.press('提交方案')
  await chen.line('请直接回复「解决方案」')
  await chen.sends(await jpeg(800, 600))
  await chen.line('已收到第 1 张照片')
  await chen.says('锁芯老化。今天 18:00 前更换车锁，押金原路退回。')
  await solution.closed(/陈志远 已于/)

  const talk = await lin.card('与客户沟通', '更换车锁')
  await desk.shot('step-4', talk)
  await talk.choose('接受方案')
  await talk.press('记录沟通结果')
  await lin.line('请直接回复「沟通记录」')
  await lin.says('客户同意更换，押金已确认。')
  await talk.closed(/林小雨 已于/)

  const resolve = await chen.card('落实解决', '车锁打不开')
  await desk.shot('step-5', resolve)
  await resolve.press('关闭投诉')
  await chen.line('请直接回复「处理结果」')
  await chen.says('车锁已更换，押金 199 元已原路退回，另赠骑行券一张。')
  await resolve.closed(/陈志远 已于/)

  await phone.sees('已解决')
  await phone.sees('押金 199 元已原路退回')
  const followUp = await zhou.card('回访总结', '车锁打不开')
  await desk.shot('step-6', followUp)
  await phone.rate({ csat: 5, nps: 9, said: '处理得很快，谢谢' })
  await phone.sees('推荐意愿 9 分')
  await followUp.closed('请看下方最新卡片')
  const rated = await zhou.card('客户已评价', '处理得很快，谢谢')
  await desk.shot('rated', rated)
  await rated.choose('非常满意')
  await rated.press('完成回访')
  await zhou.line('请直接回复「总结」')
  await zhou.says('车锁老化，建议批量巡检。')
  await rated.closed(/周敏 已于/)
  await desk.shot('ended', rated, first)
})

test('an urgent complaint: the director is told, time moves, questions and remarks reach both sides', async () => {
  const { phone, lin, zhou, he } = desk
  await phone.signIn()
  await phone.complain({ type: '其他', description: '骑行途中刹车失灵，膝盖擦伤，请尽快联系我。', urgent: true })
  await he.line(/紧急投诉[\s\S]*刹车失灵/)
  const first = await lin.card('登记核实', '刹车失灵')
  await first.shows('紧急 · 投诉处理')
  await desk.shot('urgent-alert', first, he)

  await first.press('询问客户')
  await lin.line('请直接回复要问客户的问题')
  await lin.says('请问车辆编号是多少？')
  await first.shows('计时已暂停')
  await phone.sees('请问车辆编号是多少？')
  await desk.shot('waiting', first)
  await phone.reply('编号是 88012')
  const remark = await lin.card('客户有补充', '编号是 88012')
  await desk.shot('remark', remark)
  await phone.tap('催一催')
  const urged = await lin.card('客户催办')
  await desk.shot('urged', urged)

  await desk.later('+10 分钟')
  const overdue = await lin.card('已超时')
  await desk.shot('overdue', overdue)
  await desk.later('+10 分钟')
  const escalation = await zhou.card('升级提醒', '刹车失灵')
  await desk.shot('escalation', escalation)
  await escalation.press('知道了')
  await escalation.shows(/周敏 已知悉/)
  await desk.shot('escalation-seen', escalation)
  await escalation.press('延长时限')
  await zhou.line('延长多久')
  await zhou.says('1')
  await zhou.says('正在联系客户就医')
  await escalation.closed('时限已延长')
  await lin.line('正在联系客户就医')
  await desk.shot('extended', escalation, lin)
  await desk.later('+1 小时')
  await he.card('升级提醒', '刹车失灵')
  const again = await zhou.card('接手')
  await again.press('接手')
  await (await zhou.card('登记核实', '完成登记')).press('完成登记')
  await (await zhou.card('指派负责人')).shows('指派')
  await desk.shot('taken-over', zhou, lin, he)
})

test('a second press tells who was first, the page opens once, and withdrawing ends everything', async () => {
  const { page, phone, lin } = desk
  await phone.signIn()
  await phone.complain({ type: '费用争议', description: '骑行结束后仍在计费，多扣了 12 元。' })
  const first = await lin.card('登记核实', '多扣了 12 元')
  await first.menu('全部经过')
  await lin.line('客户提交投诉')
  await first.menu('网页办理')
  await (await lin.line('只能打开一次')).getByRole('link', { name: '打开页面' }).click()
  const opened = page.frameLocator('dialog.browser iframe')
  await opened.getByRole('button', { name: '打开' }).click()
  await opened.getByText('骑行结束后仍在计费').waitFor()
  await desk.shot('work-page', page.locator('dialog.browser'))
  await opened.getByLabel('核实情况').fill('核对账单，确实多计 12 元。')
  await opened.getByRole('button', { name: '提交' }).click()
  await opened.getByRole('heading', { name: '已提交' }).waitFor()
  await desk.shot('work-done', page.locator('dialog.browser'))
  await page.getByRole('button', { name: '关闭' }).click()
  await first.closed(/林小雨 已于/)
  desk.refusals.push('/work/open/')
  await (await lin.line('只能打开一次')).getByRole('link', { name: '打开页面' }).click()
  await opened.getByRole('button', { name: '打开' }).click()
  await opened.getByText('已经用过或已过期').waitFor()
  await desk.shot('work-refused', page.locator('dialog.browser'))
  await page.getByRole('button', { name: '关闭' }).click()

  const assign = await desk.zhou.card('指派负责人', '多扣了 12 元')
  await phone.withdraw('问题已经解决')
  await assign.closed(/客户已撤销/)
  await desk.shot('withdrawn', assign, lin)
})
