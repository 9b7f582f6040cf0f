import assert from 'node:assert/strict'
import { WSClient, type WsFrame } from '@wecom/aibot-node-sdk'
import { WebSocket } from 'ws'
import { HOUR, MINUTE, SECOND } from '../../server/lib/clock.ts'
import { test } from '../suite.ts'
import { buttonCard } from './sandbox-receiver.ts'
import { asText, BOT, type BotHouse, openBotHouse, until } from './wecom-bot-house.ts'

type After = { after(work: () => Promise<void> | void): void }

async function house(t: After, mode: 'callback' | 'link'): Promise<BotHouse> {
  const opened = await openBotHouse(mode, async (event) => ({
    stream: event.kind === 'message' ? event.text : 'event',
  }))
  t.after(() => opened.close())
  return opened
}

/** The test is over before the last acknowledgement. */
const ended = () => undefined
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** The official client, connected and subscribed. */
async function official(t: After, { sandbox }: BotHouse, secret = BOT.secret) {
  const client = new WSClient({
    botId: BOT.botId,
    secret,
    wsUrl: sandbox.wecomBotUrl,
    reconnectInterval: 10,
    maxAuthFailureAttempts: 2,
    logger: quiet,
  })
  t.after(() => client.disconnect())
  const happened: string[] = []
  for (const name of ['authenticated', 'disconnected', 'reconnecting', 'error', 'event.disconnected_event'] as const)
    client.on(name, (about?: unknown) =>
      happened.push(about instanceof Error && 'code' in about ? String(about.code) : name),
    )
  client.connect()
  return { client, happened }
}

const refusedWith = (errcode: number) => (frame: unknown) => {
  assert.equal((frame as WsFrame).errcode, errcode)
  return true
}

test('the official client subscribes, receives, streams and is acknowledged frame by frame', async (t) => {
  const h = await house(t, 'link')
  const { client, happened } = await official(t, h)
  await until(() => h.bot.connected())
  client.on('message.text', async (frame) => {
    assert.equal(frame.body?.text.content, '在吗')
    assert.equal((await client.replyStream(frame, 's1', '正在想', false)).errcode, 0)
    await client.replyStream(frame, 's1', '在', true)
  })
  const asked = await h.bot.ask('linxiaoyu', '在吗')
  assert.deepEqual([asked.way, asked.frames, asked.polls], ['link', ['正在想', '在'], 0])
  assert.deepEqual(
    h.bot.frames.map(({ cmd, errcode }) => [cmd, errcode]),
    [
      ['aibot_respond_msg', 0],
      ['aibot_respond_msg', 0],
    ],
  )
  assert.ok(happened.includes('authenticated'))
})

test('a newer subscription has the older one told and closed, and the official client stays away', async (t) => {
  const h = await house(t, 'link')
  const first = await official(t, h)
  await until(() => first.happened.includes('authenticated'))
  const second = await official(t, h)
  await until(() => second.happened.includes('authenticated'))
  await until(() => first.happened.includes('event.disconnected_event'))
  second.client.on('message.text', (frame) => void second.client.replyStream(frame, 's', '我来', true).catch(ended))
  assert.deepEqual((await h.bot.ask('linxiaoyu', '谁在')).frames, ['我来'])
  assert.equal(h.bot.subscriptions(), 2)
  assert.ok(!first.happened.includes('reconnecting'))
})

test('a wrong secret is refused until the client gives up; a cut connection comes back', async (t) => {
  const h = await house(t, 'link')
  const wrong = await official(t, h, 'wrong')
  await until(() => wrong.happened.includes('WS_AUTH_FAILURE_EXHAUSTED'))
  assert.equal(h.bot.subscriptions(), 0)
  const right = await official(t, h)
  await until(() => h.bot.connected())
  h.bot.cut()
  await until(() => h.bot.subscriptions() === 2)
  assert.ok(right.happened.includes('reconnecting'))
})

