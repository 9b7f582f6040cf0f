import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY, HOUR, MINUTE } from '../../server/lib/clock.ts'
import { test } from '../suite.ts'
import { BATCH, cardFor, DELIVER, DINGTALK, openDingtalkReceiver, robotText } from './sandbox-dingtalk-receiver.ts'
import { PNG } from './sandbox-receiver.ts'

const NOTICE = '/topapi/message/corpconversation/asyncsend_v2'

test('a token is the same while valid, serves both generations, expires and can be dropped', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const base = r.sandbox.dingtalkBase
  const first = await r.token()
  r.clock.advance(HOUR)
  assert.equal(await r.token(), first)
  const query = `appkey=${DINGTALK.appKey}&appsecret=${DINGTALK.appSecret}`
  const old = (await (await fetch(`${base}/gettoken?${query}`)).json()) as Record<string, unknown>
  assert.deepEqual([old.errcode, old.access_token, old.expires_in], [0, first, 3600])
  r.clock.advance(HOUR)
  const use = async (token: string) => {
    const url = `${base}/topapi/v2/user/get?access_token=${token}`
    const got = await fetch(url, { method: 'POST', body: JSON.stringify({ userid: 'dt-zhoumin' }) })
    return ((await got.json()) as { errcode: number }).errcode
  }
  const useNew = async (token: string) => {
    const headers = { 'x-acs-dingtalk-access-token': token }
    const got = await fetch(`${base}${BATCH}`, { method: 'POST', headers, body: '{}' })
    return [got.status, ((await got.json()) as { code: string }).code]
  }
  assert.equal(await use(first), 42001)
  assert.deepEqual(await useNew(first), [401, 'InvalidAuthentication'])
  const second = await r.token()
  assert.equal(await use(first), 40014)
  assert.equal(await use(second), 0)
  r.dingtalk.dropToken()
  assert.equal(await use(second), 40014)
  const wrong = await fetch(`${base}/v1.0/oauth2/accessToken`, {
    method: 'POST',
    body: '{"appKey":"x","appSecret":"y"}',
  })
  assert.deepEqual([wrong.status, ((await wrong.json()) as { code: string }).code], [400, 'invalidClientIdOrSecret'])
})

test('the robot tells whom it could not reach while the call succeeds', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  r.dingtalk.faults.throttled = ['dt-hejianguo']
  const { status, body } = await r.call('POST', BATCH, robotText(['dt-zhoumin', 'zhoumin', 'dt-hejianguo'], '你好'))
  assert.equal(status, 200)
  assert.deepEqual([body.invalidStaffIdList, body.flowControlledStaffIdList], [['zhoumin'], ['dt-hejianguo']])
  assert.deepEqual(
    r.dingtalk.chat('dt-zhoumin').map((item) => item.kind === 'text' && item.text),
    ['你好'],
  )
  assert.deepEqual([r.dingtalk.chat('dt-hejianguo').length, r.dingtalk.sent.length], [0, 1])
})

test('the robot refuses what the platform refuses', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const code = async (more: object) => {
    const { status, body } = await r.call('POST', BATCH, { ...robotText(['dt-zhoumin'], 'x'), ...more })
    return status === 200 ? 'ok' : `${status} ${body.code}`
  }
  assert.equal(await code({ msgParam: { content: 'x' } }), '400 invalidParameter.msgParam.invalid')
  assert.equal(await code({ msgParam: '{}' }), '400 invalidParameter.msgParam.invalid')
  const long = JSON.stringify({ content: 'x'.repeat(15_000) })
  assert.equal(await code({ msgParam: long }), '400 invalidParameter.msgParam.tooLong')
  assert.equal(await code({ msgKey: 'text' }), '400 invalidParameter.msgKey.invalid')
  assert.equal(await code({ msgKey: '' }), '400 invalidParameter.msgKey.empty')
  assert.equal(await code({ robotCode: 'other' }), '400 invalidParameter.robotCode.notExsit')
  assert.equal(await code({ userIds: [] }), '400 invalidParameter.userIds.empty')
  const many = Array.from({ length: 21 }, (_, i) => `u${i}`)
  assert.equal(await code({ userIds: many }), '400 invalidParameter.userIds.overMax')
  assert.equal(await code({}), 'ok')
})

