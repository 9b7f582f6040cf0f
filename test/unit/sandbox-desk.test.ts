import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Koa from 'koa'
import { HOUR, ShiftedClock } from '../../server/lib/clock.ts'
import { openSandbox } from '../../server/sandbox/sandbox.ts'
import { type TestContext, test } from '../suite.ts'
import {
  buttonCard,
  cardMessage,
  openReceiver,
  PNG,
  type Receiver,
  START,
  textMessage,
  WECHAT,
  WECOM,
} from './sandbox-receiver.ts'

const SEND = '/cgi-bin/message/send'

async function serve(t: TestContext, r: Receiver): Promise<string> {
  const app = new Koa()
  app.use(r.sandbox.desk)
  app.use((ctx) => {
    ctx.body = 'the product'
  })
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })

test('the desk serves its page and leaves everything else to the product', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const base = await serve(t, r)
  const page = await fetch(`${base}/desk/`)
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
  assert.match(await page.text(), /<script type="module"/)
  assert.equal((await fetch(`${base}/desk/words.js`)).status, 200)
  assert.equal((await fetch(`${base}/desk/..%2f..%2f..%2fpackage.json`)).status, 404)
  assert.equal((await fetch(`${base}/desk/%2e%2e/sandbox.ts`)).status, 200, 'outside the desk: the product answers')
  assert.equal(await (await fetch(`${base}/api/x`)).text(), 'the product')
})

test('the API shows the chats, presses, speaks and sends pictures', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const api = `${await serve(t, r)}/desk/api`
  await r.wecom(SEND, cardMessage('linxiaoyu', buttonCard('T1')))
  const state = (await (await fetch(`${api}/state`)).json()) as {
    now: number
    chats: Record<string, { kind: string; taskId: string }[]>
    customers: { nickname: string }[]
  }
  assert.equal(state.now, START)
  assert.equal(state.chats.linxiaoyu?.[0]?.taskId, 'T1')
  assert.deepEqual(
    state.customers.map(({ nickname }) => nickname),
    ['王晓梅', '李强'],
  )
  const pressed = await post(`${api}/press`, { userid: 'linxiaoyu', taskId: 'T1', key: 'accept' })
  assert.deepEqual([pressed.status, r.got.length], [200, 1])
  assert.equal((await post(`${api}/press`, { userid: 'linxiaoyu', taskId: 'T1', key: 'none' })).status, 409)
  assert.equal((await post(`${api}/press`, { userid: 7 })).status, 400)
  assert.equal((await post(`${api}/nothing`, {})).status, 404)
  await post(`${api}/say`, { userid: 'linxiaoyu', text: '你好' })
  const picture = await fetch(`${api}/picture?userid=linxiaoyu`, { method: 'POST', body: PNG })
  assert.equal(picture.status, 200)
  assert.equal((await fetch(`${api}/picture?userid=linxiaoyu`, { method: 'POST', body: 'text' })).status, 400)
  const last = r.sandbox.wecom.chat('linxiaoyu').at(-1)
  const mediaId = last?.kind === 'image' ? last.mediaId : assert.fail('no picture')
  assert.deepEqual(Buffer.from(await (await fetch(`${api}/media/${mediaId}`)).arrayBuffer()), PNG)
})

test('only this machine, under its own name and from its own page, may use the API', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const base = await serve(t, r)
  const status = (headers: Record<string, string>) =>
    new Promise<number>((tell, fail) => {
      request(`${base}/desk/api/state`, { headers }, (answer) => {
        answer.resume()
        tell(answer.statusCode ?? 0)
      })
        .on('error', fail)
        .end()
    })
  const { host } = new URL(base)
  assert.equal(await status({}), 200)
  assert.equal(await status({ host: 'rebound.example.com' }), 403)
  assert.equal(await status({ host: '127.0.0.1.example.com' }), 403)
  assert.equal(await status({ host, origin: 'http://evil.example.com' }), 403)
  assert.equal(await status({ host, origin: 'null' }), 403)
  assert.equal(await status({ host, origin: base }), 200)
})

test('the clock moves by a span or to the next deadline, and visitors stay visitors', async (t) => {
  const r = await openReceiver({ nextDue: async () => START + 3 * HOUR })
  t.after(() => r.close())
  const api = `${await serve(t, r)}/desk/api`
  await post(`${api}/advance`, { ms: HOUR })
  assert.equal(r.clock.now(), START + HOUR)
  await post(`${api}/advance`, { to: 'next' })
  assert.equal(r.clock.now(), START + 3 * HOUR)
  assert.equal((await post(`${api}/advance`, { ms: -1 })).status, 400)
  const openid = r.sandbox.wechat.users[0]?.openid
  const check = await r.wechat('/wxa/msg_sec_check', { version: 2, openid, scene: 2, content: 'x' })
  assert.equal(check.errcode, 0)
})

test('changes are told live', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const api = `${await serve(t, r)}/desk/api`
  const stream = await fetch(`${api}/live`)
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader() ?? assert.fail('no body')
  await r.wecom(SEND, textMessage('zhoumin', '提醒'))
  let text = ''
  while (!text.includes('data: ')) text += (await reader.read()).value ?? ''
  const event = JSON.parse(/data: (.+)/.exec(text)?.[1] ?? '{}') as { type: string; userid: string }
  assert.deepEqual([event.type, event.userid], ['chat', 'zhoumin'])
  await reader.cancel()
})

test('chats, media, tokens and the moved clock outlive a restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const open = (clock: ShiftedClock) =>
    openSandbox({
      clock,
      store: join(folder, 'sandbox.json'),
      productUrl: 'http://127.0.0.1:1',
      wecom: WECOM,
      wechat: WECHAT,
    })
  const first = await open(new ShiftedClock(HOUR))
  const token = async (base: string) =>
    (await (await fetch(`${base}/cgi-bin/gettoken?corpid=${WECOM.corpId}&corpsecret=${WECOM.secret}`)).json()) as {
      access_token: string
    }
  const { access_token } = await token(first.wecomBase)
  const code = first.wechat.login(first.wechat.users[0]?.openid ?? '')
  const sent = await fetch(`${first.wecomBase}${SEND}?access_token=${access_token}`, {
    method: 'POST',
    body: JSON.stringify(cardMessage('zhoumin', buttonCard('T1'))),
  })
  assert.equal(sent.status, 200)
  const before = first.wecom.chat('zhoumin')
  await first.close()

  const clock = new ShiftedClock()
  const second = await open(clock)
  t.after(() => second.close())
  assert.ok(clock.offset >= HOUR - 1000)
  assert.deepEqual(second.wecom.chat('zhoumin'), before)
  assert.equal((await token(second.wecomBase)).access_token, access_token)
  const query = new URLSearchParams({
    appid: WECHAT.appId,
    secret: WECHAT.appSecret,
    js_code: code,
    grant_type: 'authorization_code',
  })
  const session = (await (await fetch(`${second.wechatBase}/sns/jscode2session?${query}`)).json()) as object
  assert.ok('openid' in session)
})
