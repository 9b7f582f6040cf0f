import assert from 'node:assert/strict'
// The SDK's own HTTP client, in the same instance: its gateway address is a constant and is turned round here.
import axios from 'axios'
import { DWClient, type DWClientDownStream, EventAck, TOPIC_CARD, TOPIC_ROBOT } from 'dingtalk-stream'
import { MINUTE } from '../../server/lib/clock.ts'
import { type TestContext, test } from '../suite.ts'
import {
  cardFor,
  DELIVER,
  DINGTALK,
  type DingtalkReceiver,
  openDingtalkReceiver,
  until,
} from './sandbox-dingtalk-receiver.ts'

const LIN = 'dt-linxiaoyu'

/** DingTalk's own SDK, connected to the stand-in. */
async function connect(t: TestContext, r: DingtalkReceiver): Promise<DWClient> {
  for (const level of ['info', 'warn', 'error'] as const) t.mock.method(console, level, () => {})
  const turned = axios.interceptors.request.use((request) => {
    request.url = request.url?.replace(/^https:\/\/o?api\.dingtalk\.com/, r.sandbox.dingtalkBase)
    return request
  })
  const client = new DWClient({ clientId: DINGTALK.appKey, clientSecret: DINGTALK.appSecret })
  t.after(async () => {
    client.disconnect()
    axios.interceptors.request.eject(turned)
    await r.close()
  })
  return client
}

test('the official SDK hears a message, answers a press and acknowledges an event', async (t) => {
  const r = await openDingtalkReceiver()
  const client = await connect(t, r)
  const heard: DWClientDownStream[] = []
  client
    .registerCallbackListener(TOPIC_ROBOT, (frame) => {
      heard.push(frame)
      client.socketCallBackResponse(frame.headers.messageId, null)
    })
    .registerCallbackListener(TOPIC_CARD, (frame) => {
      heard.push(frame)
      client.socketCallBackResponse(frame.headers.messageId, {
        cardData: { cardParamMap: { closed: '已受理' } },
        cardUpdateOptions: { updateCardDataByKey: true },
      })
    })
    .registerAllEventListener((frame) => {
      heard.push(frame)
      return { status: EventAck.SUCCESS }
    })
  await client.connect()
  await r.dingtalk.linked()
  await until(() => client.registered)

  const said = await r.dingtalk.say(LIN, '你好')
  assert.deepEqual([said.status, said.way, said.refused], [200, 'stream', undefined])
  assert.equal(JSON.parse(heard[0]?.data ?? '{}').text.content, '你好')

  await r.call('POST', DELIVER, cardFor(LIN, 'T1'))
  const pressed = await r.dingtalk.press(LIN, 'T1', 'accept')
  assert.deepEqual([pressed.refused, pressed.changed, pressed.card.replaced], [undefined, true, '已受理'])

  await r.dingtalk.event('user_modify_org', { userId: [LIN] })
  assert.equal(heard[2]?.headers.eventType, 'user_modify_org')
  assert.equal(r.dingtalk.pendingEvents().length, 0)
  assert.equal(await client.getAccessToken(), await r.token())
})

test('the official SDK answers pings, and comes back when it is sent away', async (t) => {
  const r = await openDingtalkReceiver()
  const client = await connect(t, r)
  Object.assign(r.dingtalk.timing, { pingMs: 20, closeAfterMs: 20 })
  let later = 0
  client.registerAllEventListener(() => ({ status: later++ === 0 ? EventAck.LATER : EventAck.SUCCESS }))
  await client.connect()
  await r.dingtalk.linked()
  await until(() => r.dingtalk.pings.echoed > 0)
  r.dingtalk.disconnect()
  assert.equal(r.dingtalk.links(), 0)
  await r.dingtalk.linked()
  const said = await r.dingtalk.event('org_dept_create', { deptId: [1] })
  assert.match(said.refused ?? '', /LATER/)
  r.clock.advance(MINUTE)
  await until(() => r.dingtalk.pendingEvents().length === 0)
  assert.equal(later, 2)
  client.disconnect()
  await until(() => r.dingtalk.links() === 0)
})
