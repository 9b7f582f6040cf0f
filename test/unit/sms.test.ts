import assert from 'node:assert/strict'
import { FixedClock } from '../../server/lib/clock.ts'
import type { PlatformError } from '../../server/lib/errors.ts'
import { readReports, sms } from '../../server/platforms/sms.ts'
import { openSandbox, type Sandbox } from '../../server/sandbox/sandbox.ts'
import type { SmsStandIn } from '../../server/sandbox/sms.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const ACCOUNT = { accessKeyId: 'LTAI0test', accessKeySecret: 'secret', signName: '迎客' }
const AT = Date.parse('2026-11-23T23:40:00+08:00')
const MESSAGE = { phone: '13800001234', template: 'SMS_1', params: { name: '王晓梅' }, outId: 'm1' }
// Aliyun's variables look like ours.
const HELLO = '$' + '{name}，您好'
const MIN = 60_000

let sandbox: Sandbox
let clock: FixedClock
let standIn: SmsStandIn
beforeEach(async () => {
  clock = new FixedClock(AT)
  const keys = {
    corpId: 'c',
    agentId: 1,
    secret: 's',
    token: 't',
    encodingAesKey: 'c2FuZGJveC13ZWNvbS1lbmNvZGluZy1hZXMta2V5LTA',
  }
  sandbox = await openSandbox({
    clock,
    productUrl: 'http://127.0.0.1:9',
    wecom: keys,
    wechat: { appId: 'a', appSecret: 's', pushToken: 't', pushAesKey: keys.encodingAesKey },
    sms: { ...ACCOUNT, templates: () => [{ template: 'SMS_1', text: HELLO }] },
  })
  if (!sandbox.sms) throw new Error('no text messages')
  standIn = sandbox.sms
})
afterEach(() => sandbox.close())

const client = (more: object = {}) => sms({ ...ACCOUNT, apiBase: sandbox.smsBase, ...more }, clock)
const failing = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => assert.fail('it went through'),
    (one) => one as PlatformError,
  )
  const { code, retryable, answered, retryAfterMs } = error
  return { code, retryable, answered, retryAfterMs }
}

test('a message arrives under its signature, and can be found again by our own id', async () => {
  const { bizId } = await client().send(MESSAGE)
  assert.match(bizId, /^\d+\^0$/)
  assert.deepEqual(
    standIn.inbox('13800001234').map(({ text }) => text),
    ['【迎客】王晓梅，您好'],
  )
  assert.equal(await client().wasSent(MESSAGE, AT), true)
  assert.equal(await client().wasSent({ ...MESSAGE, outId: 'm2' }, AT), false)
  // Tried before midnight, asked after it.
  clock.advance(40 * MIN)
  assert.equal(await client().wasSent(MESSAGE, AT), true)
  assert.equal(await client().wasSent(MESSAGE, clock.now()), false)
})

test('each answer of Aliyun’s means to wait, to wait for somebody, or to give up', async () => {
  const cases: [code: string, text: string | undefined, wait: number | undefined][] = [
    ['isv.MOBILE_NUMBER_ILLEGAL', undefined, undefined],
    ['isv.SMS_TEMPLATE_ILLEGAL', undefined, undefined],
    ['isv.AMOUNT_NOT_ENOUGH', undefined, 10 * MIN],
    ['isp.SYSTEM_ERROR', undefined, 5_000],
    ['isv.BUSINESS_LIMIT_CONTROL', undefined, 60 * MIN],
    ['isv.DAY_LIMIT_CONTROL', undefined, 21 * MIN],
  ]
  for (const [code, , wait] of cases) {
    standIn.faults.codes.push(code)
    const error = await failing(client().send(MESSAGE))
    assert.deepEqual(error, { code, retryable: wait !== undefined, answered: true, retryAfterMs: wait }, code)
  }
  // The platform's own limits: a minute, and the rest of the day.
  await client().send(MESSAGE)
  assert.equal((await failing(client().send(MESSAGE))).retryAfterMs, MIN)
})

test('a wrong secret, a wrong signature and a variable that is missing are told apart', async () => {
  assert.equal((await failing(client({ accessKeySecret: 'wrong' }).send(MESSAGE))).code, 'SignatureDoesNotMatch')
  assert.equal((await failing(client({ accessKeyId: 'other' }).send(MESSAGE))).code, 'InvalidAccessKeyId.NotFound')
  assert.equal((await failing(client({ signName: '别家' }).send(MESSAGE))).code, 'isv.SMS_SIGNATURE_ILLEGAL')
  const bare = await failing(client().send({ ...MESSAGE, params: {} }))
  assert.deepEqual([bare.code, bare.retryable], ['isv.TEMPLATE_MISSING_PARAMETERS', false])
  assert.deepEqual(standIn.inbox('13800001234'), [])
})

test('without an answer nobody knows; a page instead of an answer is none', async () => {
  standIn.faults.down = 'reset'
  const broken = await failing(client().send(MESSAGE))
  assert.deepEqual([broken.retryable, broken.answered], [true, false])
  standIn.faults.down = '503'
  assert.equal((await failing(client().send(MESSAGE))).retryable, true)
})

test('reports are read, and nothing else is', () => {
  const report = { phone_number: '1', success: false, err_code: 'X', err_msg: 'y', biz_id: 'b', out_id: 'm1' }
  assert.deepEqual(readReports([report]), [{ outId: 'm1', arrived: false, code: 'X', text: 'y' }])
  for (const wrong of [undefined, {}, [{}], [{ success: 'true' }], 'text', [null]])
    assert.equal(readReports(wrong), undefined)
})
