import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openStory({ chat: 'both' })
})
afterEach(() => story.close())

/** What somebody has in one of the two chats that says this. */
const on = (platform: 'wecom' | 'dingtalk', name: string, words: string) =>
  story[platform]
    .chat(platform === 'wecom' ? name : `dt-${name}`)
    .filter((item) => JSON.stringify(item).includes(words))

test('an urgent case rings the director on both platforms, once on each; the task card comes once', async () => {
  await story.wang.complain('刹车突然失灵', { urgency: 'urgent' })
  assert.equal(on('wecom', 'hejianguo', '【紧急】').length, 1)
  assert.equal(on('dingtalk', 'hejianguo', '【紧急】').length, 1)
  assert.equal(on('wecom', 'linxiaoyu', '刹车突然失灵').length, 1)
  assert.equal(on('dingtalk', 'linxiaoyu', '刹车突然失灵').length, 0)
  await story.lin.says('我的任务')
  assert.match(JSON.stringify(story.lin.card('1 项待办').card), /1\. 【紧急】【登记核实】/)
})

test('whoever chooses the other platform is told there from then on, and finishes there what began here', async () => {
  const { wang, lin } = story
  await wang.complain('先在企业微信')
  await lin.says('平台 钉钉')
  await wang.complain('后在钉钉')
  assert.equal(on('wecom', 'linxiaoyu', '后在钉钉').length, 0)
  const [card] = story.dingtalk.cards('dt-linxiaoyu')
  assert.ok(JSON.stringify(card).includes('后在钉钉'))
  await story.dingtalk.press('dt-linxiaoyu', card?.taskId ?? '', 'finish', { type: 'quality' })
  await lin.press('先在企业微信', 'finish', { type: 'quality' })
  await story.settle()
  assert.match(String(story.dingtalk.cards('dt-linxiaoyu')[0]?.replaced), /林小雨 已于/)
  assert.match(String(lin.card('先在企业微信').replaced), /林小雨 已于/)
})

test('the platforms are listed where there is a choice; one without an account there is refused', async () => {
  const { lin } = story
  await lin.says('帮助')
  assert.match(lin.lastLine(), /\n平台 企业微信 \/ 平台 钉钉\n/)
  await lin.says('平台')
  assert.match(lin.lastLine(), /例如：平台 企业微信，或：平台 钉钉$/)
  await lin.says('平台 企微')
  assert.match(lin.lastLine(), /以后消息发到您的企业微信。/)
  await lin.says('chat DingTalk')
  assert.equal(on('dingtalk', 'linxiaoyu', '以后消息发到您的钉钉。').length, 1)
  assert.match(lin.lastLine(), /以后消息发到您的钉钉。/, 'whoever looks at the one is told there as well')
  const { people } = story.dingtalk
  people.splice(
    people.findIndex(({ userid }) => userid === 'dt-zhoumin'),
    1,
  )
  await story.dingtalk.event('user_leave_org', { userId: ['dt-zhoumin'] })
  await story.settle()
  await story.zhou.says('平台 钉钉')
  assert.match(story.zhou.lastLine(), /您没有关联钉钉账号/)
})

test('what is typed is answered where it was typed; what comes unasked goes where it is wanted', async () => {
  const { wang, lin } = story
  const typed = async (platform: 'wecom' | 'dingtalk', words: string) => {
    await story[platform].say(platform === 'wecom' ? 'linxiaoyu' : 'dt-linxiaoyu', words)
    await story.settle()
  }
  const counts = (words: string) => [on('wecom', 'linxiaoyu', words).length, on('dingtalk', 'linxiaoyu', words).length]
  await wang.complain('先在企业微信')
  await lin.says('平台 钉钉')
  await typed('wecom', '今日')
  assert.deepEqual(counts('【今日】'), [1, 0], 'typed in WeCom by who prefers DingTalk')
  await typed('wecom', '我的任务')
  assert.deepEqual(counts('1 项待办'), [1, 0])
  await typed('wecom', '天气怎么样啊')
  assert.deepEqual(counts('没有听懂'), [1, 0])
  await typed('wecom', '工单 ZZZZZ')
  assert.deepEqual(counts('没有找到编号'), [1, 0], 'a refusal as well')
  await lin.press('先在企业微信', 'ask')
  assert.deepEqual(counts('请写下要问客户的问题'), [1, 0], 'a question of the bot')
  await typed('wecom', '取消')
  // More than a burst is smoothed.
  await story.later('1 min')
  await wang.complain('推送去钉钉')
  assert.deepEqual(counts('推送去钉钉'), [0, 1], 'each card once, where it is wanted')

  await typed('dingtalk', '平台 企业微信')
  await typed('dingtalk', '今日')
  assert.deepEqual(counts('【今日】'), [1, 1], 'typed in DingTalk by who prefers WeCom')
  await wang.complain('推送去企业微信')
  assert.deepEqual(counts('推送去企业微信'), [1, 0])
})

test('the AI bot is WeCom: what it may not say before others is told in the chat beside it', async () => {
  const { wecomBot } = story.sandbox
  assert.ok(wecomBot)
  wecomBot.limits.pollMs = 10
  while (!wecomBot.connected()) await turn()
  await story.lin.says('平台 钉钉')
  await story.wang.complain('推送去钉钉')
  await wecomBot.ask('linxiaoyu', '我的任务', { chatId: 'team1' })
  await story.settle()
  assert.deepEqual(
    [on('wecom', 'linxiaoyu', '1 项待办').length, on('dingtalk', 'linxiaoyu', '1 项待办').length],
    [1, 0],
  )
})
