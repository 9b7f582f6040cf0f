import assert from 'node:assert/strict'
import { HOUR, MINUTE } from '../../server/lib/clock.ts'
import { openCipher } from '../../server/sandbox/cipher.ts'
import { fitsKeyword } from '../../server/sandbox/wechat-values.ts'
import { test } from '../suite.ts'
import { openReceiver, type Receiver, WECHAT } from './sandbox-receiver.ts'

const SUBSCRIBE = '/cgi-bin/message/subscribe/send'
const RESULT = {
  character_string1: { value: 'C-20261123-0001' },
  thing2: { value: '已更换配件' },
  thing3: { value: '如有问题请随时联系' },
  time4: { value: '2026-11-23 09:30' },
}

const session = async (r: Receiver, code: string, secret = WECHAT.appSecret) => {
  const query = new URLSearchParams({ appid: WECHAT.appId, secret, js_code: code, grant_type: 'authorization_code' })
  const response = await fetch(`${r.sandbox.wechatBase}/sns/jscode2session?${query}`)
  return { type: response.headers.get('content-type'), body: (await response.json()) as Record<string, unknown> }
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !condition(); await new Promise((go) => setImmediate(go)))
    if (Date.now() > end) assert.fail('waited in vain')
}

const firstUser = (r: Receiver) => r.sandbox.wechat.users[0] ?? assert.fail('no user')

test('the cipher agrees with the official samples of both platforms', () => {
  const wecom = openCipher('QDG6eK', 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C', 'wx5823bf96d3bd56c7')
  const echo = 'P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=='
  assert.equal(wecom.sign('1409659589', '263014780', echo), '5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3')
  assert.equal(wecom.unseal(echo), '1616140317555161061')
  const wechat = openCipher('AAAAA', 'A'.repeat(43), 'wxba5fad812f8e6fb9')
  assert.equal(wechat.sign('1714036504', '1514711492'), 'f464b24fc39322e44b38aa78f5edd27bd1441696')
  for (let length = 0; length < 100; length++)
    assert.equal(wechat.unseal(wechat.seal('迎'.repeat(length))), '迎'.repeat(length))
  assert.throws(() => openCipher('AAAAA', 'A'.repeat(43), 'other').unseal(wechat.seal('x')), /receiveid/)
})

test('a login code is good once and for five minutes', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { openid, unionid, phone } = firstUser(r)
  const code = r.sandbox.wechat.login(openid)
  assert.equal((await session(r, code, 'wrong')).body.errcode, 40125)
  const { type, body } = await session(r, code)
  assert.match(type ?? '', /^text\/plain/)
  assert.deepEqual([body.openid, body.unionid, 'errcode' in body], [openid, unionid, false])
  assert.equal((await session(r, code)).body.errcode, 40163)
  const late = r.sandbox.wechat.login(openid)
  r.clock.advance(5 * MINUTE)
  assert.equal((await session(r, late)).body.errcode, 40029)

  const phoneCode = r.sandbox.wechat.phoneCode(openid)
  assert.equal((await session(r, phoneCode)).body.errcode, 40029, 'the two kinds of code are not mixed up')
  const info = (await r.wechat('/wxa/business/getuserphonenumber', { code: phoneCode })).phone_info
  assert.equal((info as { purePhoneNumber: string }).purePhoneNumber, phone)
  assert.equal((await r.wechat('/wxa/business/getuserphonenumber', { code: phoneCode })).errcode, 40163)
})

test('tokens: stable stays, plain replaces with an overlap, dropped ones are refused', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const base = r.sandbox.wechatBase
  const plain = async () => {
    const query = new URLSearchParams({
      grant_type: 'client_credential',
      appid: WECHAT.appId,
      secret: WECHAT.appSecret,
    })
    return ((await (await fetch(`${base}/cgi-bin/token?${query}`)).json()) as { access_token: string }).access_token
  }
  const use = async (token: string) => {
    const response = await fetch(`${base}${SUBSCRIBE}?access_token=${token}`, { method: 'POST', body: '{}' })
    return ((await response.json()) as { errcode: number }).errcode
  }
  const stable = async (force = false) =>
    (
      (await (
        await fetch(`${base}/cgi-bin/stable_token`, {
          method: 'POST',
          body: JSON.stringify({
            grant_type: 'client_credential',
            appid: WECHAT.appId,
            secret: WECHAT.appSecret,
            force_refresh: force,
          }),
        })
      ).json()) as { access_token: string }
    ).access_token
  const first = await stable()
  assert.equal(await stable(), first)
  const old = await plain()
  const fresh = await plain()
  assert.deepEqual([await use(first), await use(old), await use(fresh)], [40003, 40003, 40003])
  r.clock.advance(5 * MINUTE)
  assert.deepEqual([await use(old), await use(fresh)], [42001, 40003])
  assert.notEqual(await stable(true), first)
  r.sandbox.wechat.dropToken()
  assert.equal(await use(fresh), 40001)
  assert.equal(await use(''), 41001)
  r.clock.advance(2 * HOUR)
  assert.notEqual(await stable(), first)
})