test('text, unknown req_ids, wrong answers to events and expired streams are refused with their numbers', async (t) => {
  const h = await house(t, 'link')
  const { client } = await official(t, h)
  await until(() => h.bot.connected())
  const frames: WsFrame[] = []
  client.on('message', (frame) => void frames.push(frame))
  client.on('event', (frame) => void frames.push(frame))
  const asking = h.bot.ask('linxiaoyu', '在吗')
  await until(() => frames.length === 1)
  const [message] = frames as [WsFrame]
  await assert.rejects(client.reply(message, { msgtype: 'text', text: { content: '在' } }), refusedWith(40008))
  await assert.rejects(client.replyStream({ headers: { req_id: 'nobody' } }, 's', '在', true), refusedWith(846605))
  await client.replyStream(message, 's', '正在想', false)
  h.clock.advance(6 * MINUTE)
  await assert.rejects(client.replyStream(message, 's', '在', true), refusedWith(846608))
  const asked = await asking
  assert.ok(asked.items[0]?.kind === 'stream' && asked.items[0].state === 'expired')
  await client.sendMessage('linxiaoyu', { msgtype: 'markdown', markdown: { content: '在的' } })
  assert.equal(asText(h.bot.chat('linxiaoyu').at(-1)), '在的')

  const entering = h.bot.enter('zhoumin')
  await until(() => frames.length === 2)
  const [, entered] = frames as [WsFrame, WsFrame]
  await assert.rejects(client.replyStream(entered, 's', '您好', true), refusedWith(846605))
  await client.replyWelcome(entered, { msgtype: 'text', text: { content: '您好' } })
  assert.deepEqual((await entering).items.map(asText), ['您好'])
  await assert.rejects(
    client.sendMessage('zhoumin', { msgtype: 'markdown', markdown: { content: '没说过话' } }),
    refusedWith(81013),
  )
  await assert.rejects(client.reply({ headers: { req_id: 'x' } }, {}, 'aibot_send_msg'), refusedWith(86201))
})

test('a card is pressed and changed within five seconds, with its own task_id only', async (t) => {
  const h = await house(t, 'link')
  const { client } = await official(t, h)
  await until(() => h.bot.connected())
  client.on('message', (frame) => void client.replyTemplateCard(frame, buttonCard('T1') as never).catch(ended))
  const events: WsFrame[] = []
  client.on('event.template_card_event', (frame) => void events.push(frame))
  await h.bot.ask('linxiaoyu', '待办')
  const changed = { ...buttonCard('T1'), main_title: { title: '已受理' } }
  const first = h.bot.press('linxiaoyu', 'T1', 'accept', { to: ['zhoumin'] })
  await until(() => events.length === 1)
  const [event] = events as [WsFrame]
  const { template_card_event: data } = event.body.event
  assert.deepEqual(data.selected_items.selected_item, [{ question_key: 'to', option_ids: { option_id: ['zhoumin'] } }])
  await client.updateTemplateCard(event, changed as never)
  const pressed = await first
  assert.deepEqual([pressed.changed, pressed.card.card.main_title?.title], [true, '已受理'])
  await assert.rejects(client.updateTemplateCard(event, changed as never), refusedWith(846605))
  void h.bot.press('linxiaoyu', 'T1', 'accept')
  await until(() => events.length === 2)
  h.clock.advance(5 * SECOND + 1)
  await assert.rejects(client.updateTemplateCard(events[1] as WsFrame, changed as never), refusedWith(846605))
})

test('a frame with something missing is answered without its req_id', async (t) => {
  const h = await house(t, 'link')
  const socket = new WebSocket(h.sandbox.wecomBotUrl)
  t.after(() => socket.terminate())
  const answers: Record<string, unknown>[] = []
  socket.on('message', (data) => answers.push(JSON.parse(String(data))))
  await new Promise((ready) => socket.once('open', ready))
  const say = async (frame: unknown) => {
    const before = answers.length
    socket.send(JSON.stringify(frame))
    await until(() => answers.length > before)
    return answers.at(-1)
  }
  const headers = { req_id: 'aibot_subscribe_1' }
  const body = { bot_id: BOT.botId, secret: BOT.secret }
  assert.deepEqual(await say({ cmd: 'aibot_subscribe', headers, body }), { headers, errcode: 0, errmsg: 'ok' })
  assert.deepEqual(await say({ cmd: 'ping', headers: { req_id: 'ping_1' } }), {
    headers: { req_id: 'ping_1' },
    errcode: 0,
    errmsg: 'ok',
  })
  assert.deepEqual(Object.keys((await say({ cmd: 'aibot_send_msg', body: {} })) ?? {}), ['errcode', 'errmsg'])
  await until(() => h.bot.connected())
  void h.bot.ask('linxiaoyu', '在吗')
  await until(() => answers.some(({ cmd }) => cmd === 'aibot_msg_callback'))
  const { headers: asked } = answers.find(({ cmd }) => cmd === 'aibot_msg_callback') ?? {}
  const nameless = await say({ cmd: 'aibot_respond_msg', headers: asked, body: { msgtype: 'stream', stream: {} } })
  assert.deepEqual([nameless?.errcode, nameless?.headers], [40058, undefined])
  assert.equal((await say({ cmd: 'aibot_dance', headers: asked, body: {} }))?.errcode, 40058)
  const closed = new Promise((ended) => socket.once('close', ended))
  await official(t, h)
  await closed
  const event = answers.at(-1) as { cmd?: string; body?: { event?: unknown } }
  assert.deepEqual([event.cmd, event.body?.event], ['aibot_event_callback', { eventtype: 'disconnected_event' }])
})

