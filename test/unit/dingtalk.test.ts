import assert from 'node:assert/strict'
import { FixedClock, MINUTE, SECOND } from '../../server/lib/clock.ts'
import { PlatformError } from '../../server/lib/errors.ts'
import { dingtalk } from '../../server/platforms/dingtalk.ts'
import type { RobotMessage } from '../../server/platforms/dingtalk-message.ts'
import { afterEach, test } from '../suite.ts'
import { closeCompanies, company, fails, NEW_TOKEN, no, OLD_TOKEN, SEND } from './dingtalk-company.ts'
import { platformServer, type Reply } from './platform-server.ts'

afterEach(closeCompanies)

const sent = { processQueryKey: 'pq-1', invalidStaffIdList: [], flowControlledStaffIdList: [] }
const words: RobotMessage = { msgKey: 'sampleText', msgParam: { content: '你好' } }
test('fifty calls of each API fetch one token of each, kept until five minutes before its end', async () => {
  const { client, server, issued, clock } = await company(({ path }) =>
    path === SEND ? { json: sent } : { json: { errcode: 0, task_id: 256271667526 } },
  )
  const notice = { userIds: ['u1'], msg: { msgtype: 'text' as const, text: { content: 'a' } } }
  const both = () => Promise.all([client.sendToUser('u1', words), client.notify(notice)])
  await Promise.all(Array.from({ length: 50 }, both))
  assert.deepEqual(issued, { new: 1, old: 1 })
  assert.deepEqual(server.to(NEW_TOKEN)[0]?.json(), { appKey: 'dingkey', appSecret: 's3' })
  assert.deepEqual(Object.fromEntries(server.to(OLD_TOKEN)[0]?.query ?? []), { appkey: 'dingkey', appsecret: 's3' })
  assert.equal(server.to(SEND)[0]?.headers['x-acs-dingtalk-access-token'], 'new-1')
  const work = '/topapi/message/corpconversation/asyncsend_v2'
  assert.equal(server.to(work)[0]?.query.get('access_token'), 'old-1')
  clock.advance(115 * MINUTE - 1)
  await both()
  assert.deepEqual(issued, { new: 1, old: 1 })
  clock.advance(1)
  await both()
  assert.deepEqual(issued, { new: 2, old: 2 })
})

test('a token dropped early is renewed once, and not for ever', async () => {
  const stale: Reply[] = [
    no('InvalidAuthentication', 401),
    no('InvalidAuthentication'),
    no('invalidParameter.token.invalid'),
    { status: 401, body: '' },
  ]
  for (const reply of stale) {
    const { client, issued } = await company(({ headers }) =>
      headers['x-acs-dingtalk-access-token'] === 'new-1' ? reply : { json: sent },
    )
    await Promise.all(Array.from({ length: 20 }, () => client.sendToUser('u1', words)))
    assert.deepEqual(issued, { new: 2, old: 0 })
  }
  for (const refusal of [{ errcode: 40014 }, { errcode: 42001 }, { errcode: 88, sub_code: '40014', sub_msg: 'no' }]) {
    const { client, issued } = await company(({ query }) =>
      query.get('access_token') === 'old-1' ? { json: refusal } : { json: { errcode: 0, result: { userid: 'u1' } } },
    )
    assert.equal((await client.person('u1'))?.userId, 'u1')
    assert.deepEqual(issued, { new: 0, old: 2 })
  }
  const never = await company(() => no('InvalidAuthentication', 401))
  await assert.rejects(never.client.sendToUser('u1', words), fails('InvalidAuthentication', true, MINUTE))
  assert.equal(never.issued.new, 2)
})

test('a robot message carries its parameters as text, cut to what the API lets through', async () => {
  const { client, server } = await company(() => ({ json: sent }))
  assert.deepEqual(await client.sendToUser('u1', words), { processQueryKey: 'pq-1' })
  assert.deepEqual(server.last().json(), {
    robotCode: 'dingabc',
    userIds: ['u1'],
    msgKey: 'sampleText',
    msgParam: '{"content":"你好"}',
  })
  const text = '客户说：“坏了”。\n'.repeat(1000)
  await client.sendToGroup('cid1', { msgKey: 'sampleMarkdown', msgParam: { title: '日报', text } })
  assert.equal(server.last().path, '/v1.0/robot/groupMessages/send')
  const body = server.last().json<Record<string, string>>()
  assert.deepEqual([body.robotCode, body.openConversationId, body.msgKey], ['dingabc', 'cid1', 'sampleMarkdown'])
  const size = Buffer.byteLength(body.msgParam ?? '')
  assert.ok(size <= 15_000 && size > 14_000, String(size))
  const param = JSON.parse(body.msgParam ?? '') as { title: string; text: string }
  assert.equal(param.title, '日报')
  assert.ok(text.startsWith(param.text.slice(0, -1)) && param.text.endsWith('…'))
})

