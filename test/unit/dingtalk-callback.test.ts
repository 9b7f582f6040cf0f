import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type DingtalkCallbackConfig, dingtalkCallback } from '../../server/platforms/dingtalk-callback.ts'
import { cardAnswer, lateUpdate } from '../../server/platforms/dingtalk-card.ts'
import {
  dingtalkCardPress,
  dingtalkDedupKey,
  dingtalkOrgEvent,
  dingtalkRobotMessage,
} from '../../server/platforms/dingtalk-event.ts'
import { robotSign } from '../../server/platforms/dingtalk-sign.ts'
import { CallbackRefused, type RefusalReason, wxCrypto } from '../../server/platforms/wx-crypto.ts'
import { test } from '../suite.ts'

interface Sample {
  id: string
  inputs: Record<'token' | 'aesKey' | 'ownerKey' | 'timestamp' | 'nonce' | 'encrypt', string>
  expected: Record<'signature' | 'plaintext', string>
}

const samples: Sample[] = JSON.parse(
  readFileSync(new URL('../../../test/vectors/dingtalk.json', import.meta.url), 'utf8'),
)

const NOW = 1_700_000_000_000
const config: DingtalkCallbackConfig = {
  appKey: 'dingkey',
  appSecret: 'app-secret',
  corpId: 'dingcorp',
  token: 'tok',
  aesKey: '4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij',
  cardSecret: 'card-secret',
  maxAgeS: 300,
}
const door = dingtalkCallback(config, () => NOW)

function refused(reason: RefusalReason) {
  return (error: unknown) => {
    assert.ok(error instanceof CallbackRefused, String(error))
    assert.equal(error.reason, reason)
    return true
  }
}

/** An event as the platform pushes it. */
function push(event: object, { receiveId = 'dingcorp', timestamp = String(NOW) } = {}) {
  const sealer = wxCrypto({ token: 'tok', encodingAesKey: config.aesKey ?? '', receiveId })
  const encrypt = sealer.seal(JSON.stringify(event))
  return {
    query: { signature: sealer.sign(timestamp, 'n1', encrypt), timestamp, nonce: 'n1' },
    body: JSON.stringify({ encrypt }),
  }
}

const left = { EventType: 'user_leave_org', TimeStamp: '1700000000000', UserId: ['u1', 'u2'], CorpId: 'dingcorp' }

test('DingTalk’s own sample of an event is read, and its signature holds', () => {
  const { inputs, expected } = samples.find(({ id }) => id === 'dingtalk-event-decrypt-official') ?? assert.fail()
  const theirs = dingtalkCallback(
    { ...config, corpId: inputs.ownerKey, token: inputs.token, aesKey: inputs.aesKey, maxAgeS: 0 },
    () => NOW,
  )
  const query = { signature: expected.signature, timestamp: inputs.timestamp, nonce: inputs.nonce }
  const body = JSON.stringify({ encrypt: inputs.encrypt })
  const event = theirs.open(query, {}, body)
  assert.ok(event.kind === 'event')
  assert.equal(event.eventType, 'check_create_suite_url')
  assert.deepEqual(event.data, JSON.parse(expected.plaintext))
  const { signature, ...rest } = query
  assert.deepEqual(theirs.open({ ...rest, msg_signature: signature }, {}, body), event)
  assert.throws(() => theirs.open({ ...query, signature: '0'.repeat(40) }, {}, body), refused('signature'))
  assert.throws(() => theirs.open({ ...query, nonce: 'other' }, {}, body), refused('signature'))
})

test('an event is sealed for the corp id or the app key, and "success" goes back likewise', () => {
  const ours = dingtalkCallback(config, () => NOW)
  for (const receiveId of ['dingcorp', 'dingkey']) {
    const { query, body } = push(left, { receiveId })
    const event = ours.open(query, {}, body)
    assert.ok(event.kind === 'event')
    assert.deepEqual([event.userIds, event.departmentIds], [['u1', 'u2'], []])
    const answer = ours.success('n2') as Record<string, string>
    assert.deepEqual(Object.keys(answer), ['msg_signature', 'timeStamp', 'nonce', 'encrypt'])
    const platform = wxCrypto({ token: 'tok', encodingAesKey: config.aesKey ?? '', receiveId })
    platform.verify(answer.msg_signature ?? '', answer.timeStamp ?? '', answer.nonce ?? '', answer.encrypt ?? '')
    assert.deepEqual([answer.timeStamp, answer.nonce], [String(NOW), 'n2'])
    assert.equal(platform.open(answer.encrypt ?? ''), 'success')
  }
  const foreign = push(left, { receiveId: 'dingother' })
  assert.throws(() => ours.open(foreign.query, {}, foreign.body), refused('receiveid'))
  const unnamed = push(left, { receiveId: '' })
  const nameless = dingtalkCallback({ ...config, corpId: '' }, () => NOW)
  assert.throws(() => nameless.open(unnamed.query, {}, unnamed.body), refused('receiveid'))
})

