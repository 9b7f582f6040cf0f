import assert from 'node:assert/strict'
import { FixedClock, HOUR, MINUTE, SECOND } from '../../server/lib/clock.ts'
import { PlatformError } from '../../server/lib/errors.ts'
import { parseJson } from '../../server/platforms/json.ts'
import { wechat } from '../../server/platforms/wechat.ts'
import { fitValue } from '../../server/platforms/wechat-values.ts'
import { afterEach, test } from '../suite.ts'
import { type PlatformServer, platformServer, type Received, type Reply } from './platform-server.ts'

const open: PlatformServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

/** A WeChat that issues tok-1, tok-2 … and answers everything else by `answer`. */
async function miniprogram(answer: (request: Received) => Reply) {
  const clock = new FixedClock(1_700_000_000_000)
  let issued = 0
  const server = await platformServer((request) =>
    request.path === '/cgi-bin/stable_token'
      ? { json: { access_token: `tok-${++issued}`, expires_in: 7200 } }
      : answer(request),
  )
  open.push(server)
  const client = wechat({ appId: 'wx1', appSecret: 's3', apiBase: server.base }, clock)
  return { server, clock, client }
}

function fails(code: number | string, retryable: boolean, retryAfterMs?: number) {
  return (error: unknown) => {
    assert.ok(error instanceof PlatformError, String(error))
    assert.deepEqual(
      { platform: error.platform, code: error.code, retryable: error.retryable, wait: error.retryAfterMs },
      { platform: 'wechat', code, retryable, wait: retryAfterMs },
    )
    return true
  }
}

test('a session is read from text/plain, with and without a unionid', async () => {
  let json: unknown = { openid: 'o1', session_key: 'k1' }
  const { client, server } = await miniprogram(() => ({ json, type: 'text/plain' }))
  assert.deepEqual(await client.session('code-1'), { openid: 'o1', sessionKey: 'k1' })
  assert.deepEqual(Object.fromEntries(server.last().query), {
    appid: 'wx1',
    secret: 's3',
    js_code: 'code-1',
    grant_type: 'authorization_code',
  })
  json = { openid: 'o1', session_key: 'k1', unionid: 'u1', errcode: 0, errmsg: '' }
  assert.deepEqual(await client.session('code-2'), { openid: 'o1', unionid: 'u1', sessionKey: 'k1' })
  json = { errcode: 40029, errmsg: 'invalid code, rid: 1' }
  await assert.rejects(client.session('code-2'), fails(40029, false))
  json = { errcode: -1, errmsg: 'system error' }
  await assert.rejects(client.session('code-2'), fails(-1, true, SECOND))
  json = { openid: 'o1' }
  await assert.rejects(client.session('code-2'), fails('bad_answer', true))
  assert.equal(server.to('/cgi-bin/stable_token').length, 0, 'no token is needed for it')
})

test('fifty calls fetch one stable token and renew it once when it was dropped', async () => {
  let good = 'tok-1'
  const { client, server, clock } = await miniprogram((request) =>
    request.query.get('access_token') === good
      ? { json: { errcode: 0, errmsg: 'ok', msgid: 1 } }
      : { json: { errcode: 40001, errmsg: 'invalid credential' } },
  )
  const fifty = () =>
    Promise.all(
      Array.from({ length: 50 }, () =>
        client.sendSubscribe({ openid: 'o1', templateId: 't1', data: { thing1: '伞' } }),
      ),
    )
  await fifty()
  assert.deepEqual(
    server.to('/cgi-bin/stable_token').map((request) => request.json()),
    [{ grant_type: 'client_credential', appid: 'wx1', secret: 's3', force_refresh: false }],
  )
  good = 'tok-2'
  await fifty()
  assert.equal(server.to('/cgi-bin/stable_token').length, 2)
  good = 'tok-3'
  clock.advance(115 * MINUTE)
  await fifty()
  assert.equal(server.to('/cgi-bin/stable_token').length, 3)
})