test('people who got nothing are told under an answer of success', async () => {
  let answer: object = { ...sent, invalidStaffIdList: ['u2'], flowControlledStaffIdList: ['u3'] }
  const { client, server } = await company(() => ({ json: answer }))
  assert.deepEqual(await client.sendToUsers(['u1', 'u2', 'u3'], words), {
    processQueryKey: 'pq-1',
    invalid: ['u2'],
    throttled: ['u3'],
  })
  answer = { processQueryKey: 'pq-1', invalidStaffIdList: ['u1'] }
  await assert.rejects(client.sendToUser('u1', words), fails('invalid_user', false))
  answer = { processQueryKey: 'pq-1', invalidStaffIdList: null, flowControlledStaffIdList: ['u1'] }
  await assert.rejects(client.sendToUser('u1', words), fails('throttled', true))
  const calls = server.requests.length
  const crowd = Array.from({ length: 21 }, (_, index) => `u${index}`)
  await assert.rejects(client.sendToUsers(crowd, words), fails('too_many_receivers', false))
  assert.equal(server.requests.length, calls)
})

test('each refusal says whether and when to come back', async () => {
  const setup = 10 * MINUTE
  const expected: [Reply, number | string, boolean, number?][] = [
    [no('invalidParameter.userIds.empty'), 'invalidParameter.userIds.empty', false],
    [no('param.cardNotExist'), 'param.cardNotExist', false],
    [no('invalidParameter.robotCode.notExsit'), 'invalidParameter.robotCode.notExsit', true, setup],
    [no('param.templateUnpublished'), 'param.templateUnpublished', true, setup],
    [
      no('Forbidden.AccessDenied.AccessTokenPermissionDenied', 403),
      'Forbidden.AccessDenied.AccessTokenPermissionDenied',
      true,
      setup,
    ],
    [
      no('Forbidden.AccessDenied.QpsLimitForAppkeyAndApi', 403),
      'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi',
      true,
      SECOND,
    ],
    [no('system.busy', 500), 'system.busy', true, SECOND],
    [no('unheard.of', 500), 'unheard.of', true],
    [no('unheard.of', 429), 'unheard.of', true],
    [{ status: 429, headers: { 'retry-after': '3' }, body: '{}' }, 429, true, 3 * SECOND],
    [{ status: 404, body: 'nothing here' }, 404, false],
    [{ status: 502, body: '<html>bad gateway</html>' }, 502, true],
    [{ body: 'ok' }, 'not_json', true],
    [{ json: { processQueryKey: 5 } }, 'bad_answer', true],
  ]
  let reply: Reply = 'silence'
  const { client, server } = await company(() => reply)
  for (const [answer, code, retryable, wait] of expected) {
    reply = answer
    const before = server.to(SEND).length
    await assert.rejects(client.sendToUser('u1', words), fails(code, retryable, wait), String(code))
    assert.equal(server.to(SEND).length, before + 1, `${code} is not retried here`)
  }
  const old: [object, number | string, boolean, number?][] = [
    [{ errcode: -1, errmsg: '系统繁忙' }, -1, true, SECOND],
    [{ errcode: 90002 }, 90002, true, SECOND],
    [{ errcode: 60020 }, 60020, true, setup],
    [{ errcode: 88, errmsg: 'ding talk error' }, 88, true, setup],
    [{ errcode: 88, subCode: '60011', subMsg: 'no' }, 60011, true, setup],
    [{ errcode: 400002 }, 400002, false],
    [{ errcode: 'x' }, 'bad_answer', true],
    [{ errcode: 0, result: [] }, 'bad_answer', true],
  ]
  for (const [json, code, retryable, wait] of old) {
    reply = { json }
    await assert.rejects(client.person('u1'), fails(code, retryable, wait), String(code))
  }
  reply = 'hang up'
  await assert.rejects(client.person('u1'), (error: unknown) => error instanceof PlatformError && error.retryable)
})

test('a wrong secret is told as such', async (t) => {
  const server = await platformServer(({ path }) =>
    path === NEW_TOKEN ? no('invalidClientIdOrSecret') : { json: { errcode: 40089, errmsg: 'no' } },
  )
  t.after(() => server.close())
  const config = { appKey: 'k', appSecret: 'no', robotCode: 'r', cardTemplateId: 't', stream: true }
  const client = dingtalk({ ...config, apiBase: server.base, oapiBase: server.base }, new FixedClock(0))
  await assert.rejects(client.sendToUser('u1', words), fails('invalidClientIdOrSecret', true, 10 * MINUTE))
  await assert.rejects(client.person('u1'), fails(40089, true, 10 * MINUTE))
  assert.equal(server.requests.length, 2)
})

