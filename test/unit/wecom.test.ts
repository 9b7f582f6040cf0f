import assert from 'node:assert/strict'
import { FixedClock, MINUTE, SECOND } from '../../server/lib/clock.ts'
import { PlatformError } from '../../server/lib/errors.ts'
import { callJson } from '../../server/platforms/call.ts'
import { wecom } from '../../server/platforms/wecom.ts'
import type { TemplateCard } from '../../server/platforms/wecom-card.ts'
import { clipBytes, type WecomMessage } from '../../server/platforms/wecom-message.ts'
import { afterEach, test } from '../suite.ts'
import { type PlatformServer, platformServer, type Received, type Reply } from './platform-server.ts'

const open: PlatformServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

/** A WeCom that issues tok-1, tok-2 … and answers everything else by `answer`. */
async function corp(answer: (request: Received) => Reply | Promise<Reply> = () => ({ json: { errcode: 0 } })) {
  const clock = new FixedClock(1_700_000_000_000)
  const issued: string[] = []
  const server = await platformServer((request) => {
    if (request.path !== '/cgi-bin/gettoken') return answer(request)
    issued.push(`tok-${issued.length + 1}`)
    return { json: { errcode: 0, errmsg: 'ok', access_token: issued.at(-1), expires_in: 7200 } }
  })
  open.push(server)
  const config = { corpId: 'ww1', agentId: 1000002, secret: 's3', apiBase: `${server.base}/` }
  return { server, issued, clock, client: wecom(config, clock), config }
}

function fails(code: number | string, retryable: boolean, retryAfterMs?: number) {
  return (error: unknown) => {
    assert.ok(error instanceof PlatformError, String(error))
    assert.deepEqual(
      { platform: error.platform, code: error.code, retryable: error.retryable, wait: error.retryAfterMs },
      { platform: 'wecom', code, retryable, wait: retryAfterMs },
    )
    return true
  }
}

const sent = { errcode: 0, errmsg: 'ok', invaliduser: '', msgid: 'm-1' }
const words: WecomMessage = { touser: ['lihua'], msgtype: 'text', text: { content: '你好' } }

const card: TemplateCard = {
  card_type: 'button_interaction',
  main_title: { title: '投诉待受理' },
  button_list: [{ text: '受理', style: 1, key: 'accept' }],
  task_id: 'step_1',
}

test('fifty sends at once fetch one token, and it lasts until five minutes before its end', async () => {
  const { client, server, clock } = await corp(() => ({ json: sent }))
  await Promise.all(Array.from({ length: 50 }, () => client.send(words)))
  assert.equal(server.to('/cgi-bin/gettoken').length, 1)
  assert.deepEqual(
    [...(server.to('/cgi-bin/gettoken')[0]?.query ?? [])],
    [
      ['corpid', 'ww1'],
      ['corpsecret', 's3'],
    ],
  )
  assert.equal(server.to('/cgi-bin/message/send').length, 50)
  clock.advance(115 * MINUTE - 1)
  await client.send(words)
  assert.equal(server.to('/cgi-bin/gettoken').length, 1)
  clock.advance(1)
  await client.send(words)
  assert.equal(server.to('/cgi-bin/gettoken').length, 2)
  assert.equal(server.to('/cgi-bin/message/send').at(-1)?.query.get('access_token'), 'tok-2')
})

test('no more than twenty calls run at once, and all of them run', async (t) => {
  const inFlight: (() => void)[] = []
  const answer = (json: object) => new Response(JSON.stringify(json))
  t.mock.method(globalThis, 'fetch', async (url: string) => {
    if (url.includes('/gettoken')) return answer({ errcode: 0, access_token: 'tok', expires_in: 7200 })
    await new Promise<void>((go) => inFlight.push(go))
    return answer(sent)
  })
  const config = { corpId: 'ww1', agentId: 1, secret: 's3', apiBase: 'http://127.0.0.1:1' }
  const client = wecom(config, new FixedClock(0))
  const all = Promise.all(Array.from({ length: 65 }, () => client.send(words)))
  const served: number[] = []
  for (let turn = 0; turn < 50; turn++) {
    // After one turn of the event loop, whatever can start without an answer has started.
    await new Promise((next) => setImmediate(next))
    served.push(inFlight.length)
    for (const go of inFlight.splice(0)) go()
  }
  assert.equal((await all).length, 65)
  assert.deepEqual(
    served.filter((count) => count > 0),
    [20, 20, 20, 5],
  )
})

