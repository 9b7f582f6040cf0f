import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FixedClock } from '../../server/lib/clock.ts'
import { ROOT } from '../../server/lib/config.ts'
import type { PlatformError } from '../../server/lib/errors.ts'
import { wechatpay } from '../../server/platforms/wechatpay.ts'
import { headersOf, signatureFault } from '../../server/platforms/wechatpay-api.ts'
import { readBill, sameDigest } from '../../server/platforms/wechatpay-bill.ts'
import { openSealed } from '../../server/platforms/wechatpay-cipher.ts'
import { wechatpayNotify } from '../../server/platforms/wechatpay-notify.ts'
import { linesOf, payParams, rsaHolds } from '../../server/platforms/wechatpay-sign.ts'
import { CallbackRefused } from '../../server/platforms/wx-crypto.ts'
import { openSandbox, type Sandbox } from '../../server/sandbox/sandbox.ts'
import type { WechatpayStandIn } from '../../server/sandbox/wechatpay.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

interface Vector {
  id: string
  inputs: Record<string, string>
  expected: Record<string, string>
}
const vectors = JSON.parse(readFileSync(join(ROOT, 'test/vectors/wechatpay.json'), 'utf8')) as Vector[]
const vector = (id: string) => vectors.find((one) => one.id === id) as Vector

const AT = Date.parse('2026-11-23T10:00:00+08:00')
const SCORE = { serviceId: '500001', key: 'v'.repeat(32) }
const ACCOUNT = { mchId: '1900000001', serial: '5A1D', publicKeyId: 'PUB_KEY_ID_1', apiV3Key: 'k'.repeat(32) }
const USER = 'oSandbox0WangXiaomei00000001'

let sandbox: Sandbox
let clock: FixedClock
let standIn: WechatpayStandIn
beforeEach(async () => {
  clock = new FixedClock(AT)
  const aes = 'c2FuZGJveC13ZWNvbS1lbmNvZGluZy1hZXMta2V5LTA'
  sandbox = await openSandbox({
    clock,
    productUrl: 'http://127.0.0.1:9',
    wecom: { corpId: 'c', agentId: 1, secret: 's', token: 't', encodingAesKey: aes },
    wechat: { appId: 'wx1', appSecret: 's', pushToken: 't', pushAesKey: aes },
    wechatpay: { ...ACCOUNT, appId: 'wx1', score: SCORE },
  })
  if (!sandbox.wechatpay) throw new Error('no WeChat Pay')
  standIn = sandbox.wechatpay
})
afterEach(() => sandbox.close())

const settings = () => {
  const keys = sandbox.wechatpayKeys?.()
  if (!keys) throw new Error('no keys')
  return {
    ...ACCOUNT,
    apiBase: sandbox.wechatpayBase,
    privateKey: keys.merchantPrivate,
    publicKey: keys.platformPublic,
  }
}
const MERCHANT = { appId: 'wx1', notifyUrl: 'http://127.0.0.1:9/callbacks/wechatpay' }
const client = (more: object = {}) => wechatpay({ ...settings(), ...more }, MERCHANT)
const ORDER = { number: 'P000001', title: '七座 SUV, 一天', amount: 26_800, openid: USER, until: AT + 900_123 }
const failing = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => assert.fail('it went through'),
    (one) => one as PlatformError,
  )
  const { code, retryable, answered } = error
  return { code, retryable, answered }
}

test('the vector of the signature that a phone checks', () => {
  const { inputs, expected } = vector('wxpay-client-paysign')
  const parts = [inputs.appId, inputs.timeStamp, inputs.nonceStr, inputs.package] as string[]
  assert.equal(linesOf(...parts), expected.message)
  // The same message under the same key has but one signature: what holds is what we would have made.
  assert.ok(rsaHolds(linesOf(...parts), expected.paySign as string, createPublicKey(inputs.publicKey as string)))
  assert.ok(
    !rsaHolds(linesOf(...parts.reverse()), expected.paySign as string, createPublicKey(inputs.publicKey as string)),
  )
})

