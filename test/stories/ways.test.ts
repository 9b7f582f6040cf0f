import assert from 'node:assert/strict'
import type { Story } from '../harness.ts'
import { giveEmail, happened, openLetters, rowsOf, signedIn, tell } from '../letters.ts'
import { until } from '../processes.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const PHONE = '13800001234'
const MAIL = 'wangxiaomei@example.com'

let story: Story
let wang: string
beforeEach(async () => {
  story = await openLetters()
  sms().faults.reportManually = true
  wang = await signedIn(story.wang)
  await giveEmail(story, wang, MAIL)
})
afterEach(() => story.close())

const sms = () => {
  const { sms } = story.sandbox
  if (!sms) throw new Error('no text messages')
  return sms
}
const smtp = () => {
  const { smtp } = story.sandbox
  if (!smtp) throw new Error('no mail server')
  return smtp
}
const texts = () =>
  sms()
    .inbox(PHONE)
    .map(({ text }) => text)
const notes = () => story.wang.inbox().filter((item) => item.includes('请查看')).length

test('the first way that works is taken; refused for good, the next one, and never two', async () => {
  await tell(story, wang, { kind: 'note', text: '甲' })
  assert.deepEqual([notes(), texts().length, smtp().taken.length], [1, 0, 0])

  story.wechat.faults.errcodes.push(43101)
  await tell(story, wang, { kind: 'note', text: '乙' })
  assert.deepEqual([notes(), texts()], [1, ['【迎客】王晓梅，乙']])
  const [refused] = await happened(story, 'message.refused')
  assert.deepEqual([refused?.via, refused?.code, refused?.kind], ['subscribe', '43101', 'note'])

  // WeChat reports by itself, a moment later.
  await until('WeChat reports', async () => (await rowsOf(story, 'note'))[0]?.state === 'confirmed', 5_000)
  story.wechat.faults.undelivered = 1
  await story.later('2 min')
  await tell(story, wang, { kind: 'note', text: '收下又退回' })
  await until('WeChat reports', async () => (await story.settle()) + texts().length > 1, 5_000)
  assert.deepEqual(texts().slice(1), ['【迎客】王晓梅，收下又退回'])

  await story.later('2 min')
  story.wechat.faults.errcodes.push(43101)
  sms().faults.codes.push('isv.MOBILE_NUMBER_ILLEGAL')
  await tell(story, wang, { kind: 'note', text: '丙' })
  assert.deepEqual(
    [
      texts().length,
      smtp()
        .inbox(MAIL)
        .map(({ subject }) => subject),
    ],
    [2, ['丙']],
  )

  story.wechat.faults.errcodes.push(43101)
  smtp().faults.refuseMails.push('554 5.7.1 Message rejected')
  sms().faults.codes.push('isv.BLACK_KEY_CONTROL_LIMIT')
  await tell(story, wang, { kind: 'note', text: '丁' })
  const last = (await rowsOf(story, 'note')).at(-1)
  assert.deepEqual([last?.state, last?.via], ['failed', 'mail'])
  assert.match(String(last?.error), /554/)
})

test('a way that was asked for is the only one, and a kind that wants each goes by each, once', async () => {
  sms().faults.codes.push('isv.MOBILE_NUMBER_ILLEGAL')
  await tell(story, wang, { kind: 'note', text: '只发短信', via: 'sms' })
  assert.deepEqual([notes(), texts().length, smtp().taken.length], [0, 0, 0])
  assert.equal((await rowsOf(story, 'note'))[0]?.state, 'failed')

  await story.later('2 min')
  await tell(story, wang, { kind: 'both', text: '账单' })
  await tell(story, wang, { kind: 'both', text: '账单' })
  assert.deepEqual([texts(), smtp().taken.length], [['【迎客】王晓梅，账单'], 1])
  const both = await rowsOf(story, 'both')
  assert.deepEqual(both.map(({ state, via }) => [state, via]).sort(), [
    ['sent', 'mail'],
    ['sent', 'sms'],
  ])
})

test('whoever cannot be reached one way is told by another, and by none if there is none', async () => {
  const li = await signedIn(story.li)
  await tell(story, li, { kind: 'letter', text: '没有邮箱' })
  assert.equal((await rowsOf(story, 'letter'))[0]?.state, 'obsolete')
  await tell(story, li, { kind: 'slip', text: '有手机' })
  assert.equal(sms().inbox('13900005678').length, 1)
})

