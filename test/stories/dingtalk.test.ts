import assert from 'node:assert/strict'
import { type HouseOptions, openStory, type Story } from '../harness.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
afterEach(() => story.close())

async function open(options: HouseOptions = {}): Promise<Story> {
  story = await openStory({ chat: 'dingtalk', ...options })
  return story
}

const HTTP = { DINGTALK_STREAM: 'off' }

async function atSolution(): Promise<void> {
  const { wang, lin, zhou } = story
  await wang.complain('车座开裂')
  await lin.press('车座开裂', 'finish', { type: 'quality' })
  await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
}

test('words are typed on the card itself: the step is finished with one tap and no question in the chat', async () => {
  const { chen, lin } = await open()
  await atSolution()
  await chen.press('制定方案', 'accept')
  const [input] = story.dingtalk.cards(chen.userid).at(-1)?.inputs ?? []
  assert.equal(input?.label, '解决方案')
  const before = chen.lines().length
  await chen.press('制定方案', 'finish', { [input?.name ?? '']: '今天 15 点前更换车座，并补偿一张骑行券' })
  assert.equal(chen.lines().length, before, chen.read())
  assert.match(String(chen.card('制定方案').replaced), /陈志远 已于/)
  assert.ok(JSON.stringify(lin.card('今天 15 点前更换车座').card).includes('沟通'), lin.read())
})

test('what is typed and too long is refused with a reason, and the card stays open', async () => {
  const { chen } = await open()
  await atSolution()
  await chen.press('制定方案', 'accept')
  const [input] = story.dingtalk.cards(chen.userid).at(-1)?.inputs ?? []
  await chen.press('制定方案', 'finish', { [input?.name ?? '']: '很'.repeat(2000) })
  assert.match(chen.lastLine(), /解决方案|字/)
  assert.equal(chen.card('制定方案').replaced, null)
})

test('without Stream the same comes over HTTP: presses, words, the set-up question, a forged signature is refused', async () => {
  const { wang, lin, zhou } = await open({ env: HTTP })
  assert.equal(story.dingtalk.links(), 0)
  await wang.complain('车锁卡住')
  await lin.press('车锁卡住', 'accept')
  await lin.press('车锁卡住', 'finish', { type: 'quality' })
  assert.match(String(lin.card('车锁卡住').replaced), /林小雨 已于/)
  assert.ok(zhou.card('指派负责人'))
  await lin.says('你好')
  assert.ok(lin.lastLine().length > 0)
  assert.equal(await story.dingtalk.verifyUrl(), true)
  const forged = await fetch(`${story.running.url}/callbacks/dingtalk-card`, {
    method: 'POST',
    headers: { 'x-ddpaas-signature-timestamp': String(Date.now()), 'x-ddpaas-signature': 'AAAA' },
    body: JSON.stringify({ outTrackId: 'x', userId: lin.userid, content: '{}' }),
  })
  assert.equal(forged.status, 401)
})

test('the connection is cut and asked to leave in the middle of work: nothing is lost and nothing done twice', async () => {
  const { wang, lin } = await open()
  await wang.complain('断线之前')
  story.dingtalk.cutLinks()
  while (story.dingtalk.links() > 0) await new Promise((resolve) => setImmediate(resolve))
  await story.dingtalk.linked()
  await lin.press('断线之前', 'accept')
  story.dingtalk.disconnect()
  await story.dingtalk.linked()
  await lin.press('断线之前', 'finish', { type: 'quality' })
  assert.match(String(lin.card('断线之前').replaced), /林小雨 已于/)
})

test('somebody whom no card reaches gets a work notification instead', async () => {
  const { wang, lin } = await open()
  await wang.signIn()
  story.dingtalk.app.cardTemplateId = 'taken-down.schema'
  await wang.complain('卡片送不到')
  const notice = story.dingtalk.chat(lin.userid).find(({ via }) => via === 'notice')
  assert.ok(JSON.stringify(notice).includes('登记核实'), lin.read())
})