test('what we hand to the phone is signed in that way', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { inputs } = vector('wxpay-client-paysign')
  const given = { now: Number(inputs.timeStamp) * 1000 + 7, nonce: inputs.nonceStr as string }
  const params = payParams({ appId: inputs.appId as string, privateKey }, 'wx201410272009395522657a690389285100', given)
  const { timeStamp, nonceStr, package: prepaid, signType, paySign } = params
  assert.deepEqual([timeStamp, nonceStr, prepaid, signType], [inputs.timeStamp, inputs.nonceStr, inputs.package, 'RSA'])
  const message = vector('wxpay-client-paysign').expected.message as string
  assert.ok(verify('RSA-SHA256', Buffer.from(message), publicKey, Buffer.from(paySign, 'base64')))
})

test('the vector of the cipher; a changed letter is refused', () => {
  const { inputs, expected } = vector('wxpay-aes-256-gcm-axios-hello')
  const { key, nonce, associated_data, ciphertext } = inputs as Record<string, string>
  const sealed = { nonce: nonce ?? '', associated_data, ciphertext: ciphertext ?? '' }
  assert.equal(openSealed(sealed, key ?? ''), expected.plaintext)
  assert.throws(() => openSealed({ ...sealed, associated_data: 'World' }, key ?? ''))
  assert.throws(() => openSealed({ ...sealed, ciphertext: `B${ciphertext?.slice(1)}` }, key ?? ''))
})

test('a payment from the order to the refund, each call signed and each answer checked', async () => {
  const pay = client()
  const prepayId = await pay.prepay(ORDER)
  assert.notEqual(await pay.prepay(ORDER), '')
  assert.equal((await pay.query('P000001'))?.state, 'NOTPAY')
  assert.equal(await pay.query('P000002'), undefined)
  assert.deepEqual(await failing(pay.prepay({ ...ORDER, amount: 1 })), {
    code: 'INVALID_REQUEST',
    retryable: false,
    answered: true,
  })
  await assert.rejects(standIn.pay(USER, pay.payParams(prepayId)), /expired/, 'another one was made since')
  await standIn.pay(USER, pay.payParams(await pay.prepay(ORDER)))
  const trade = await pay.query('P000001')
  assert.match(trade?.transactionId ?? '', /^4200/)
  assert.deepEqual(
    { state: trade?.state, amount: trade?.amount, currency: trade?.currency, paidAt: trade?.paidAt },
    { state: 'SUCCESS', amount: 26_800, currency: 'CNY', paidAt: AT },
  )
  assert.equal((await failing(pay.close('P000001'))).code, 'ORDERPAID')
  const order = { payment: 'P000001', total: 26_800, number: 'R1', amount: 6_800, reason: '提前还车' }
  const first = await pay.refund(order)
  assert.deepEqual([first.state, (await pay.refund(order)).refundId], ['PROCESSING', first.refundId])
  assert.equal((await failing(pay.refund({ ...order, number: 'R2', amount: 20_001 }))).code, 'INVALID_REQUEST')
  clock.advance(6_000)
  await standIn.tick()
  assert.deepEqual(await pay.queryRefund('R1'), { ...first, state: 'SUCCESS', doneAt: AT + 6_000 })
  assert.equal(await pay.queryRefund('R9'), undefined)
})

test('a closed order can be paid by nobody', async () => {
  const pay = client()
  const prepayId = await pay.prepay(ORDER)
  await pay.close('P000001')
  assert.equal((await pay.query('P000001'))?.state, 'CLOSED')
  await assert.rejects(standIn.pay(USER, pay.payParams(prepayId)), /CLOSED/)
  assert.equal((await failing(pay.prepay(ORDER))).code, 'ORDER_CLOSED')
})

