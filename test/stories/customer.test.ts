import assert from 'node:assert/strict'
import sharp from 'sharp'
import { onEachChat, type Story } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

onEachChat((open) => {
  let story: Story
  beforeEach(async () => {
    story = await open()
  })
  afterEach(() => story.close())

  test('the same request sent twice opens one ticket', async () => {
    const { wang } = story
    await wang.signIn()
    const body = { form: 'complaint', answers: { type: 'fee', urgency: 'normal', description: '网络不好点了两次' } }
    const key = { 'idempotency-key': 'tap-1' }
    const [a, b] = await Promise.all([
      wang.call<{ id: string }>('POST', '/api/tickets', body, key),
      wang.call<{ id: string }>('POST', '/api/tickets', body, key),
    ])
    assert.equal(a.body.id, b.body.id)
    const { body: list } = await wang.call<{ tickets: unknown[] }>('GET', '/api/tickets')
    assert.equal(list.tickets.length, 1)
  })

  test('wrong answers are refused with the field and the reason, and nothing is stored', async () => {
    const { wang } = story
    await wang.signIn()
    const post = (answers: unknown) =>
      wang.call<{ error: { field: string; message: string } }>('POST', '/api/tickets', { form: 'complaint', answers })
    const missing = await post({ type: 'fee', urgency: 'normal' })
    assert.deepEqual([missing.status, missing.body.error.field], [422, 'description'])
    assert.match(missing.body.error.message, /情况说明/)
    const option = await post({ type: 'nonsense', urgency: 'normal', description: 'x' })
    assert.deepEqual([option.status, option.body.error.field], [422, 'type'])
    const long = await post({ type: 'fee', urgency: 'normal', description: '长'.repeat(501) })
    assert.match(long.body.error.message, /500/)
    const order = await post({ type: 'fee', urgency: 'normal', description: 'x', order: '订单一' })
    assert.match(order.body.error.message, /数字、字母/)
    const broken = await fetch(`${story.running.url}/api/tickets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${wang.token}`, 'content-type': 'application/json' },
      body: '{"form":',
    })
    assert.equal(broken.status, 422)
    const [row] = await story.db.read((tx) => tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM tickets'))
    assert.equal(Number(row?.n), 0)
  })

  test('a customer sees only their own tickets', async () => {
    const { wang, li } = story
    const ticket = await wang.complain('隐私内容')
    await li.signIn()
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/remarks'],
      ['POST', '/urge'],
      ['POST', '/withdraw'],
    ] as const) {
      const { status } = await li.call(
        method,
        `/api/tickets/${ticket.id}${path}`,
        method === 'POST' ? { text: 'x' } : undefined,
      )
      assert.equal(status, 404, path)
    }
    assert.equal((await fetch(`${story.running.url}/api/tickets/${ticket.id}`)).status, 401)
  })

  test('urging rings the assignee, at most once in half an hour', async () => {
    const { wang, lin } = story
    const ticket = await wang.complain('迟迟不处理')
    const urged = await wang.does(ticket.id, 'urge')
    assert.equal(urged.status, 200)
    assert.equal(urged.body.can.urge, false)
    assert.ok(lin.cards().some(({ card }) => card.source?.desc === '客户催办'))
    const again = await wang.call<{ error: { message: string } }>('POST', `/api/tickets/${ticket.id}/urge`, {})
    assert.equal(again.status, 429)
    assert.match(again.body.error.message, /30 分钟/)
    await story.later('30 min')
    assert.equal((await wang.does(ticket.id, 'urge')).status, 200)
  })

  test('withdrawing stops the work: the card says so, no deadline acts any more', async () => {
    const { wang, lin, zhou } = story
    const ticket = await wang.complain('已自行解决')
    await lin.press('已自行解决', 'accept')
    const gone = await wang.does(ticket.id, 'withdraw', { reason: '问题已解决' })
    assert.equal(gone.body.status, 'withdrawn')
    assert.match(String(lin.card('已自行解决').replaced), /客户已撤回/)
    assert.ok(lin.lines().some((line) => line.includes('问题已解决')))
    await story.later('3 h')
    assert.equal(zhou.cards().length, 0)
    const late = await wang.call('POST', `/api/tickets/${ticket.id}/remarks`, { text: '还有一点' })
    assert.equal(late.status, 409)
  })

  test('a rating is taken once, and only after the resolution', async () => {
    const { wang } = story
    const ticket = await wang.complain('先评价试试')
    assert.equal((await wang.call('POST', `/api/tickets/${ticket.id}/rating`, { csat: 5 })).status, 409)
    assert.equal((await wang.call('POST', `/api/tickets/${ticket.id}/rating`, { csat: 6 })).status, 422)
  })

  test('photos are cleaned, checked before staff see them, and served by signed links only', async () => {
    const { wang, lin } = story
    await wang.signIn()
    const { status, body } = await wang.upload(await jpeg())
    assert.equal(status, 201)
    const served = await fetch(story.running.url + body.url)
    assert.equal(served.headers.get('content-type'), 'image/jpeg')
    const bytes = Buffer.from(await served.arrayBuffer())
    assert.equal((await sharp(bytes).metadata()).exif, undefined)
    assert.ok(!bytes.includes('SecretOwner'))
    assert.equal((await fetch(`${story.running.url}/files/${body.id}`)).status, 422)
    assert.equal((await fetch(`${story.running.url}${body.url.replace(/sig=.*/, 'sig=forged')}`)).status, 404)

    const ticket = await wang.complain('照片在此', { photos: [body.id] })
    assert.equal(ticket.photos[0]?.state, 'checking')
    await lin.pressMenu('照片在此', 'photos')
    assert.match(lin.lastLine(), /还在做内容安全检查/)
    await story.wechat.finishMediaChecks('pass')
    await story.settle()
    assert.equal((await wang.ticket(ticket.id)).photos[0]?.state, 'ok')
    await story.later('4 min')
    await lin.pressMenu('照片在此', 'photos')
    assert.equal(lin.chat().at(-1)?.kind, 'image', lin.read())
  })

  test('a risky photo never reaches staff; a risky text is refused', async () => {
    const { wang, lin } = story
    await wang.signIn()
    const { body } = await wang.upload(await jpeg())
    await wang.complain('看照片', { photos: [body.id] })
    await story.wechat.finishMediaChecks('risky')
    await story.settle()
    await lin.pressMenu('看照片', 'photos')
    assert.match(lin.lastLine(), /未通过内容安全检查/)
    const words = await wang.call<{ error: { message: string } }>('POST', '/api/tickets', {
      form: 'complaint',
      answers: { type: 'other', urgency: 'normal', description: '这里有违禁词赌博网站' },
    })
    assert.equal(words.status, 422)
    assert.match(words.body.error.message, /不合规/)
  })

  test('when the text check is down the ticket is taken, and staff see the words after the check', async () => {
    const { wang, lin } = story
    await wang.signIn()
    story.wechat.faults.errcodes.push(-1, -1, -1, -1)
    const ticket = await wang.complain('检查服务故障时提交')
    assert.ok(!JSON.stringify(lin.cards()).includes('检查服务故障'), 'not before the check')
    assert.ok(JSON.stringify(lin.card(ticket.number).card).includes('安全检查'))
    story.wechat.faults.errcodes.length = 0
    await story.later('2 min')
    assert.ok(JSON.stringify(lin.card(ticket.number).card).includes('检查服务故障时提交'))
  })

  test('what is no picture is refused', async () => {
    const { wang } = story
    await wang.signIn()
    assert.equal((await wang.upload(Buffer.from('<svg onload="alert(1)"/>'), 'x.svg')).status, 422)
    assert.equal((await wang.upload(Buffer.from('MZ executable'), 'photo.jpg')).status, 422)
  })

  test('a refresh token works once; seen again it ends the session', async () => {
    const { wang } = story
    const first = await wang.call<{ token: string; refreshToken: string }>('POST', '/api/session', {
      code: story.wechat.login(wang.user.openid),
    })
    const second = await wang.call<{ token: string; refreshToken: string }>('POST', '/api/session/refresh', {
      refreshToken: first.body.refreshToken,
    })
    assert.equal(second.status, 200)
    wang.token = first.body.token
    assert.equal((await wang.call('GET', '/api/me', undefined, {}, false)).status, 401)
    wang.token = second.body.token
    assert.equal((await wang.call('GET', '/api/me')).status, 200)
    assert.equal(
      (await wang.call('POST', '/api/session/refresh', { refreshToken: first.body.refreshToken }, {}, false)).status,
      401,
    )
    assert.equal((await wang.call('GET', '/api/me', undefined, {}, false)).status, 401)
  })

  test('personal data is sealed at rest', async () => {
    const { wang } = story
    await wang.signIn()
    const rows = await story.db.read((tx) => tx.query('SELECT * FROM customers'))
    const identities = await story.db.read((tx) => tx.query('SELECT * FROM customer_identities'))
    const stored = JSON.stringify([rows, identities])
    for (const secret of ['13800001234', '王晓梅', wang.user.openid]) assert.ok(!stored.includes(secret), secret)
  })

  test('an unchanged ticket is not sent again (ETag)', async () => {
    const { wang, lin } = story
    const ticket = await wang.complain('轮询')
    const get = (tag = '') =>
      fetch(`${story.running.url}/api/tickets/${ticket.id}`, {
        headers: { authorization: `Bearer ${wang.token}`, 'if-none-match': tag },
      })
    const first = await get()
    const tag = first.headers.get('etag') ?? ''
    assert.equal((await get(tag)).status, 304)
    await lin.press('轮询', 'finish', { type: 'other' })
    assert.equal((await get(tag)).status, 200)
  })
})