test('events that are old, unreadable or not expected are refused', () => {
  for (const timestamp of [String(NOW - 301_000), String(NOW + 301_000)]) {
    const old = push(left, { timestamp })
    assert.throws(() => door.open(old.query, {}, old.body), refused('stale'))
    dingtalkCallback({ ...config, maxAgeS: 0 }, () => NOW).open(old.query, {}, old.body)
  }
  const odd = push(left, { timestamp: '17' })
  assert.throws(() => door.open(odd.query, {}, odd.body), refused('query'))
  const typeless = push({ UserId: ['u1'] })
  assert.throws(() => door.open(typeless.query, {}, typeless.body), refused('content'))
  const { query, body } = push(left)
  const keyless = dingtalkCallback({ ...config, token: undefined }, () => NOW)
  assert.throws(() => keyless.open(query, {}, body), refused('cipher'))
  assert.throws(() => keyless.success(), refused('cipher'))
  assert.throws(() => door.open(query, {}, 'no json'), refused('json'))
  assert.throws(() => door.open(query, {}, `"${'x'.repeat(256 * 1024)}"`), refused('size'))
})

const said = {
  conversationId: 'cid1',
  conversationType: '2',
  conversationTitle: '客服',
  atUsers: [{ dingtalkId: '$:LWCP_v1:$x', staffId: 'u2' }, { dingtalkId: '$:LWCP_v1:$b' }],
  msgId: 'msg1',
  senderNick: '李',
  senderStaffId: 'u1',
  senderCorpId: 'dingcorp',
  sessionWebhook: 'https://oapi.dingtalk.com/robot/sendBySession?session=s1',
  sessionWebhookExpiredTime: 1_700_005_400_000,
  createAt: NOW,
  robotCode: 'dingabc',
  msgtype: 'text',
  text: { content: ' 我的任务 ' },
}

test('a message to the robot is let in with its signature only', () => {
  const timestamp = String(NOW - 3_000_000)
  const headers = { timestamp, sign: robotSign(timestamp, 'app-secret') }
  assert.deepEqual(door.open({}, headers, JSON.stringify(said)), {
    kind: 'robot_message',
    msgId: 'msg1',
    msgtype: 'text',
    conversationId: 'cid1',
    group: true,
    conversationTitle: '客服',
    userId: 'u1',
    nick: '李',
    corpId: 'dingcorp',
    robotCode: 'dingabc',
    createdAt: NOW,
    text: '我的任务',
    files: [],
    mentioned: ['u2'],
    sessionWebhook: said.sessionWebhook,
    sessionWebhookUntil: 1_700_005_400_000,
  })
  const body = JSON.stringify(said)
  assert.throws(() => door.open({}, {}, body), refused('signature'))
  assert.throws(() => door.open({}, { ...headers, sign: robotSign(timestamp, 'other') }, body), refused('signature'))
  assert.throws(() => door.open({}, { ...headers, timestamp: String(NOW) }, body), refused('signature'))
  const early = String(NOW - 3_601_000)
  assert.throws(() => door.open({}, { timestamp: early, sign: robotSign(early, 'app-secret') }, body), refused('stale'))
  const plain = { EventType: 'user_leave_org' }
  assert.throws(() => door.open({}, headers, JSON.stringify(plain)), refused('content'))
})

test('pictures, voices, files and rich texts are read', () => {
  const read = (msgtype: string, content: unknown) => {
    const { text, files } = dingtalkRobotMessage({ ...said, msgtype, text: undefined, content })
    return { text, files }
  }
  assert.deepEqual(read('picture', { downloadCode: 'd1', pictureDownloadCode: 'p1' }), {
    text: '',
    files: [{ kind: 'picture', downloadCode: 'd1' }],
  })
  assert.deepEqual(read('audio', { recognition: '帮我看一下', downloadCode: 'd1', duration: 3000 }), {
    text: '帮我看一下',
    files: [{ kind: 'audio', downloadCode: 'd1' }],
  })
  assert.deepEqual(read('file', { downloadCode: 'd1', fileName: '合同.pdf' }), {
    text: '',
    files: [{ kind: 'file', downloadCode: 'd1', name: '合同.pdf' }],
  })
  const rich = [{ text: '这里' }, { type: 'picture', pictureDownloadCode: 'p1' }, { text: '\n坏了 ' }]
  assert.deepEqual(read('richText', { richText: rich }), {
    text: '这里\n坏了',
    files: [{ kind: 'picture', downloadCode: 'p1' }],
  })
  assert.deepEqual(read('unheardOf', 'text'), { text: '', files: [] })
  const outsider = dingtalkRobotMessage({ ...said, conversationType: '1', senderStaffId: undefined, atUsers: null })
  assert.deepEqual([outsider.userId, outsider.group, outsider.mentioned], ['', false, []])
})