test('groups hear the robot, and it can take back what it said', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const [group] = r.dingtalk.groups
  const openConversationId = group?.openConversationId ?? ''
  const message = { ...robotText([], '值班提醒'), openConversationId }
  const send = '/v1.0/robot/groupMessages/send'
  const { body } = await r.call('POST', send, message)
  assert.equal(r.dingtalk.chat(openConversationId).length, 1)
  assert.equal(
    (await r.call('POST', send, { ...message, openConversationId: 'x' })).body.code,
    'invalid.openConversationId',
  )
  const recall = { robotCode: DINGTALK.robotCode, processQueryKeys: [body.processQueryKey, 'none'] }
  const recalled = await r.call('POST', '/v1.0/robot/groupMessages/recall', recall)
  assert.deepEqual(recalled.body.successResult, [body.processQueryKey])
  assert.deepEqual(Object.keys(recalled.body.failedResult), ['none'])
  assert.equal(r.dingtalk.chat(openConversationId)[0]?.kind, 'recalled')
})

test('a webhook robot wants its signature, and is silent for ten minutes after twenty messages in one', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const [robot] = r.dingtalk.webhooks
  const secret = robot?.secret ?? ''
  const send = async (content: string, more: object = {}, key = secret) => {
    const timestamp = String(Date.now())
    const sign = createHmac('sha256', key).update(`${timestamp}\n${key}`).digest('base64')
    const query = new URLSearchParams({ access_token: robot?.token ?? '', timestamp, sign })
    const body = JSON.stringify({ msgtype: 'text', text: { content }, ...more })
    const got = await fetch(`${r.sandbox.dingtalkBase}/robot/send?${query}`, { method: 'POST', body })
    return ((await got.json()) as { errcode: number }).errcode
  }
  const shown = () => r.dingtalk.chat(robot?.group ?? '').length
  assert.equal(await send('x', {}, 'SECwrong'), 310000)
  assert.equal(await send('once', { msgUuid: 'u1' }), 0)
  assert.equal(await send('once', { msgUuid: 'u1' }), 0)
  assert.equal(shown(), 1)
  for (let i = 0; i < 19; i++) assert.equal(await send(`${i}`), 0)
  assert.equal(await send('too many'), 130101)
  r.clock.advance(9 * MINUTE)
  assert.equal(await send('still'), 130101)
  r.clock.advance(MINUTE)
  assert.equal(await send('again'), 0)
  assert.equal(shown(), 21)
})

test('work notifications are accepted even when they are dropped', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const msg = { msgtype: 'text', text: { content: '今天 3 单到期' } }
  const send = (more: object = {}) =>
    r.old(NOTICE, { agent_id: 2000002, userid_list: 'dt-zhoumin,nobody', msg, ...more })
  const first = await send()
  assert.equal(first.body.errcode, 0)
  const second = await send()
  assert.equal(second.body.errcode, 0)
  assert.deepEqual([r.dingtalk.chat('dt-zhoumin').length, r.dingtalk.dropped.length], [1, 1])
  const result = async (task_id: unknown) =>
    (await r.old('/topapi/message/corpconversation/getsendresult', { agent_id: 2000002, task_id })).body.send_result
  assert.deepEqual((await result(first.body.task_id)).unread_user_id_list, ['dt-zhoumin'])
  assert.deepEqual((await result(second.body.task_id)).forbidden_user_id_list, ['dt-zhoumin'])
  r.clock.advance(DAY)
  await send()
  assert.equal(r.dingtalk.chat('dt-zhoumin').length, 2)
  assert.equal((await send({ userid_list: 'nobody' })).body.errcode, 33012)
  assert.equal((await send({ agent_id: 1 })).body.errcode, 40056)
  const long = { msgtype: 'text', text: { content: 'x'.repeat(2049) } }
  assert.equal((await send({ msg: long })).body.errcode, 40035)
})

test('the address book has the same people with other ids', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const departments = (await r.old('/topapi/v2/department/listsub', { dept_id: 1 })).body.result
  assert.deepEqual(
    departments.map((one: { name: string }) => one.name),
    ['客服部', '技术部'],
  )
  const page = (cursor: number) =>
    r.old('/topapi/v2/user/list', { dept_id: departments[0].dept_id, cursor, size: 1 }).then(({ body }) => body.result)
  const first = await page(0)
  assert.deepEqual([first.has_more, first.next_cursor, first.list[0].userid], [true, 1, 'dt-linxiaoyu'])
  const second = await page(1)
  assert.deepEqual([second.has_more, second.list[0].leader], [false, true])
  const lin = (await r.old('/topapi/v2/user/get', { userid: 'dt-linxiaoyu' })).body.result
  assert.deepEqual([lin.mobile, lin.manager_userid, lin.active], ['13700000101', 'dt-zhoumin', true])
  assert.equal(lin.leader_in_dept[0].leader, false)
  assert.equal((await r.old('/topapi/v2/user/get', { userid: 'linxiaoyu' })).body.errcode, 60121)
  assert.equal((await r.old('/topapi/v2/department/get', { dept_id: 7 })).body.errcode, 60003)
  const code = r.dingtalk.oauthCode('dt-zhoumin')
  const login = () => r.old('/topapi/v2/user/getuserinfo', { code })
  assert.equal((await login()).body.result.userid, 'dt-zhoumin')
  assert.equal((await login()).body.errcode, 40078)
})