test('a phone number is taken only from our own application', async () => {
  let appid = 'wx1'
  const { client, server } = await miniprogram(() => ({
    json: {
      errcode: 0,
      phone_info: {
        phoneNumber: '13800000000',
        purePhoneNumber: '13800000000',
        countryCode: 86,
        watermark: { appid, timestamp: 1700000000 },
      },
    },
  }))
  const phone = { phoneNumber: '13800000000', purePhoneNumber: '13800000000', countryCode: '86' }
  assert.deepEqual(await client.phoneNumber('c1'), phone)
  assert.deepEqual(server.last().json(), { code: 'c1' })
  appid = 'wx-other'
  await assert.rejects(client.phoneNumber('c1'), fails('bad_answer', true))
})

test('a subscribe message goes out fitted, and 43101 is final', async () => {
  let body = '{"errcode":0,"errmsg":"ok","msgid":4294967295123456789}'
  const { client, server } = await miniprogram(() => ({ body }))
  const message = {
    openid: 'o1',
    templateId: 't1',
    page: 'pages/ticket/ticket?id=1',
    data: {
      thing1: '帐篷漏水，\n营地 A7 的客人要求尽快更换并且退还一天租金',
      time2: '2026-01-05T18:00',
      phrase3: '处理中 (2)',
    },
  }
  assert.deepEqual(await client.sendSubscribe(message), { msgid: '4294967295123456789' })
  assert.deepEqual(server.last().json(), {
    touser: 'o1',
    template_id: 't1',
    page: 'pages/ticket/ticket?id=1',
    miniprogram_state: 'formal',
    lang: 'zh_CN',
    data: {
      thing1: { value: '帐篷漏水， 营地 A7 的客人要求尽快…' },
      time2: { value: '2026-01-05 18:00' },
      phrase3: { value: '处理中' },
    },
  })
  assert.equal('帐篷漏水， 营地 A7 的客人要求尽快…'.length, 20)
  body = '{"errcode":43101,"errmsg":"user refuse to accept the msg"}'
  await assert.rejects(client.sendSubscribe(message), fails(43101, false))
  const asked = server.requests.length
  await assert.rejects(client.sendSubscribe({ ...message, data: { time2: '明天' } }), fails(47003, false))
  assert.equal(server.requests.length, asked, 'what cannot be right is not sent')
})

test('each refusal says whether and when to come back', async () => {
  const expected: [number, boolean, number?][] = [
    [43101, false],
    [43107, false],
    [40003, false],
    [40037, false],
    [47003, false],
    [45168, false],
    [61010, false],
    [43108, true, SECOND],
    [45011, true, MINUTE],
    [44991, true, MINUTE],
    [45009, true, HOUR],
    [40164, true, 10 * MINUTE],
  ]
  let errcode = 0
  const { client } = await miniprogram(() => ({ json: { errcode, errmsg: 'no' } }))
  for (const [code, retryable, wait] of expected) {
    errcode = code
    await assert.rejects(client.checkText({ openid: 'o1', scene: 2, content: 'a' }), fails(code, retryable, wait))
  }
})

test('a long text is checked in pieces, and the worst piece decides', async () => {
  const { client, server } = await miniprogram((request) => {
    const { content } = request.json<{ content: string }>()
    const suggest = content.includes('坏') ? 'risky' : content.includes('疑') ? 'review' : 'pass'
    const label = { risky: 20001, review: 10001, pass: 100 }[suggest]
    return { json: { errcode: 0, trace_id: `t-${suggest}`, result: { suggest, label }, detail: [] } }
  })
  const check = (content: string) => client.checkText({ openid: 'o1', scene: 2, content, title: '投诉' })
  assert.deepEqual(await check('好'), { suggest: 'pass', label: 100, traceId: 't-pass' })
  assert.deepEqual(server.last().json(), { version: 2, openid: 'o1', scene: 2, content: '好', title: '投诉' })
  assert.equal((await check(`${'好'.repeat(2500)}坏`)).suggest, 'risky')
  assert.equal((await check(`${'好'.repeat(2499)}疑${'好'.repeat(2500)}`)).suggest, 'review')
  const before = server.to('/wxa/msg_sec_check').length
  assert.equal((await check('🙂'.repeat(2500))).suggest, 'pass')
  assert.equal((await check(`坏${'好'.repeat(5000)}`)).suggest, 'risky')
  assert.equal(server.to('/wxa/msg_sec_check').length, before + 2, 'it stops at the first risky piece')
})