test('one subscribe message for each tick, with every value checked', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wechat } = r.sandbox
  const { openid } = firstUser(r)
  const send = async (data: unknown, template_id = 'TPL_RESULT', touser = openid) =>
    r.wechat(SUBSCRIBE, { touser, template_id, page: 'pages/ticket/detail?id=1', data })
  assert.equal((await send(RESULT)).errcode, 43101)
  await wechat.accept(openid, ['TPL_RESULT'], ['TPL_QUESTION'])
  const popup = JSON.parse(r.got[0]?.text ?? '{}')
  assert.equal(popup.Event, 'subscribe_msg_popup_event')
  assert.deepEqual(
    popup.List.map((one: { SubscribeStatusString: string }) => one.SubscribeStatusString),
    ['accept', 'reject'],
  )
  assert.equal((await send(RESULT, 'TPL_NONE')).errcode, 40037)
  assert.equal((await send(RESULT, 'TPL_RESULT', 'nobody')).errcode, 40003)
  const long = await send({ ...RESULT, thing2: { value: '字'.repeat(21) } })
  assert.equal(long.errcode, 47003)
  assert.match(String(long.errmsg), /data\.thing2\.value invalid/)
  const { time4, ...without } = RESULT
  assert.match(String((await send(without)).errmsg), /data\.time4\.value is empty/)
  assert.equal((await send(RESULT)).errcode, 0)
  assert.equal((await send(RESULT)).errcode, 43101)
  const [item] = wechat.inbox(openid)
  assert.equal(item?.title, '处理结果通知')
  assert.deepEqual(item?.lines[3], { name: 'time4', label: '完成时间', value: time4.value })
  assert.deepEqual(
    wechat.sent.map(({ errcode }) => errcode),
    [43101, 40037, 40003, 47003, 47003, 0, 43101],
  )
  await until(() => r.got.length === 2)
  assert.equal(JSON.parse(r.got[1]?.text ?? '{}').Event, 'subscribe_msg_sent_event')
})

test('values fit their keyword by its prefix', () => {
  const fits: [string, string, boolean][] = [
    ['thing1', '字'.repeat(20), true],
    ['thing1', '', false],
    ['phrase3', '处理中', true],
    ['phrase3', '处理中。', false],
    ['phrase3', '已经处理完毕', false],
    ['character_string1', 'C-1', true],
    ['character_string1', '单号1', false],
    ['time5', '2026-11-23 09:30', true],
    ['time5', '2026年11月23日 09:30', true],
    ['time5', '09:30~10:30', true],
    ['time5', '2026-11-23', false],
    ['date2', '2026年11月23日', true],
    ['amount3', '￥120.00元', true],
    ['amount3', '很多', false],
    ['name1', '欧阳娜娜', true],
    ['name1', '名'.repeat(11), false],
    ['car_number8', '粤A12345', true],
    ['unknown1', 'x', false],
  ]
  for (const [name, value, fit] of fits) assert.equal(fitsKeyword(name, value), fit, `${name} ${value}`)
})

test('texts are checked at once, for users who were here within two hours', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { openid } = firstUser(r)
  const check = (content: string, more = {}) =>
    r.wechat('/wxa/msg_sec_check', { version: 2, openid, scene: 2, content, ...more })
  assert.equal((await check('帐篷漏水')).errcode, 61010)
  r.sandbox.wechat.visit(openid)
  assert.deepEqual((await check('帐篷漏水')).result, { suggest: 'pass', label: 100 })
  assert.deepEqual((await check('来赌博吧')).result, { suggest: 'risky', label: 20006 })
  assert.equal((await check('x', { scene: 9 })).errcode, 40129)
  assert.equal((await check('字'.repeat(2501))).errcode, 47001)
  r.clock.advance(2 * HOUR)
  assert.equal((await check('帐篷漏水')).errcode, 61010)
})

test('a picture is loaded, and its verdict pushed encrypted', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wechat } = r.sandbox
  const { openid } = firstUser(r)
  wechat.visit(openid)
  wechat.faults.mediaManual = true
  const product = new URL(r.productUrl)
  const check = (path: string) =>
    r.wechat('/wxa/media_check_async', {
      version: 2,
      openid,
      scene: 2,
      media_type: 2,
      media_url: new URL(path, product).href,
    })
  const { trace_id } = await check('/picture.png')
  assert.equal(await wechat.finishMediaChecks('risky'), 1)
  const verdict = JSON.parse(r.got[0]?.text ?? '{}')
  assert.deepEqual(
    [verdict.Event, verdict.trace_id, verdict.errcode, verdict.result.suggest, verdict.appid],
    ['wxa_media_check', trace_id, 0, 'risky', WECHAT.appId],
  )
  assert.equal(r.got[0]?.query.get('encrypt_type'), 'aes')
  await check('http://127.0.0.1:1/gone.png')
  await wechat.finishMediaChecks()
  assert.equal(JSON.parse(r.got[1]?.text ?? '{}').errcode, -1008)
  wechat.faults.mediaManual = false
  wechat.faults.mediaDelayMs = 0
  wechat.faults.duplicatePushes = 1
  await check('/picture.png')
  await until(() => r.got.length === 4)
  assert.equal(r.got[2]?.text, r.got[3]?.text)
  assert.equal(await wechat.verifyUrl(), true)
})
