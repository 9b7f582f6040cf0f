import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { decrypt, encrypt, getSignature } from '@wecom/crypto'
import { MINUTE, SECOND } from '../../server/lib/clock.ts'
import { test } from '../suite.ts'
import { cardFor, DELIVER, DINGTALK, openDingtalkReceiver, until, type Wire } from './sandbox-dingtalk-receiver.ts'
import { PNG } from './sandbox-receiver.ts'

const LIN = 'dt-linxiaoyu'
const isCard = ({ headers }: Wire) => headers.topic === '/v1.0/card/instances/callback'
const isMessage = ({ headers }: Wire) => headers.topic === '/v1.0/im/bot/messages/get'
const isEvent = ({ type }: Wire) => type === 'EVENT'
const took = () => ({ code: 200, data: { response: null } })

test('a ticket lets in one connection within 90 seconds', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const ticket = await r.ticket()
  await r.connect(took, ticket)
  await assert.rejects(r.connect(took, ticket), /401/)
  const late = await r.ticket()
  r.clock.advance(90 * SECOND)
  await assert.rejects(r.connect(took, late), /401/)
  assert.equal(r.dingtalk.links(), 1)
})

test('messages go to one of the connections and are not sent again', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const client = await r.connect(took)
  const said = await r.dingtalk.say(LIN, '你好')
  assert.deepEqual([said.status, said.way], [200, 'stream'])
  const frame = client.frames.find(isMessage) ?? assert.fail('no frame')
  const message = JSON.parse(frame.data)
  assert.deepEqual([message.senderStaffId, message.conversationType, message.text.content], [LIN, '1', '你好'])
  assert.equal(frame.headers.time, String(r.clock.now()))

  const answer = (url: string) => fetch(url, { method: 'POST', body: '{"msgtype":"text","text":{"content":"收到"}}' })
  assert.equal(((await (await answer(message.sessionWebhook)).json()) as { errcode: number }).errcode, 0)
  assert.equal(r.dingtalk.chat(LIN).length, 2)
  r.clock.advance(90 * MINUTE)
  assert.notEqual(((await (await answer(message.sessionWebhook)).json()) as { errcode: number }).errcode, 0)

  const group = r.dingtalk.groups[0]?.openConversationId ?? ''
  await r.dingtalk.say(LIN, '今天谁值班', { group })
  const inGroup = JSON.parse(client.frames.filter(isMessage)[1]?.data ?? '{}')
  assert.deepEqual(
    [inGroup.conversationId, inGroup.conversationType, inGroup.text.content],
    [group, '2', ' 今天谁值班'],
  )

  r.dingtalk.timing.ackMs = 20
  client.ack = () => undefined
  assert.equal((await r.dingtalk.say(LIN, '在吗')).status, 0)
  client.socket.terminate()
  await until(() => r.dingtalk.links() === 0)
  assert.equal((await r.dingtalk.say(LIN, '有人吗')).way, 'nowhere')
  const other = await r.connect(took)
  await r.dingtalk.linked()
  r.clock.advance(10 * MINUTE)
  assert.equal(other.frames.filter(isMessage).length, 0)
})

test('a picture is fetched by its code', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const client = await r.connect(took)
  await r.dingtalk.sendImage(LIN, PNG, 'image/png')
  const { msgtype, content } = JSON.parse((await client.sees(isMessage)).data)
  assert.equal(msgtype, 'picture')
  const exchange = (downloadCode: string) =>
    r.call('POST', '/v1.0/robot/messageFiles/download', { downloadCode, robotCode: DINGTALK.robotCode })
  const { downloadUrl } = (await exchange(content.downloadCode)).body
  assert.deepEqual(Buffer.from(await (await fetch(downloadUrl)).arrayBuffer()), PNG)
  assert.equal((await exchange('none')).status, 400)
})

test('a press is answered wrapped in response, within its time', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  await r.call('POST', DELIVER, cardFor(LIN, 'T1'))
  assert.equal((await r.dingtalk.press(LIN, 'T1', 'accept')).status, 0, 'nobody is connected')
  const params = { cardParamMap: { closed: '已受理' } }
  const answer = { cardData: params, cardUpdateOptions: { updateCardDataByKey: true } }
  const client = await r.connect(() => ({ code: 200, data: answer }))
  assert.match((await r.dingtalk.press(LIN, 'T1', 'accept')).refused ?? '', /wrapped/)
  client.ack = () => ({ code: 200, data: { response: { cardData: { cardParamMap: { count: 1 } } } } })
  assert.match((await r.dingtalk.press(LIN, 'T1', 'accept')).refused ?? '', /not a string/)
  client.ack = () => ({ code: 500, data: {} })
  assert.equal((await r.dingtalk.press(LIN, 'T1', 'accept')).status, 500)
  r.dingtalk.timing.cardAnswerMs = 20
  client.ack = () => undefined
  assert.equal((await r.dingtalk.press(LIN, 'T1', 'accept')).status, 0)
  r.dingtalk.timing.cardAnswerMs = 2000
  client.ack = took
  assert.deepEqual((await r.dingtalk.press(LIN, 'T1', 'accept')).changed, false)
  client.ack = () => ({ code: 200, data: { response: answer } })
  r.dingtalk.faults.loseReplies = true
  assert.equal((await r.dingtalk.press(LIN, 'T1', 'accept')).changed, false)
  r.dingtalk.faults.loseReplies = false
  const pressed = await r.dingtalk.press(LIN, 'T1', 'accept')
  assert.deepEqual([pressed.status, pressed.changed, pressed.card.replaced], [200, true, '已受理'])
  assert.equal(r.dingtalk.updates.at(-1)?.how, 'answer')
  r.dingtalk.faults.duplicateCallbacks = 1
  const before = client.frames.filter(isCard).length
  await r.dingtalk.press(LIN, 'T1', 'accept', {}, { stale: true })
  await until(() => client.frames.filter(isCard).length === before + 2)
  const [first, copy] = client.frames.filter(isCard).slice(before)
  assert.equal(first?.headers.messageId, copy?.headers.messageId, 'a copy is the same push')
})