test('the wall that shuts a machine out may speak HTML or JSON of its own', async () => {
  let reply: Reply = 'silence'
  const { client } = await company(() => reply)
  const walls: [Reply, number][] = [
    [{ json: { status: 1111, wait: 7, source: 'x5', punish: 'deny', uuid: 'a' } }, 7],
    [{ status: 403, body: '{"status":1111,"wait":5,"source":"x5","punish":"deny"}' }, 5],
    [{ status: 429, body: '{"status":1111}' }, 5],
    [{ body: '\n<!DOCTYPE html><html>denied</html>' }, 5],
    [{ status: 405, headers: { 'content-type': 'text/html' }, body: '<html>denied</html>' }, 5],
  ]
  for (const [wall, minutes] of walls) {
    reply = wall
    await assert.rejects(client.sendToUser('u1', words), fails(1111, true, minutes * MINUTE))
    await assert.rejects(client.updateCard({ outTrackId: 'a', params: {} }), fails(1111, true, minutes * MINUTE))
    await assert.rejects(client.person('u1'), fails(1111, true, minutes * MINUTE))
  }
})

test('a work notification needs the agent id and fits its limits', async () => {
  const { client, server } = await company(() => ({ json: { errcode: 0, task_id: 256271667526, request_id: 'r' } }))
  const text = '客'.repeat(1000)
  const msg = { msgtype: 'markdown' as const, markdown: { title: '升级', text } }
  assert.deepEqual(await client.notify({ userIds: ['u1', 'u2'], msg }), { taskId: '256271667526' })
  const body = server.last().json<{ agent_id: number; userid_list: string; msg: typeof msg }>()
  assert.deepEqual([body.agent_id, body.userid_list, body.msg.markdown.title], [7, 'u1,u2', '升级'])
  assert.match(body.msg.markdown.text, /^客+…$/)
  assert.ok(Buffer.byteLength(JSON.stringify(body.msg)) <= 2048)
  const crowd = Array.from({ length: 101 }, (_, index) => `u${index}`)
  await assert.rejects(client.notify({ userIds: crowd, msg }), fails('too_many_receivers', false))
  const without = await company(undefined, { agentId: undefined })
  await assert.rejects(without.client.notify({ userIds: ['u1'], msg }), fails('no_agent_id', false))
})

test('an answer by session goes to DingTalk and to nobody else', async () => {
  const { client, server, issued } = await company()
  const body = { msgtype: 'text', text: { content: '好的' } }
  await client.replyBySession(`${server.base}/robot/sendBySession?session=s1`, body)
  assert.equal(server.last().query.get('session'), 's1')
  assert.deepEqual(server.last().json(), body)
  assert.deepEqual(issued, { new: 0, old: 0 }, 'without a token')
  const strangers = ['http://169.254.169.254/x', 'https://dingtalk.com.example.com/', 'http://oapi.dingtalk.com/x', 'x']
  for (const stranger of strangers) {
    await assert.rejects(client.replyBySession(stranger, body), fails('foreign_address', false))
  }
  assert.equal(server.requests.length, 1)
})

test('files go up in parts and come down by their code', async () => {
  let file: Reply = { headers: { 'content-type': 'image/png; x=y' }, body: 'PNG' }
  const { client, server } = await company(({ path }) => {
    if (path === '/media/upload') return { json: { errcode: 0, type: 'image', media_id: '@m1' } }
    if (path === '/file') return file
    return { json: { downloadUrl: `${server.base}/file?sign=a` } }
  })
  const bytes = Buffer.from('零一二三')
  assert.equal(await client.upload('image', { name: '现场.jpg', mime: 'image/jpeg', bytes }), '@m1')
  const up = server.to('/media/upload')[0]
  assert.deepEqual(Object.fromEntries(up?.query ?? []), { access_token: 'old-1', type: 'image' })
  assert.match(up?.body.toString('utf8') ?? '', /name="media"; filename="现场\.jpg"\r\nContent-Type: image\/jpeg/)
  const huge = { name: 'a', mime: 'image/png', bytes: Buffer.alloc(20 * 1024 * 1024 + 1) }
  await assert.rejects(client.upload('image', huge), fails('too_large', false))

  assert.deepEqual(await client.download('d1'), { bytes: Buffer.from('PNG'), mime: 'image/png' })
  assert.deepEqual(server.to('/v1.0/robot/messageFiles/download')[0]?.json(), {
    downloadCode: 'd1',
    robotCode: 'dingabc',
  })
  assert.equal(server.to('/file')[0]?.headers['x-acs-dingtalk-access-token'], undefined)
  file = { status: 403, body: '<Error>expired</Error>' }
  await assert.rejects(client.download('d1'), fails(403, false))
})