const params = { action: 'assign', to: { index: 1, value: 'u2' }, note: '请尽快', days: '2' }
const pressed = {
  type: 'actionCallback',
  outTrackId: 'step_1',
  corpId: 'dingcorp',
  userId: 'u1',
  userIdType: 1,
  content: JSON.stringify({ cardPrivateData: { actionIds: ['button_3'], params } }),
}

test('a press is read with what was chosen and typed', () => {
  const timestamp = String(NOW)
  const sign = createHmac('sha256', 'card-secret').update(timestamp).digest('base64')
  const headers = { 'x-ddpaas-signature-timestamp': timestamp, 'x-ddpaas-signature': sign }
  const press = { kind: 'card', pushId: '', outTrackId: 'step_1', userId: 'u1', corpId: 'dingcorp', key: 'assign' }
  assert.deepEqual(door.openCard(headers, JSON.stringify(pressed)), { ...press, params })
  const body = JSON.stringify(pressed)
  assert.throws(() => door.openCard({ ...headers, 'x-ddpaas-signature': 'x' }, body), refused('signature'))
  assert.throws(() => door.openCard({}, body), refused('signature'))
  const open = dingtalkCallback({ ...config, cardSecret: undefined }, () => NOW)
  assert.throws(() => open.openCard(headers, body), refused('signature'))
  const late = dingtalkCallback(config, () => NOW + 301_000)
  assert.throws(() => late.openCard(headers, body), refused('stale'))

  const other = (data: unknown) => dingtalkCardPress({ ...pressed, content: '', value: JSON.stringify(data) }, 'm1')
  const bare = other({ cardPrivateData: { actionIds: ['accept'] } })
  assert.deepEqual([bare.pushId, bare.key, bare.params], ['m1', 'accept', {}])
  assert.throws(() => other({}), refused('content'))
  assert.throws(() => dingtalkCardPress({ ...pressed, content: '{' }), refused('json'))
  assert.throws(() => dingtalkCardPress({ ...pressed, userId: '' }), refused('content'))
})

test('a press is answered in the callback, or by the update that says the same', () => {
  const options = { updateCardDataByKey: true, updatePrivateDataByKey: true }
  assert.deepEqual(cardAnswer(), {})
  assert.deepEqual(cardAnswer({ params: { a: '1' }, privateParams: { b: '2' } }), {
    cardData: { cardParamMap: { a: '1' } },
    userPrivateData: { cardParamMap: { b: '2' } },
    cardUpdateOptions: options,
  })
  assert.deepEqual(lateUpdate({ outTrackId: 'step_1', userId: 'u1' }, { params: { a: '1' } }), {
    outTrackId: 'step_1',
    params: { a: '1' },
  })
  assert.deepEqual(lateUpdate({ outTrackId: 'step_1', userId: 'u1' }, { privateParams: { b: '2' } }), {
    outTrackId: 'step_1',
    params: {},
    privateParams: { u1: { b: '2' } },
  })
})

test('an event tells whom it is about in either spelling', () => {
  const streamed = dingtalkOrgEvent(
    { timeStamp: '1700000000000', userId: 'u1', deptId: [7, '8', 'x'] },
    { eventId: 'e1', eventType: 'org_dept_modify' },
  )
  assert.deepEqual(
    [streamed.eventId, streamed.eventType, streamed.userIds, streamed.departmentIds],
    ['e1', 'org_dept_modify', ['u1'], [7, 8]],
  )
  assert.throws(() => dingtalkOrgEvent([], { eventType: 'x' }), refused('content'))
})

test('a repeat has the same key, everything else another', () => {
  const press = (pushId: string) => dingtalkCardPress(pressed, pushId)
  const keys = [
    dingtalkRobotMessage(said),
    dingtalkRobotMessage({ ...said, msgId: 'm1' }),
    press('m1'),
    press('m2'),
    dingtalkOrgEvent(left),
    dingtalkOrgEvent({ ...left, TimeStamp: '1700000000001' }),
    dingtalkOrgEvent(left, { eventId: 'm1' }),
  ].map((event) => {
    assert.equal(dingtalkDedupKey(structuredClone(event)), dingtalkDedupKey(event))
    return dingtalkDedupKey(event) ?? ''
  })
  assert.equal(new Set(keys).size, keys.length)
  assert.ok(keys.every((key) => key !== '' && key.length <= 50))
  assert.equal(dingtalkDedupKey(press('')), undefined)
})