test('errors tell what can help: waiting, an administrator, or nothing', async () => {
  const pay = client()
  const ask = async (...codes: string[]) => {
    standIn.faults.codes = codes
    return failing(pay.prepay(ORDER))
  }
  assert.deepEqual(await ask('SYSTEM_ERROR'), { code: 'SYSTEM_ERROR', retryable: true, answered: false })
  assert.deepEqual(await ask('FREQUENCY_LIMITED'), { code: 'FREQUENCY_LIMITED', retryable: true, answered: true })
  assert.deepEqual(await ask('NOT_ENOUGH'), { code: 'NOT_ENOUGH', retryable: true, answered: true })
  assert.deepEqual(await ask('PARAM_ERROR'), { code: 'PARAM_ERROR', retryable: false, answered: true })
  standIn.faults.down = '503'
  assert.deepEqual(await failing(pay.prepay(ORDER)), { code: 503, retryable: true, answered: false })
  standIn.faults.down = false
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  assert.equal((await failing(client({ privateKey }).prepay(ORDER))).code, 'SIGN_ERROR')
  assert.equal((await failing(client({ mchId: '1900000002' }).prepay(ORDER))).code, 'SIGN_ERROR')
})

test('an answer that another has signed, or that is signed by an unknown key, is not believed', async () => {
  standIn.faults.forge = 1
  assert.equal((await failing(client().prepay(ORDER))).code, 'answer_signature')
  assert.equal((await failing(client({ publicKeyId: 'PUB_KEY_ID_2' }).prepay(ORDER))).code, 'answer_serial')
  assert.match(await client().prepay(ORDER), /^wx/)
})

test('a signature holds for five minutes, and for nothing else', async () => {
  const { publicKeyId } = ACCOUNT
  const { publicKey } = settings()
  const body = '{"a":1}'
  const { signed } = await import('../../server/sandbox/wechatpay-notify.ts')
  const world = { account: ACCOUNT, state: { keys: sandbox.wechatpayKeys?.() } }
  const sent = signed(world as unknown as Parameters<typeof signed>[0], body)
  const headers = headersOf((name) => Object.entries(sent).find(([one]) => one.toLowerCase() === name)?.[1] ?? '')
  const key = { publicKeyId, publicKey: createPublicKey(publicKey) }
  assert.equal(signatureFault(headers, body, key), undefined)
  assert.equal(signatureFault(headers, `${body} `, key), 'signature')
  assert.equal(signatureFault(headers, body, key, { now: Date.now() + 301_000 }), 'stale')
  assert.equal(signatureFault({ ...headers, serial: 'PUB_KEY_ID_2' }, body, key), 'serial')
  const probe = { ...headers, signature: `WECHATPAY/SIGNTEST/${headers.signature}` }
  assert.equal(signatureFault(probe, body, key), 'signature')
  assert.equal(signatureFault({ ...headers, signature: '' }, body, key), 'signature')
})

test('a notification is opened only as a whole', () => {
  const notify = wechatpayNotify(settings(), 300)
  const none = headersOf(() => '')
  const reason = (work: () => unknown) => {
    try {
      work()
    } catch (error) {
      return error instanceof CallbackRefused ? `${error.reason} ${error.status}` : String(error)
    }
    return 'taken'
  }
  assert.equal(
    reason(() => notify.open(none, '{}')),
    'signature 401',
  )
  assert.equal(
    reason(() => notify.open({ ...none, serial: ACCOUNT.publicKeyId, timestamp: '1' }, '{}')),
    'stale 401',
  )
  assert.equal(
    reason(() => notify.open(none, 'x'.repeat(70_000))),
    'size 413',
  )
})

test('the bill of a day: made in the morning, read to the fen, with commas in titles', async () => {
  const pay = client()
  await standIn.pay(USER, pay.payParams(await pay.prepay(ORDER)))
  await pay.refund({ payment: 'P000001', total: 26_800, number: 'R1', amount: 6_801, reason: '提前还车' })
  assert.deepEqual(await failing(pay.tradeBill('2026-11-23')), {
    code: 'STATEMENT_CREATING',
    retryable: true,
    answered: true,
  })
  clock.advance(25 * 3_600_000)
  const bill = await pay.tradeBill('2026-11-23')
  assert.deepEqual(
    bill?.map(({ kind, number, amount, at }) => ({ kind, number, amount, at })),
    [
      { kind: 'payment', number: 'P000001', amount: 26_800, at: AT },
      { kind: 'refund', number: 'R1', amount: 6_801, at: AT },
    ],
  )
  assert.equal(await pay.tradeBill('2026-11-22'), undefined)
})