test('the limits for one number are kept before Aliyun has to say so', async () => {
  for (const text of ['一', '二', '三']) await tell(story, wang, { kind: 'slip', text })
  assert.equal(texts().length, 1)
  // Another way is not slowed down by them.
  await tell(story, wang, { kind: 'note', text: '微信照常' })
  assert.equal(notes(), 1)
  await story.later('3 min')
  assert.equal(texts().length, 3)
  for (const text of ['四', '五', '六', '七']) await tell(story, wang, { kind: 'slip', text })
  await story.later('30 min')
  assert.equal(texts().length, 5, 'five an hour')
  await story.later('2 h')
  assert.equal(texts().length, 7)
  assert.ok(sms().sent.every(({ code }) => code === 'OK'))
})

test('a limit of Aliyun’s own is waited for, and so is an account that must be topped up', async () => {
  sms().faults.codes.push('isv.BUSINESS_LIMIT_CONTROL')
  await tell(story, wang, { kind: 'slip', text: '限流' })
  const [waiting] = await rowsOf(story, 'slip')
  assert.deepEqual([waiting?.state, waiting?.via], ['pending', 'sms'])
  await story.later('50 min')
  assert.equal(texts().length, 0)
  await story.later('15 min')
  assert.equal(texts().length, 1)

  sms().faults.codes.push('isv.AMOUNT_NOT_ENOUGH')
  await tell(story, wang, { kind: 'slip', text: '欠费' })
  await story.later('9 min')
  assert.equal(texts().length, 1)
  await story.later('2 min')
  assert.equal(texts().length, 2)
  assert.equal(smtp().taken.length, 0, 'what only has to wait does not go another way')
})

test('after a lost answer Aliyun is asked first: nothing is sent twice', async () => {
  sms().faults.loseAnswers = 1
  await tell(story, wang, { kind: 'slip', text: '应答丢失' })
  assert.equal(texts().length, 1)
  await story.later('3 min')
  assert.equal(texts().length, 1)
  assert.equal(sms().calls.get('SendSms'), 1)
  assert.equal(sms().calls.get('QuerySendDetails'), 1)
  assert.equal((await rowsOf(story, 'slip'))[0]?.state, 'sent')

  // The line was cut before it got there: asked, and then sent.
  sms().faults.down = 'reset'
  await tell(story, wang, { kind: 'slip', text: '没有送到' })
  sms().faults.down = false
  await story.later('3 min')
  assert.deepEqual(texts().slice(1), ['【迎客】王晓梅，没有送到'])
})

test('what the operator reports is noted once; what did not arrive goes on by mail', async () => {
  await tell(story, wang, { kind: 'slip', text: '送达' })
  await sms().report()
  assert.equal((await rowsOf(story, 'slip'))[0]?.state, 'confirmed')

  sms().faults.undelivered.push('MOBILE_NOT_ON_SERVICE')
  await story.later('2 min')
  await tell(story, wang, { kind: 'slip', text: '空号' })
  await sms().report()
  await story.settle()
  assert.deepEqual(
    smtp()
      .inbox(MAIL)
      .map(({ subject }) => subject),
    ['空号'],
  )

  const url = `${story.running.url}/callbacks/sms/`
  const post = (token: string, body: string) =>
    fetch(url + token, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  assert.equal((await post('guessed-token-000', '[]')).status, 403)
  assert.equal((await post('SandboxSmsReportToken', '{"a":1}')).status, 400)
  assert.equal((await post('SandboxSmsReportToken', 'nonsense')).status, 400)
  // Nobody can move a message by naming one that went another way.
  const rows = await story.db.read((tx) => tx.query<{ id: string }>(`SELECT id FROM messages WHERE kind = 'slip'`))
  const reports = rows.map(({ id }) => ({ out_id: id, success: false, err_code: 'X', err_msg: '' }))
  const again = await post('SandboxSmsReportToken', JSON.stringify(reports))
  assert.deepEqual(await again.json(), { code: 0, msg: 'ok' })
  await story.settle()
  assert.equal(smtp().taken.length, 1)
})

test('the auditor leaves alone what nobody here can mend', async () => {
  sms().faults.undelivered.push('MOBILE_NOT_ON_SERVICE')
  await tell(story, wang, { kind: 'slip', text: '不在服务区', via: 'sms' })
  await sms().report()
  await tell(story, wang, { kind: 'letter', text: '邮件没有回执' })
  await story.later('2 h')
  const found = await story.db.read((tx) => tx.query(`SELECT kind, about FROM audit_findings`))
  assert.deepEqual(found, [])
})