for (const code of [40014, 42001, 40001]) {
  test(`a token dropped early (${code}) is renewed once for all who hold it`, async () => {
    const { client, issued, server } = await corp((request) =>
      request.query.get('access_token') === 'tok-1' ? { json: { errcode: code, errmsg: 'bad token' } } : { json: sent },
    )
    const all = await Promise.all(Array.from({ length: 50 }, () => client.send(words)))
    assert.ok(all.every(({ msgid }) => msgid === 'm-1'))
    assert.deepEqual(issued, ['tok-1', 'tok-2'])
    assert.ok(server.to('/cgi-bin/message/send').length <= 100)
  })
}

test('a token that is refused again is not renewed for ever', async () => {
  const { client, issued } = await corp(() => ({ json: { errcode: 42001, errmsg: 'expired' } }))
  await assert.rejects(client.send(words), fails(42001, true, MINUTE))
  assert.equal(issued.length, 2)
})

test('a wrong secret is told as such, without a second try, and asked again the next time', async () => {
  let asked = 0
  const server = await platformServer(() => {
    asked++
    return { json: { errcode: 40001, errmsg: 'invalid credential, hint: [1]' } }
  })
  open.push(server)
  const client = wecom({ corpId: 'ww1', agentId: 1, secret: 'no', apiBase: server.base }, new FixedClock(0))
  await assert.rejects(client.send(words), fails(40001, true, 10 * MINUTE))
  assert.equal(asked, 1)
  await assert.rejects(client.send(words), fails(40001, true, 10 * MINUTE))
  assert.equal(asked, 2)
})

test('a message goes out in the wire shape, as raw UTF-8', async () => {
  const { client, server } = await corp(() => ({
    json: { ...sent, response_code: 'rc-1', invaliduser: 'bob|amy', unlicenseduser: 'amy|cai' },
  }))
  const result = await client.send({
    touser: ['LiHua', 'Bob'],
    toparty: [2, 3],
    enable_duplicate_check: 1,
    duplicate_check_interval: 600,
    msgtype: 'template_card',
    template_card: card,
  })
  assert.deepEqual(result, { msgid: 'm-1', responseCode: 'rc-1', invalidUsers: ['bob', 'amy', 'cai'] })
  const [request] = server.to('/cgi-bin/message/send')
  assert.deepEqual(request?.json(), {
    touser: 'LiHua|Bob',
    toparty: '2|3',
    agentid: 1000002,
    enable_duplicate_check: 1,
    duplicate_check_interval: 600,
    msgtype: 'template_card',
    template_card: card,
  })
  assert.ok(request?.body.includes(Buffer.from('投诉待受理')))

  await client.send({ touser: ['a'], msgtype: 'text', text: { content: 'bell\u0007 half\ud83d \\u0041 "q"\n🙂' } })
  const body = server.last().body.toString('utf8')
  assert.deepEqual(JSON.parse(body).text, { content: 'bell half\ufffd \\u0041 "q"\n🙂' })
  assert.doesNotMatch(body.replaceAll('\\\\', ''), /\\u/)
})

test('texts over the byte limits are cut between characters', async () => {
  assert.equal(clipBytes('abc', 3), 'abc')
  assert.equal(clipBytes('迎客松树', 9), '迎客…')
  assert.equal(clipBytes('🙂🙂🙂', 11), '🙂🙂…')
  const { client, server } = await corp(() => ({ json: sent }))
  await client.send({ touser: ['a'], msgtype: 'markdown', markdown: { content: '客'.repeat(1000) } })
  const { markdown } = server.last().json<{ markdown: { content: string } }>()
  assert.equal(Buffer.byteLength(markdown.content), 2046)
  assert.match(markdown.content, /^客+…$/)
  const description = 'd'.repeat(600)
  await client.send({ touser: ['a'], msgtype: 'textcard', textcard: { title: '题'.repeat(60), description, url: 'u' } })
  const { textcard } = server.last().json<{ textcard: { title: string; description: string } }>()
  assert.ok(Buffer.byteLength(textcard.title) <= 128)
  assert.equal(Buffer.byteLength(textcard.description), 512)
})