test('a picture is handed in and its trace id kept', async () => {
  const { client, server } = await miniprogram(() => ({ json: { errcode: 0, trace_id: 'trace-1' } }))
  assert.equal(await client.checkImage({ url: 'https://a.example.com/1.jpg', openid: 'o1', scene: 2 }), 'trace-1')
  assert.deepEqual(server.last().json(), {
    version: 2,
    media_type: 2,
    media_url: 'https://a.example.com/1.jpg',
    openid: 'o1',
    scene: 2,
  })
})

test('values are made to fit the rule of their kind', () => {
  const fitted: [string, string, string][] = [
    ['thing1', '  a \n b  ', 'a b'],
    ['thing12', '', '-'],
    ['thing1', '一二三四五六七八九十一二三四五六七八九十', '一二三四五六七八九十一二三四五六七八九十'],
    ['thing1', '一二三四五六七八九十一二三四五六七八🙂🙂', '一二三四五六七八九十一二三四五六七八…'],
    ['character_string2', '单号 R2026-01', 'R2026-01'],
    ['character_string2', 'x'.repeat(40), 'x'.repeat(32)],
    ['phrase3', '等待客户确认中', '等待客户确'],
    ['time4', '18:00', '18:00'],
    ['time4', '2026年1月5日 18:00:30', '2026年1月5日 18:00:30'],
    ['time4', '2026-01-05 18:00 ~ 2026-01-06 09:00', '2026-01-05 18:00~2026-01-06 09:00'],
    ['date5', '2026/01/05', '2026/01/05'],
    ['date5', '2026.01.05 18:00', '2026.01.05 18:00'],
    ['amount6', '￥1,120.00 元', '￥1120.00元'],
    ['number7', '1,024.5', '1024.5'],
    ['phone_number8', '138****5678', '138****5678'],
    ['car_number9', '粤 A·12345', '粤A·12345'],
    ['name10', '张**', '张'],
    ['name10', '欧阳一二三四五六七八九十', '欧阳一二三四五六七八'],
    ['name10', 'Alexander Hamilton Junior', 'Alexander Hamilton J'],
    ['letter11', 'VIP-3', 'VIP'],
    ['enum12', '已受理', '已受理'],
  ]
  for (const [key, value, expected] of fitted) assert.equal(fitValue(key, value), expected, `${key}: ${value}`)
})

test('values that cannot be made to fit are refused as the platform would', () => {
  const hopeless: [string, string][] = [
    ['phrase1', 'done'],
    ['character_string1', '单号'],
    ['time1', '2026-01-05'],
    ['time1', '2026-01/05 18:00'],
    ['time1', '1:00~2:00~3:00'],
    ['date1', '18:00'],
    ['amount1', '十元'],
    ['amount1', '12345678901'],
    ['number1', 'many'],
    ['phone_number1', '138-0000-0000-0000-0'],
    ['letter1', '123'],
    ['name1', '***'],
  ]
  for (const [key, value] of hopeless) {
    assert.throws(() => fitValue(key, value), fails(47003, false), `${key}: ${value}`)
  }
})

test('long integers in JSON stay whole, and nothing else changes', () => {
  const text = '{"MsgId":7301234567890123457,"n":-1.5e3,"s":"7301234567890123457 \\" 7301234567890123457","k":[1,2]}'
  assert.deepEqual(parseJson(text), {
    MsgId: '7301234567890123457',
    n: -1500,
    s: '7301234567890123457 " 7301234567890123457',
    k: [1, 2],
  })
  assert.deepEqual(parseJson('{"a":0.12500000000000000000}'), { a: 0.125 })
  assert.throws(() => parseJson(`{"a":"${'\\"'.repeat(100_000)}`), SyntaxError)
})