test('an update that comes while its press waits is marked', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  await r.call('POST', DELIVER, cardFor(LIN, 'T1'))
  const client = await r.connect()
  const pressing = r.dingtalk.press(LIN, 'T1', 'accept')
  const { headers } = await client.sees(isCard)
  await r.call('PUT', '/v1.0/card/instances', { outTrackId: 'T1', cardData: { cardParamMap: {} } })
  client.socket.send(JSON.stringify({ code: 200, headers: { messageId: headers.messageId }, data: '{"response":{}}' }))
  await pressing
  assert.equal(r.dingtalk.updates[0]?.whileAnswering, true)
})

test('an event comes again a minute later until it is acknowledged', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  r.dingtalk.timing.ackMs = 20
  const client = await r.connect(() => undefined)
  const first = await r.dingtalk.event('user_modify_org', { userId: [LIN] })
  assert.equal(first.status, 0)
  client.ack = () => ({ code: 200, data: { status: 'LATER' } })
  r.clock.advance(MINUTE)
  await until(() => client.frames.filter(isEvent).length === 2)
  client.ack = () => ({ code: 200, data: { status: 'SUCCESS', message: '' } })
  r.clock.advance(MINUTE)
  await until(() => r.dingtalk.pendingEvents().length === 0)
  const [one, two, three] = client.frames.filter(isEvent)
  assert.deepEqual([one?.headers.eventType, JSON.parse(one?.data ?? '')], ['user_modify_org', { userId: [LIN] }])
  assert.ok(one?.headers.eventId === two?.headers.eventId && two?.headers.eventId === three?.headers.eventId)
})

test('events wait for somebody to connect', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  assert.equal((await r.dingtalk.event('org_dept_create', { deptId: [1] })).way, 'nowhere')
  const client = await r.connect(() => ({ code: 200, data: { status: 'SUCCESS' } }))
  await client.sees(isEvent)
  await until(() => r.dingtalk.pendingEvents().length === 0)
})

test('the server pings, says goodbye before it closes, and can fall silent', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  Object.assign(r.dingtalk.timing, { pingMs: 10, closeAfterMs: 60, ackMs: 20 })
  const client = await r.connect(took)
  const ping = await client.sees(({ headers }) => headers.topic === 'ping')
  assert.ok(JSON.parse(ping.data).opaque)
  await until(() => r.dingtalk.pings.sent > 1)
  assert.equal(r.dingtalk.pings.echoed, 0)
  client.ack = (frame) => (frame.type === 'SYSTEM' ? { code: 200, data: JSON.parse(frame.data) } : took())
  await until(() => r.dingtalk.pings.echoed > 0)
  r.dingtalk.disconnect()
  await client.sees(({ headers }) => headers.topic === 'disconnect')
  assert.equal((await r.dingtalk.say(LIN, 'x')).way, 'nowhere', 'nothing new goes to who is leaving')
  await once(client.socket, 'close')

  const other = await r.connect(took)
  r.dingtalk.faults.streamSilent = true
  assert.equal((await r.dingtalk.say(LIN, 'x')).status, 0)
  other.socket.ping()
  r.dingtalk.cutLinks()
  await once(other.socket, 'close')
  r.dingtalk.faults.ticketsRefused = true
  await assert.rejects(r.connect(took), /401/)
})

test('without Stream, messages and events go to the HTTP address', async (t) => {
  const r = await openDingtalkReceiver({ http: true })
  t.after(() => r.close())
  const said = await r.dingtalk.say(LIN, '你好')
  assert.deepEqual([said.status, said.way], [200, 'http'])
  const [{ headers, path } = assert.fail('nothing came')] = r.got
  const right = createHmac('sha256', DINGTALK.appSecret).update(`${headers.timestamp}\n${DINGTALK.appSecret}`)
  assert.deepEqual([path, headers.sign], ['/callbacks/dingtalk', right.digest('base64')])

  const { callbackToken, callbackAesKey } = DINGTALK
  const success = (id: string) => {
    const sealed = encrypt(callbackAesKey, 'success', id)
    const msg_signature = getSignature(callbackToken, '1700000000', 'n1', sealed)
    return JSON.stringify({ msg_signature, timeStamp: '1700000000', nonce: 'n1', encrypt: sealed })
  }
  r.answer = () => 'success'
  assert.equal(await r.dingtalk.verifyUrl(), false, 'the word must be sealed')
  r.answer = () => success(DINGTALK.corpId)
  assert.equal(await r.dingtalk.verifyUrl(), true)
  r.answer = () => success(DINGTALK.appKey)
  const raised = await r.dingtalk.event('user_leave_org', { userId: [LIN] })
  assert.deepEqual([raised.status, raised.refused, r.dingtalk.pendingEvents().length], [200, undefined, 0])
  const last = r.got.at(-1) ?? assert.fail('nothing came')
  const sealed = JSON.parse(last.body).encrypt
  const [timestamp, nonce] = [last.query.get('timestamp') ?? '', last.query.get('nonce') ?? '']
  assert.equal(last.query.get('signature'), getSignature(callbackToken, timestamp, nonce, sealed))
  const { message, id } = decrypt(callbackAesKey, sealed)
  assert.equal(id, DINGTALK.corpId)
  const event = JSON.parse(message)
  assert.deepEqual([event.EventType, event.UserId, event.CorpId], ['user_leave_org', [LIN], DINGTALK.corpId])
})