test('each refusal says whether and when to come back', async () => {
  const expected: [number, boolean, number?][] = [
    [81013, false],
    [82001, false],
    [60111, false],
    [40058, false],
    [42045, false],
    [40007, false],
    [99999, false],
    [-1, true, SECOND],
    [45033, true, SECOND],
    [45009, true, MINUTE],
    [60020, true, 10 * MINUTE],
    [48002, true, 10 * MINUTE],
  ]
  let code = 0
  const { client, server } = await corp(() => ({ json: { errcode: code, errmsg: 'no' } }))
  for (const [errcode, retryable, wait] of expected) {
    code = errcode
    const before = server.to('/cgi-bin/message/send').length
    await assert.rejects(client.send(words), fails(errcode, retryable, wait))
    assert.equal(server.to('/cgi-bin/message/send').length, before + 1, `${errcode} is not retried here`)
  }
})

test('a platform that is down, slow, redirecting or talks HTML is a PlatformError', async () => {
  let reply: Reply = { json: sent }
  const { client, server } = await corp(() => reply)
  await client.send(words)
  reply = { status: 503, headers: { 'retry-after': '7' }, body: 'busy' }
  await assert.rejects(client.send(words), fails(503, true, 7000))
  reply = { status: 404, body: 'nothing here' }
  await assert.rejects(client.send(words), fails(404, false))
  reply = { status: 200, body: '<html>a proxy speaks</html>' }
  await assert.rejects(client.send(words), fails('not_json', true))
  reply = { json: [] }
  await assert.rejects(client.send(words), fails('bad_answer', true))
  reply = { status: 302, headers: { location: `${server.base}/elsewhere` }, body: '' }
  await assert.rejects(client.send(words), fails('network', true))
  assert.equal(server.to('/elsewhere').length, 0)
  reply = 'hang up'
  await assert.rejects(client.send(words), (error: unknown) => error instanceof PlatformError && error.retryable)
  const { base } = server
  await server.close()
  await assert.rejects(client.send(words), (error: unknown) => error instanceof PlatformError && error.retryable)
  await assert.rejects(client.send(words), fails('ECONNREFUSED', true))
  await assert.rejects(callJson({ platform: 'wecom', url: `${base}/?access_token=hush` }), (error: unknown) => {
    assert.doesNotMatch(String(error), /hush/, 'tokens stay out of messages')
    return true
  })
})

test('an answer that does not come, or stops halfway, ends in a timeout', async () => {
  const server = await platformServer(() => 'silence')
  open.push(server)
  await assert.rejects(callJson({ platform: 'wecom', url: server.base, timeoutMs: 40 }), fails('timeout', true))
  const halfway = await platformServer(() => ({ headers: { 'content-length': '100' }, body: '{"errcode"' }))
  open.push(halfway)
  await assert.rejects(
    callJson({ platform: 'wecom', url: halfway.base, timeoutMs: 40 }),
    (error: unknown) => error instanceof PlatformError && error.retryable,
  )
})

test('a card is changed by label or by card, and its invalid users come as a list', async () => {
  const { client, server } = await corp(() => ({ json: { errcode: 0, invaliduser: ['bob'] } }))
  const people = { userids: ['lihua', 'bob'], responseCode: 'rc-1' }
  assert.deepEqual(await client.updateCard({ ...people, replaceName: '已受理' }), { invalidUsers: ['bob'] })
  const head = { userids: ['lihua', 'bob'], agentid: 1000002, response_code: 'rc-1' }
  assert.deepEqual(server.last().json(), { ...head, button: { replace_name: '已受理' } })
  const done = { ...card, replace_text: '已受理' }
  await client.updateCard({ ...people, card: done })
  assert.deepEqual(server.last().json(), { ...head, template_card: done })
  await client.recall('m-1')
  assert.deepEqual(server.last().json(), { msgid: 'm-1' })
  await client.createMenu([{ type: 'click', name: '待办', key: 'todo' }])
  assert.equal(server.last().query.get('agentid'), '1000002')
  assert.deepEqual(server.last().json(), { button: [{ type: 'click', name: '待办', key: 'todo' }] })
})

