import assert from 'node:assert/strict'
import { MINUTE } from '../../server/lib/clock.ts'
import { PlatformError } from '../../server/lib/errors.ts'
import { wecom } from '../../server/platforms/wecom.ts'
import { authorizeUrl } from '../../server/platforms/wecom-oauth.ts'
import { wecomWebhook } from '../../server/platforms/wecom-webhook.ts'
import { test } from '../suite.ts'
import { buttonCard, openReceiver, PNG, WECOM } from './sandbox-receiver.ts'

async function corp(t: { after(work: () => Promise<void>): void }) {
  const r = await openReceiver()
  t.after(() => r.close())
  return { r, stand: r.sandbox.wecom, client: wecom({ ...WECOM, apiBase: r.sandbox.wecomBase }, r.clock) }
}

function fails(code: number | string, retryable: boolean) {
  return (error: unknown) => {
    assert.ok(error instanceof PlatformError, String(error))
    assert.deepEqual([error.code, error.retryable], [code, retryable])
    return true
  }
}

const group = { chatId: 'yingkeT0001', name: '紧急投诉', owner: 'zhoumin', members: ['zhoumin', 'linxiaoyu'] }

test('a group is made once, however often it is made, and changed', async (t) => {
  const { client, stand } = await corp(t)
  assert.equal(await client.chat(group.chatId), undefined)
  await client.createChat(group)
  stand.faults.loseAnswers = 1
  await assert.rejects(client.createChat({ ...group, chatId: 'yingkeT0002' }), PlatformError)
  await client.createChat({ ...group, chatId: 'yingkeT0002' })
  await client.createChat({ ...group, name: '别的名字' })
  assert.deepEqual(await client.chat(group.chatId), group)
  await client.updateChat({ chatId: group.chatId, name: '投诉', add: ['chenzhiyuan'], remove: ['linxiaoyu'] })
  assert.deepEqual(await client.chat(group.chatId), {
    ...group,
    name: '投诉',
    members: ['zhoumin', 'chenzhiyuan'],
  })
  await assert.rejects(client.createChat({ ...group, chatId: 'x', members: ['zhoumin'] }), fails(86006, false))
  await assert.rejects(client.createChat({ ...group, chatId: 'a-b' }), fails(40058, false))
  await assert.rejects(client.updateChat({ chatId: 'nobody', name: 'x' }), fails(86003, false))
})

test('a group is told texts and files, but no cards', async (t) => {
  const { client, stand, r } = await corp(t)
  await client.createChat(group)
  const { chatId } = group
  await client.sendToChat({ chatId, msgtype: 'text', text: { content: '好'.repeat(1000), mentioned_list: ['@all'] } })
  await client.sendToChat({ chatId, msgtype: 'markdown', markdown: { content: '**请看**' } })
  const media_id = await client.upload('image', { name: 'a.png', mime: 'image/png', bytes: PNG })
  await client.sendToChat({ chatId, msgtype: 'image', image: { media_id } })
  const items = stand.group(chatId)?.items ?? []
  assert.deepEqual(
    items.map(({ kind }) => kind),
    ['text', 'markdown', 'image'],
  )
  assert.ok(items[0]?.kind === 'text' && items[0].text.endsWith('…'))
  const refused = await r.wecom('/cgi-bin/appchat/send', {
    chatid: chatId,
    msgtype: 'template_card',
    template_card: buttonCard('T1'),
  })
  assert.equal(refused.errcode, 40008)
  await assert.rejects(
    client.sendToChat({ chatId: 'nobody', msgtype: 'text', text: { content: 'x' } }),
    fails(86003, false),
  )
})

test('a group robot says what it may, twenty times a minute', async (t) => {
  const { stand, r } = await corp(t)
  const key = stand.addRobot('值班群')
  const robot = wecomWebhook({ key, apiBase: r.sandbox.wecomBase })
  await robot.send({ msgtype: 'text', text: { content: '交班了', mentioned_list: ['@all'] } })
  await robot.send({ msgtype: 'markdown', markdown: { content: '<@linxiaoyu> 请看' } })
  await robot.sendImage(PNG)
  const media_id = await robot.upload('file', { name: '日报.txt', mime: 'text/plain', bytes: Buffer.from('一二三四') })
  await robot.send({ msgtype: 'file', file: { media_id } })
  const card_action = { type: 1 as const, url: 'https://example.com' }
  const notice = { card_type: 'text_notice' as const, main_title: { title: '日报' }, card_action }
  await robot.send({ msgtype: 'template_card', template_card: notice })
  assert.deepEqual(
    stand.robotSaid(key).map(({ kind }) => kind),
    ['text', 'markdown', 'image', 'file', 'card'],
  )
  for (let count = 5; count < 20; count++) await robot.send({ msgtype: 'markdown_v2', markdown_v2: { content: '|a|' } })
  const more = () => robot.send({ msgtype: 'text', text: { content: '再说一句' } })
  await assert.rejects(more(), fails(45009, true))
  r.clock.advance(MINUTE)
  await more()
  const buttons = buttonCard('T1') as never
  await assert.rejects(robot.send({ msgtype: 'template_card', template_card: buttons }), fails(40058, false))
  await assert.rejects(robot.sendImage(Buffer.alloc(2 * 1024 * 1024 + 1)), fails('too_large', false))
  const gone = wecomWebhook({ key: 'gone', apiBase: r.sandbox.wecomBase })
  await assert.rejects(gone.send({ msgtype: 'text', text: { content: 'x' } }), fails(93000, false))
})

test('the code of the workbench names its visitor once', async (t) => {
  const { client, stand } = await corp(t)
  const code = stand.oauthCode('linxiaoyu')
  assert.deepEqual(await client.visitor(code), { userid: 'linxiaoyu' })
  await assert.rejects(client.visitor(code), fails(40029, false))
  const url = new URL(authorizeUrl(WECOM, 'https://desk.example.com/work?a=1', 'abc'))
  assert.equal(url.hash, '#wechat_redirect')
  assert.deepEqual(
    ['appid', 'redirect_uri', 'scope', 'state', 'agentid'].map((name) => url.searchParams.get(name)),
    [WECOM.corpId, 'https://desk.example.com/work?a=1', 'snsapi_base', 'abc', '1000002'],
  )
})
