import assert from 'node:assert/strict'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openStory()
})
afterEach(() => story.close())

test('an extension is told as the supervisor chose it, a working day as a working day', async () => {
  const { wang, lin, zhou } = story
  await wang.complain('延长说法')
  await lin.press('延长说法', 'accept')
  const extend = async (choice: string) => {
    await story.later('1 d')
    await zhou.press('升级提醒', 'extend')
    await zhou.says(choice)
    await zhou.says('等配件')
    return lin.lastLine()
  }
  assert.match(await extend('3'), /时限延长了 1 个工作日，新时限：11月\d+日/)
  await story.later('3 d')
  assert.match(await extend('1'), /时限延长了 30 分钟，新时限/)
})

test('a matter that is over names nobody whose turn it is', async () => {
  const { wang, lin } = story
  const ticket = await wang.complain('撤回之后')
  await lin.press('撤回之后', 'accept')
  const asks = async () => {
    await lin.says(`工单 ${ticket.number.slice(-5)}`)
    return JSON.stringify(lin.cards().at(-1)?.card)
  }
  assert.match(await asks(), /负责人/)
  await wang.does(ticket.id, 'withdraw', { reason: '已解决' })
  const shown = await asks()
  assert.match(shown, /客户已撤回/)
  assert.doesNotMatch(shown, /负责人|当前/)
})

test('a list of one task reads like a reminder of it', async () => {
  const { wang, lin } = story
  await wang.signIn()
  const numbers: string[] = []
  for (let n = 1; n <= 7; n++) numbers.push((await wang.complain(`只剩一项 ${n}`)).number)
  await story.later('5 min')
  for (let n = 1; n <= 6; n++) await lin.press(`只剩一项 ${n}`, 'finish', { type: 'other' })
  await story.later('6 min')
  const told = lin.lines().filter((line) => line.includes('我的任务'))
  assert.equal(told.length, 1, lin.read())
  const [text = ''] = told
  assert.match(text, new RegExp(`^【(时限提醒|已超时)】登记核实 ${numbers[6]} `))
  assert.doesNotMatch(text, /汇总|1 项|\n/)
})