test('pictures are uploaded and shown', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const upload = async (type: string, bytes: Buffer) => {
    const form = new FormData()
    form.append('media', new Blob([bytes]), 'a.png')
    const url = `${r.sandbox.dingtalkBase}/media/upload?access_token=${await r.token()}&type=${type}`
    return (await (await fetch(url, { method: 'POST', body: form })).json()) as { errcode: number; media_id: string }
  }
  assert.equal((await upload('image', Buffer.from('no picture'))).errcode, 40005)
  assert.equal((await upload('photo', PNG)).errcode, 40004)
  const { media_id } = await upload('image', PNG)
  const message = { msgKey: 'sampleImageMsg', msgParam: JSON.stringify({ photoURL: media_id }) }
  await r.call('POST', BATCH, { ...robotText(['dt-zhoumin'], ''), ...message })
  const [item] = r.dingtalk.chat('dt-zhoumin')
  assert.ok(item?.kind === 'image')
  assert.deepEqual((await r.dingtalk.media(item.mediaId))?.bytes, PNG)
})

test('faults answer in each generation’s own form', async (t) => {
  const r = await openDingtalkReceiver()
  t.after(() => r.close())
  const { faults } = r.dingtalk
  const send = () => r.call('POST', BATCH, robotText(['dt-zhoumin'], 'x'))
  const read = () => r.old('/topapi/v2/user/get', { userid: 'dt-zhoumin' })
  faults.errcodes = [90002, 90002, 'system.busy']
  assert.equal((await read()).body.errcode, 90002)
  assert.deepEqual((await send()).body.code, 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi')
  assert.equal((await send()).status, 500)
  faults.ipNotListed = true
  assert.deepEqual([(await read()).body.errcode, (await send()).status], [60020, 403])
  faults.ipNotListed = false
  const token = await r.token()
  const raw = () => fetch(`${r.sandbox.dingtalkBase}/topapi/v2/user/get?access_token=${token}`, { method: 'POST' })
  faults.ipBlocked = 'html'
  assert.match(await (await raw()).text(), /^<!doctype html>/)
  faults.ipBlocked = 'json'
  assert.deepEqual(((await (await raw()).json()) as { wait: number }).wait, 5)
  faults.ipBlocked = false
  r.dingtalk.limits.callsPer20s = 5
  for (let i = 0; i < 8; i++) await raw()
  assert.match(await (await raw()).text(), /^<!doctype html>/, 'blocked for too many calls')
  r.clock.advance(5 * MINUTE)
  r.dingtalk.limits.callsPer20s = 10_000
  assert.equal((await read()).body.errcode, 0)
  faults.loseAnswers = 1
  await assert.rejects(send())
  assert.equal(r.dingtalk.chat('dt-zhoumin').length, 1, 'carried out all the same')
})

test('chats, cards, the token and events in waiting outlive a restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const store = join(folder, 'sandbox.json')
  const first = await openDingtalkReceiver({ store })
  await first.call('POST', DELIVER, cardFor('dt-zhoumin', 'T1'))
  await first.dingtalk.event('user_leave_org', { userId: ['dt-zhoumin'] })
  const [token, before, events] = [
    await first.token(),
    first.dingtalk.chat('dt-zhoumin'),
    first.dingtalk.pendingEvents(),
  ]
  await first.close()
  const second = await openDingtalkReceiver({ store })
  t.after(() => second.close())
  assert.deepEqual([await second.token(), events.length], [token, 1])
  assert.deepEqual(second.dingtalk.chat('dt-zhoumin'), before)
  assert.deepEqual(second.dingtalk.pendingEvents(), events)
  assert.equal((await second.call('POST', DELIVER, cardFor('dt-zhoumin', 'T1'))).body.code, 'param.cardAlreadyExist')
})