test('pay score: an order to which the customer agrees, ended without a charge; none without the service', async () => {
  assert.equal(client().score, undefined)
  const { score } = client({ score: SCORE })
  if (!score) throw new Error('no pay score')
  const order = { number: 'S000001', title: '迎客租车，七座 SUV，两天，虹桥火车站店取还', amount: 500_000 }
  assert.equal(await score.query(order.number), undefined)
  const { businessType, extraData } = await score.create(order)
  assert.equal(businessType, 'wxpayScoreUse')
  assert.equal((await score.create(order)).extraData.package, extraData.package)
  assert.deepEqual(
    standIn.scores.map(({ number, title, amount }) => [number, title.length, amount]),
    [['S000001', 20, 500_000]],
  )
  const changed = await failing(score.create({ ...order, amount: 1 }))
  assert.deepEqual([changed.code, changed.retryable], ['INVALID_REQUEST', false])
  assert.equal(await score.query(order.number), 'CREATED')
  for (const changed of [{ sign: extraData.sign.toLowerCase() }, { package: 'another' }, { timestamp: '1' }])
    await assert.rejects(standIn.agree({ ...extraData, ...changed }), /签名错误/)
  await standIn.agree(extraData)
  assert.equal(await score.query(order.number), 'DOING')
  await score.cancel(order.number, '费用已另行结清')
  await score.cancel(order.number, '费用已另行结清')
  assert.equal(await score.query(order.number), 'REVOKED')
  await score.create({ ...order, number: 'S000002' })
  clock.advance(30 * 86_400_000)
  assert.equal(await score.query('S000002'), 'EXPIRED')
  assert.equal((await failing(score.cancel('S000002', '过期'))).code, 'INVALID_ORDER_STATE')
})

test('a bill that is torn, or does not add up, is refused', () => {
  const head = '交易时间,微信订单号,商户订单号,交易状态,微信退款单号,商户退款单号,订单金额,申请退款金额,手续费'
  const line = '`2026-11-23 10:00:00,`4200,`P1,`SUCCESS,`0,`0,`268.50,`0.00,`1.61000'
  const sums = '总交易单数,应结订单总金额\n`1,`268.50\n'
  const [row] = readBill(`${head}\r\n${line}\r\n${sums}`)
  assert.deepEqual(row, { kind: 'payment', number: 'P1', platformNumber: '4200', amount: 26_850, fee: 161, at: AT })
  const fees = ['0', '0.00000', '0.00500', '-1.61000', '2.7', ''].map(
    (fee) => readBill(`${head}\n${line.replace('1.61000', fee)}\n${sums}`)[0]?.fee,
  )
  assert.deepEqual(fees, [0, 0, 1, -161, 270, 0])
  assert.throws(() => readBill(`${head}\n${line.replace('1.61000', '一元')}\n${sums}`), /the fee/)
  assert.throws(() => readBill(`${head}\n${line}\n`), /without its sums/)
  assert.throws(() => readBill(`${head}\n${line}\n${line}\n${sums}`), /2 lines in a bill of 1/)
  assert.throws(() => readBill(`${head}\n${line.replace('268.50', '268.505')}\n${sums}`), /the amount/)
  assert.throws(() => readBill(`${head.replace('交易状态', '状态')}\n${line}\n${sums}`), /without the column/)
  assert.ok(sameDigest(Buffer.from('abc'), 'A9993E364706816ABA3E25717850C26C9CD0D89D'))
})

test('what is not taken is sent again as WeChat Pay does: for a day and four minutes', async () => {
  const pay = client()
  // Nobody listens there.
  await standIn.pay(USER, pay.payParams(await pay.prepay(ORDER)))
  const [notice] = standIn.notices
  const times = [AT]
  while (standIn.nextAt() !== undefined) {
    clock.set(standIn.nextAt() ?? 0)
    await standIn.tick()
    times.push(clock.now())
  }
  assert.equal(notice?.tries, 16)
  const minutes = times.map((at) => (at - AT) / 60_000)
  assert.deepEqual(minutes.slice(0, 6), [0, 0.25, 0.5, 1, 4, 14])
  assert.equal(minutes.at(-1), 24 * 60 + 4)
})