test('thirty frames a minute and a thousand an hour go into one conversation', async (t) => {
  const h = await house(t, 'link')
  const { client } = await official(t, h)
  await until(() => h.bot.connected())
  client.on('message', (frame) => void client.replyStream(frame, 's', '好', true).catch(ended))
  await h.bot.ask('linxiaoyu', '在吗')
  const push = () => client.sendMessage('linxiaoyu', { msgtype: 'markdown', markdown: { content: '推送' } })
  for (let count = 1; count < 30; count++) await push()
  await assert.rejects(push(), refusedWith(45009))
  h.bot.limits.perHour = 31
  h.clock.advance(MINUTE)
  await push()
  await assert.rejects(push(), refusedWith(45009))
})

test('no more than three exchanges of one person are under way', async (t) => {
  const h = await house(t, 'link')
  const { client } = await official(t, h)
  await until(() => h.bot.connected())
  const frames: WsFrame[] = []
  client.on('message', (frame) => void frames.push(frame))
  const asking = [1, 2, 3].map((count) => h.bot.ask('linxiaoyu', `问 ${count}`))
  await until(() => frames.length === 3)
  const fourth = await h.bot.ask('linxiaoyu', '问 4')
  assert.deepEqual([fourth.way, frames.length], ['nowhere', 3])
  for (const frame of frames) await client.replyStream(frame, `s${frame.headers.req_id}`, '好', true)
  await Promise.all(asking)
  client.on('message', (frame) => void client.replyStream(frame, 's', '好', true).catch(ended))
  assert.deepEqual((await h.bot.ask('linxiaoyu', '问 4')).frames, ['好'])
})

test('in callback mode a reply with a wrong signature, nonce or content is shown to nobody', async (t) => {
  const h = await house(t, 'callback')
  const wrongBy = async (change: (reply: Record<string, unknown>) => unknown) => {
    h.tamper = (reply) => JSON.stringify(change(JSON.parse(reply)))
    const asked = await h.bot.ask('linxiaoyu', '在吗')
    assert.equal(asked.items.length, 0)
    return asked.refused.join()
  }
  assert.match(await wrongBy((reply) => ({ ...reply, msgsignature: 'x' })), /msgsignature/)
  assert.match(await wrongBy(({ msgsignature, ...rest }) => ({ ...rest, msg_signature: msgsignature })), /msgsignature/)
  assert.match(await wrongBy((reply) => ({ ...reply, nonce: '1' })), /nonce/)
  assert.match(await wrongBy((reply) => ({ ...reply, timestamp: String(reply.timestamp) })), /timestamp/)
  assert.match(await wrongBy((reply) => ({ ...reply, encrypt: 'AAAA' })), /msgsignature/)
})

test('an event is delivered once: its lost reply is lost', async (t) => {
  const h = await house(t, 'callback')
  h.bot.faults.loseReplies = 1
  const entered = await h.bot.enter('linxiaoyu')
  assert.deepEqual([entered.status, entered.attempts, entered.items], [0, 1, []])
})

test('a response_url is good for one message within an hour', async (t) => {
  const h = await house(t, 'callback')
  const post = async (url: string | undefined, body: unknown) => {
    const response = await fetch(url ?? '', { method: 'POST', body: JSON.stringify(body) })
    return ((await response.json()) as { errcode: number }).errcode
  }
  const markdown = { msgtype: 'markdown', markdown: { content: '补充' } }
  const { responseUrl } = await h.bot.ask('linxiaoyu', '在吗')
  assert.equal(await post(responseUrl, { msgtype: 'text', text: { content: 'x' } }), 40008)
  assert.equal(await post(responseUrl, markdown), 0)
  assert.equal(await post(responseUrl, markdown), 40058)
  const later = (await h.bot.ask('linxiaoyu', '在吗')).responseUrl
  h.clock.advance(HOUR)
  assert.equal(await post(later, markdown), 40058)
  assert.equal(h.bot.chat('linxiaoyu').filter((item) => item.kind === 'markdown').length, 1)
})
