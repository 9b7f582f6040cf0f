import assert from 'node:assert/strict'
import { DAY, HOUR, MINUTE } from '../../server/lib/clock.ts'
import { test } from '../suite.ts'
import { buttonCard, cardMessage, openReceiver, PNG, passive, textMessage, WECOM } from './sandbox-receiver.ts'

const SEND = '/cgi-bin/message/send'

test('a token is the same while valid, expires by the clock and can be dropped early', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const url = `${r.sandbox.wecomBase}/cgi-bin/gettoken?corpid=${WECOM.corpId}&corpsecret=${WECOM.secret}`
  const token = async () => (await (await fetch(url)).json()) as { access_token: string; expires_in: number }
  const use = async (value: string) =>
    (
      (await (await fetch(`${r.sandbox.wecomBase}/cgi-bin/user/get?userid=zhoumin&access_token=${value}`)).json()) as {
        errcode: number
      }
    ).errcode
  const first = await token()
  assert.equal(first.expires_in, 7200)
  r.clock.advance(HOUR)
  assert.equal((await token()).access_token, first.access_token)
  assert.equal(await use(first.access_token), 0)
  r.clock.advance(HOUR)
  assert.equal(await use(first.access_token), 42001)
  const second = await token()
  assert.notEqual(second.access_token, first.access_token)
  r.sandbox.wecom.dropToken()
  assert.equal(await use(second.access_token), 40014)
  const wrong = (await (await fetch(url.replace(WECOM.secret, 'x'))).json()) as { errcode: number; errmsg: string }
  assert.equal(wrong.errcode, 40001)
  assert.match(wrong.errmsg, /hint: \[.+from ip: /)
})

test('cards that lack a block are refused as the platform does', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const send = async (card: unknown) => (await r.wecom(SEND, cardMessage('zhoumin', card))).errcode
  const buttons = (n: number) => Array.from({ length: n }, (_, i) => ({ text: `b${i}`, key: `k${i}` }))
  assert.equal(await send({ card_type: 'text_notice', main_title: { title: 'x' } }), 42045)
  assert.equal(await send({ card_type: 'text_notice', main_title: { title: 'x' }, card_action: { type: 0 } }), 42045)
  assert.equal(await send(buttonCard('a', { card_action: { type: 1 } })), 42045)
  assert.equal(await send(buttonCard('a', { button_list: buttons(7) })), 40058)
  assert.equal(await send(buttonCard('a', { button_list: [...buttons(1), ...buttons(1)] })), 40058)
  assert.equal(await send(buttonCard('a', { task_id: undefined })), 40058)
  assert.equal(await send(buttonCard('任务')), 40058)
  assert.equal(await send(buttonCard('a'.repeat(129))), 40058)
  assert.equal(await send(buttonCard('a', { main_title: {} })), 40058)
  assert.equal(await send({ ...buttonCard('a'), card_type: 'vote_interaction' }), 40058)
  assert.equal(await send({ ...buttonCard('a'), card_type: 'multiple_interaction' }), 40058)
  assert.equal(await send(buttonCard('a')), 0)
  assert.equal(await send(buttonCard('a')), 40058, 'a task id is unique')
})

test('wrong receivers are named, and nobody at all is an error', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const some = await r.wecom(SEND, textMessage('ZhouMin|Nobody|Noone', 'hi'))
  assert.equal(some.errcode, 0)
  assert.equal(some.invaliduser, 'nobody|noone')
  assert.equal((await r.wecom(SEND, textMessage('Nobody', 'hi'))).errcode, 81013)
  assert.equal((await r.wecom(SEND, textMessage('zhoumin', 'hi', { agentid: 1 }))).errcode, 40056)
  assert.deepEqual(
    r.sandbox.wecom.chat('zhoumin').map((item) => item.kind === 'text' && item.text),
    ['hi'],
  )
  const all = await r.wecom(SEND, textMessage('@all', '大家好'))
  assert.equal(all.errcode, 0)
  assert.equal(r.sandbox.wecom.sent.length, 5)
})

test('the same content is suppressed within the interval only', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wecom } = r.sandbox
  const message = cardMessage('zhoumin', buttonCard('T1'), { enable_duplicate_check: 1, duplicate_check_interval: 600 })
  const first = await r.wecom(SEND, message)
  const second = await r.wecom(SEND, message)
  assert.deepEqual([first.errcode, second.errcode], [0, 0])
  assert.equal(typeof first.response_code, 'string')
  assert.equal(second.response_code, undefined)
  assert.deepEqual([wecom.sent.length, wecom.suppressed.length], [1, 1])
  await r.wecom(SEND, textMessage('zhoumin', 'hi', { enable_duplicate_check: 1, duplicate_check_interval: 600 }))
  r.clock.advance(10 * MINUTE)
  await r.wecom(SEND, textMessage('zhoumin', 'hi', { enable_duplicate_check: 1, duplicate_check_interval: 600 }))
  assert.equal(wecom.chat('zhoumin').length, 3)
})

test('the 31st message to one member within a minute is dropped without a word', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wecom } = r.sandbox
  for (let i = 0; i < 31; i++) assert.equal((await r.wecom(SEND, textMessage('zhoumin', `${i}`))).errcode, 0)
  assert.deepEqual([wecom.chat('zhoumin').length, wecom.dropped.length], [30, 1])
  assert.equal((await r.wecom(SEND, textMessage('linxiaoyu', 'x'))).errcode, 0)
  assert.equal(wecom.chat('linxiaoyu').length, 1)
  r.clock.advance(MINUTE)
  await r.wecom(SEND, textMessage('zhoumin', 'later'))
  assert.equal(wecom.chat('zhoumin').length, 31)
})