test('a file goes up as multipart, also after the token was dropped', async () => {
  const { client, server } = await corp((request) =>
    request.query.get('access_token') === 'tok-1'
      ? { json: { errcode: 42001 } }
      : { json: { errcode: 0, type: 'file', media_id: 'media-1', created_at: '1700000000' } },
  )
  const bytes = Buffer.from('零一二三四五')
  assert.equal(await client.upload('file', { name: '报告.txt', mime: 'text/plain', bytes }), 'media-1')
  const request = server.to('/cgi-bin/media/upload').at(-1)
  assert.equal(request?.query.get('type'), 'file')
  assert.match(String(request?.headers['content-type']), /^multipart\/form-data/)
  assert.ok(Number(request?.headers['content-length']) > bytes.length, 'sent with its length, not in chunks')
  assert.ok(request?.body.includes(bytes))
  assert.match(request?.body.toString('utf8') ?? '', /name="media"; filename="报告\.txt"\r\nContent-Type: text\/plain/)
  const calls = server.requests.length
  const huge = { name: 'a', mime: 'image/png', bytes: Buffer.alloc(10 * 1024 * 1024 + 1) }
  await assert.rejects(client.upload('image', huge), fails('too_large', false))
  await assert.rejects(client.upload('image', { ...huge, bytes: Buffer.alloc(5) }), fails('too_small', false))
  assert.equal(server.requests.length, calls)
})

test('a download is bytes, a name and a type, or the error that came in their place', async () => {
  let reply: Reply = 'silence'
  const { client } = await corp(() => reply)
  const disposition = (text: string) => ({ 'content-disposition': Buffer.from(text) })
  reply = { headers: { 'content-type': 'image/jpeg', ...disposition('attachment; filename="现场.jpg"') }, body: 'JPEG' }
  assert.deepEqual(await client.download('m'), { bytes: Buffer.from('JPEG'), mime: 'image/jpeg', name: '现场.jpg' })
  reply = { headers: disposition("attachment; filename*=utf-8''%E5%8D%95.pdf; filename=x.pdf"), body: 'PDF' }
  assert.deepEqual(await client.download('m'), {
    bytes: Buffer.from('PDF'),
    mime: 'application/octet-stream',
    name: '单.pdf',
  })
  reply = { headers: disposition('attachment; filename="../../etc/passwd"'), body: 'x' }
  assert.equal((await client.download('m')).name, 'passwd')
  const json = '{"errcode":40007,"errmsg":"invalid media_id"}'
  for (const type of ['application/json; charset=UTF-8', 'text/plain']) {
    reply = { headers: { 'content-type': type }, body: json }
    await assert.rejects(client.download('m'), fails(40007, false))
  }
  reply = {
    headers: { 'content-type': 'application/json', ...disposition('attachment; filename="a.json"') },
    body: json,
  }
  assert.equal((await client.download('m')).bytes.toString(), json, 'a JSON file is a file')
  reply = { headers: { 'content-type': 'image/png' }, body: Buffer.alloc(20 * 1024 * 1024 + 1) }
  await assert.rejects(client.download('m'), fails('too_large', false))
})

test('the members of all departments come once each, without those who just left', async () => {
  const members: Record<string, string[]> = { '1': ['zhao', 'li'], '2': ['li', 'gone'] }
  const { client } = await corp(({ path, query }) => {
    if (path.endsWith('/department/list')) {
      const department = [
        { id: 1, name: '总部', parentid: 0, order: 1, department_leader: ['zhao'] },
        { id: 2, name: '客服', parentid: 1, order: 2 },
      ]
      return { json: { errcode: 0, department } }
    }
    if (path.endsWith('/user/simplelist')) {
      const userlist = members[query.get('department_id') ?? '']?.map((userid) => ({ userid, name: userid }))
      return { json: { errcode: 0, userlist } }
    }
    const userid = query.get('userid') ?? ''
    if (userid === 'gone') return { json: { errcode: 60111, errmsg: 'userid not found' } }
    const seen = { department: [1, 2], is_leader_in_dept: [0, 1], direct_leader: ['zhao'], position: '主管', status: 1 }
    return { json: { errcode: 0, userid, name: `${userid}某`, main_department: 2, ...seen } }
  })
  const users = await client.users()
  assert.deepEqual(
    users.map(({ userid }) => userid),
    ['zhao', 'li'],
  )
  assert.deepEqual(users[1], {
    userid: 'li',
    name: 'li某',
    departments: [1, 2],
    mainDepartment: 2,
    leads: [2],
    leaders: ['zhao'],
    position: '主管',
    status: 1,
  })
  assert.deepEqual((await client.departments())[1], { id: 2, name: '客服', parentId: 1, leaders: [] })
  await assert.rejects(client.user('gone'), fails(60111, false))
})
