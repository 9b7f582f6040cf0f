import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { openStory, type Story } from '../harness.ts'

let story: Story
beforeEach(async () => {
  story = await openStory({ chat: 'both' })
})
afterEach(() => story.close())

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