test('texts, pictures and media go both ways', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wecom } = r.sandbox
  await wecom.say('linxiaoyu', '已联系客户 ]]> 完')
  assert.match(r.got[0]?.text ?? '', /<MsgId>73\d{17}<\/MsgId>/)
  assert.match(r.got[0]?.text ?? '', /]]]]><!\[CDATA\[>/)
  await wecom.sendImage('linxiaoyu', PNG, 'image/png')
  const mediaId = /<MediaId><!\[CDATA\[(.+?)]]>/.exec(r.got[1]?.text ?? '')?.[1]
  const { access_token } = (await (
    await fetch(`${r.sandbox.wecomBase}/cgi-bin/gettoken?corpid=${WECOM.corpId}&corpsecret=${WECOM.secret}`)
  ).json()) as { access_token: string }
  const media = (id: unknown) =>
    fetch(`${r.sandbox.wecomBase}/cgi-bin/media/get?access_token=${access_token}&media_id=${id}`)
  const got = await media(mediaId)
  assert.equal(got.headers.get('content-type'), 'image/png')
  assert.deepEqual(Buffer.from(await got.arrayBuffer()), PNG)

  const form = new FormData()
  form.set('media', new Blob([PNG], { type: 'image/png' }), '现场.png')
  const upload = (await (
    await fetch(`${r.sandbox.wecomBase}/cgi-bin/media/upload?type=image&access_token=${access_token}`, {
      method: 'POST',
      body: form,
    })
  ).json()) as { errcode: number; media_id: string; created_at: unknown }
  assert.equal(upload.errcode, 0)
  assert.equal(typeof upload.created_at, 'string')
  const image = { touser: 'zhoumin', msgtype: 'image', agentid: WECOM.agentId, image: { media_id: upload.media_id } }
  assert.equal((await r.wecom(SEND, image)).errcode, 0)
  assert.equal(wecom.chat('zhoumin')[0]?.kind, 'image')
  const disposition = (await media(upload.media_id)).headers.get('content-disposition') ?? ''
  assert.match(Buffer.from(disposition, 'latin1').toString(), /filename="现场\.png"/)
  assert.equal((await media('no')).headers.get('content-type')?.split(';')[0], 'application/json')
  r.clock.advance(3 * DAY)
  assert.equal((await r.wecom(`/cgi-bin/media/get?media_id=${upload.media_id}`)).errcode, 40007)
  assert.equal((await r.wecom(SEND, image)).errcode, 40007)
})

test('the address book, the menu, OAuth codes, recall and URL verification answer in wire form', async (t) => {
  const r = await openReceiver()
  t.after(() => r.close())
  const { wecom } = r.sandbox
  const lin = await r.wecom('/cgi-bin/user/get?userid=linxiaoyu')
  assert.deepEqual(lin.direct_leader, ['zhoumin'])
  assert.equal('mobile' in lin, false)
  assert.equal((await r.wecom('/cgi-bin/user/get?userid=x')).errcode, 60111)
  const departments = (await r.wecom('/cgi-bin/department/list')).department as {
    id: number
    department_leader: string[]
  }[]
  assert.deepEqual(departments.find(({ id }) => id === 2)?.department_leader, ['zhoumin'])
  const page = await r.wecom('/cgi-bin/user/list_id', { limit: 3 })
  assert.equal((page.dept_user as unknown[]).length, 3)
  const rest = await r.wecom('/cgi-bin/user/list_id', { cursor: page.next_cursor, limit: 3 })
  assert.deepEqual([(rest.dept_user as unknown[]).length, rest.next_cursor], [1, ''])

  const menu = [{ type: 'click', name: '我的任务', key: 'tasks' }]
  assert.equal((await r.wecom(`/cgi-bin/menu/get?agentid=${WECOM.agentId}`)).errcode, 46003)
  assert.equal((await r.wecom(`/cgi-bin/menu/create?agentid=${WECOM.agentId}`, { button: menu })).errcode, 0)
  assert.deepEqual((await r.wecom(`/cgi-bin/menu/get?agentid=${WECOM.agentId}`)).button, menu)
  r.answer = () => passive('text', '<Content><![CDATA[没有待办]]></Content>', 'zhoumin')
  assert.equal((await wecom.clickMenu('zhoumin', 'tasks')).reply, 'text')
  assert.equal(wecom.chat('zhoumin').at(-1)?.kind, 'text')
  r.answer = () => ''

  const code = wecom.oauthCode('zhoumin')
  assert.equal((await r.wecom(`/cgi-bin/auth/getuserinfo?code=${code}`)).userid, 'zhoumin')
  assert.equal((await r.wecom(`/cgi-bin/auth/getuserinfo?code=${code}`)).errcode, 40029)

  const { msgid } = await r.wecom(SEND, textMessage('zhoumin', '发错了'))
  assert.equal((await r.wecom('/cgi-bin/message/recall', { msgid })).errcode, 0)
  assert.equal(wecom.chat('zhoumin').at(-1)?.kind, 'recalled')
  assert.equal(await wecom.verifyUrl(), true)
})
