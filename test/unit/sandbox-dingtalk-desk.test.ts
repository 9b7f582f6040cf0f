import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { type TestContext, test } from '../suite.ts'
import {
  cardFor,
  DELIVER,
  type DingtalkReceiver,
  openDingtalkReceiver,
  robotText,
} from './sandbox-dingtalk-receiver.ts'
import { PNG } from './sandbox-receiver.ts'

const LIN = 'dt-linxiaoyu'

async function serve(t: TestContext, r: DingtalkReceiver): Promise<string> {
  const app = new Koa()
  app.use(r.sandbox.desk)
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    await r.close()
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/desk/api`
}

const post = (url: string, body: unknown) => fetch(url, { method: 'POST', body: JSON.stringify(body) })

test('the desk shows the chats of DingTalk beside the others, and acts in them', async (t) => {
  const r = await openDingtalkReceiver()
  const api = await serve(t, r)
  const client = await r.connect(() => ({ code: 200, data: { response: {} } }))
  await r.call('POST', DELIVER, cardFor(LIN, 'T1'))
  const state = (await (await fetch(`${api}/state`)).json()) as {
    idle?: string
    dingtalk: { people: { userid: string; twin: string }[]; chats: Record<string, { taskId: string }[]> }
  }
  assert.deepEqual(state.dingtalk.people[0], { userid: LIN, twin: 'linxiaoyu' })
  assert.equal(state.dingtalk.chats[LIN]?.[0]?.taskId, 'T1')
  assert.equal(state.idle, 'wecom', 'nothing was ever asked of WeCom')

  const press = { userid: LIN, taskId: 'T1', key: 'transfer', selected: { to: ['b'], note: '请跟进' } }
  assert.equal((await post(`${api}/dingtalk/press`, press)).status, 200)
  const { params } = JSON.parse(JSON.parse(client.frames.at(-1)?.data ?? '').content).cardPrivateData
  assert.deepEqual(params, { action: 'transfer', to: { index: 1, value: 'b' }, note: '请跟进' })
  assert.equal((await post(`${api}/dingtalk/menu`, { userid: LIN, taskId: 'T1', key: 'history' })).status, 200)
  assert.equal((await post(`${api}/dingtalk/press`, { ...press, key: 'none' })).status, 409)
  assert.equal((await post(`${api}/dingtalk/press`, { userid: 7 })).status, 400)
  assert.equal((await post(`${api}/dingtalk/nothing`, {})).status, 404)
  assert.equal((await post(`${api}/dingtalk/say`, { userid: LIN, text: '你好' })).status, 200)
  await fetch(`${api}/dingtalk/picture?userid=${LIN}`, { method: 'POST', body: PNG })
  const last = r.dingtalk.chat(LIN).at(-1)
  const mediaId = last?.kind === 'image' ? last.mediaId : assert.fail('no picture')
  const shown = await fetch(`${api}/media/${encodeURIComponent(mediaId)}`)
  assert.deepEqual(Buffer.from(await shown.arrayBuffer()), PNG)
})

test('the desk sets faults, sends connections away and hears what happens', async (t) => {
  const r = await openDingtalkReceiver()
  const api = await serve(t, r)
  await r.connect()
  await r.dingtalk.linked()
  await post(`${api}/faults`, { dingtalk: { slowMs: 1, failDeliveries: 1 } })
  assert.deepEqual([r.dingtalk.faults.slowMs, r.dingtalk.faults.failDeliveries], [1, 1])
  await post(`${api}/dingtalk/disconnect`, {})
  assert.equal(r.dingtalk.links(), 0)

  const stream = await fetch(`${api}/live`)
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader() ?? assert.fail('no body')
  await r.call('POST', '/v1.0/robot/oToMessages/batchSend', robotText([LIN], '提醒'))
  let text = ''
  while (!text.includes('data: ')) text += (await reader.read()).value ?? ''
  const event = JSON.parse(/data: (.+)/.exec(text)?.[1] ?? '{}') as { type: string; chat: string }
  assert.deepEqual([event.type, event.chat], ['dingtalk', LIN])
  await reader.cancel()
})
