import assert from 'node:assert/strict'
import { MINUTE } from '../../server/lib/clock.ts'
import { PlatformError } from '../../server/lib/errors.ts'
import type { BotHandler } from '../../server/platforms/wecom-bot-answer.ts'
import type { BotEvent } from '../../server/platforms/wecom-bot-event.ts'
import { wecomBotLink } from '../../server/platforms/wecom-bot-link.ts'
import { fetchBotFile } from '../../server/platforms/wecom-bot-media.ts'
import type { TemplateCard } from '../../server/platforms/wecom-card.ts'
import { test } from '../suite.ts'
import { buttonCard, PNG } from './sandbox-receiver.ts'
import { asText, BOT, type BotHouse, gate, openBotHouse, until, WORDS } from './wecom-bot-house.ts'

type After = { after(work: () => Promise<void> | void): void }

function connect(t: After, h: BotHouse, handler: BotHandler, secret = BOT.secret) {
  const link = wecomBotLink(
    {
      botId: BOT.botId,
      secret,
      wsUrl: h.sandbox.wecomBotUrl,
      words: WORDS,
      clock: h.clock,
      patienceMs: 20,
      frameGapMs: 20,
      reconnectMs: 10,
      subscribeMs: 200,
    },
    handler,
  )
  t.after(() => link.stop())
  return link
}

async function linked(t: After, handler: BotHandler) {
  const h = await openBotHouse('link', async () => undefined)
  t.after(() => h.close())
  const link = connect(t, h, handler)
  await link.live()
  return { h, link }
}

const card = (taskId: string) => buttonCard(taskId) as unknown as TemplateCard
const texts = ({ bot }: BotHouse, who = 'linxiaoyu') =>
  bot.chat(who).flatMap((item) => (item.from === 'app' ? [asText(item)] : []))

test('what is known at once is one frame; what takes its time is a stream under one id', async (t) => {
  const steps = [gate(), gate()]
  async function* written() {
    await steps[0]?.opened
    yield '第一行'
    await steps[1]?.opened
    yield '第一行\n第二行'
  }
  const { h, link } = await linked(t, async (event) => {
    if (event.kind !== 'message') return undefined
    return { stream: event.text === '快' ? '好' : written(), feedbackId: 'fb-1' }
  })
  assert.equal(link.health().state, 'live')
  assert.deepEqual((await h.bot.ask('linxiaoyu', '快')).frames, ['好'])
  const asking = h.bot.ask('linxiaoyu', '慢')
  await until(() => texts(h).at(-1) === WORDS.working)
  steps[0]?.open()
  await until(() => texts(h).at(-1) === '第一行')
  steps[1]?.open()
  // The end may repeat what the last frame has shown.
  assert.deepEqual([...new Set((await asking).frames)], [WORDS.working, '第一行', '第一行\n第二行'])
  assert.equal(texts(h).length, 2)
})

test('messages, presses, greetings and opinions reach one handler, and a repeated frame reaches it once', async (t) => {
  const seen: BotEvent[] = []
  const { h } = await linked(t, async (event) => {
    seen.push(event)
    if (event.kind === 'enter') return { welcome: '您好' }
    if (event.kind === 'card') return { updateCard: { ...card('ignored'), main_title: { title: '已受理' } } }
    if (event.kind === 'message') return { stream: '请看', card: card('T1'), feedbackId: 'fb-1' }
    return undefined
  })
  h.bot.faults.duplicates = 2
  assert.deepEqual((await h.bot.enter('linxiaoyu')).items.map(asText), ['您好'])
  await h.bot.ask('linxiaoyu', '待办')
  const pressed = await h.bot.press('linxiaoyu', 'T1', 'accept', { to: ['zhoumin'] })
  assert.deepEqual([pressed.changed, pressed.card.card.main_title?.title], [true, '已受理'])
  await h.bot.feedback('linxiaoyu', 'fb-1', 1)
  assert.deepEqual(
    seen.map(({ kind }) => kind),
    ['enter', 'message', 'card', 'feedback'],
  )
  assert.ok(h.bot.frames.every(({ errcode }) => errcode === 0))
})

test('words in answer to an event are a message of their own, and pushes go where somebody has spoken', async (t) => {
  const { h, link } = await linked(t, async (event) => {
    return event.kind === 'message' ? { card: card('T1') } : { stream: '按下了' }
  })
  await h.bot.ask('linxiaoyu', '待办', { chatId: 'C1' })
  await h.bot.press('linxiaoyu', 'T1', 'accept', {}, { chatId: 'C1' })
  await until(() => texts(h, 'C1').includes('按下了'))
  await link.send({ kind: 'group', id: 'C1' }, '还有一件', card('T2'))
  assert.deepEqual(
    h.bot.chat('C1').map(({ kind }) => kind),
    ['text', 'card', 'markdown', 'markdown', 'card'],
  )
  await assert.rejects(link.send({ kind: 'single', id: 'zhoumin' }, '没说过话'), (error) => {
    assert.ok(error instanceof PlatformError)
    assert.deepEqual([error.platform, error.code, error.retryable], ['wecom_bot', 81013, false])
    return true
  })
})

test('who is replaced by a newer connection stays away and says so', async (t) => {
  const { h, link } = await linked(t, async () => ({ stream: '旧' }))
  const newer = connect(t, h, async () => ({ stream: '新' }))
  await newer.live()
  await until(() => link.health().state === 'replaced')
  assert.deepEqual((await h.bot.ask('linxiaoyu', '谁在')).frames, ['新'])
  await assert.rejects(link.send({ kind: 'single', id: 'linxiaoyu' }, '旧'), /not connected/)
  assert.deepEqual([h.bot.subscriptions(), newer.health().state], [2, 'live'])
})

test('a connection that was cut comes back and brings the end of what was asked', async (t) => {
  const slow = gate()
  const { h, link } = await linked(t, async () => slow.opened.then(() => ({ stream: '查到了' })))
  const asking = h.bot.ask('linxiaoyu', '查一下')
  await until(() => texts(h).at(-1) === WORDS.working)
  h.bot.faults.down = true
  h.bot.cut()
  await until(() => link.health().state === 'lost')
  slow.open()
  h.bot.faults.down = false
  assert.deepEqual((await asking).frames.at(-1), '查到了')
  assert.equal(link.health().state, 'live')
})

test('a subscription that nobody answers is tried again on a new connection, and only one is kept', async (t) => {
  const h = await openBotHouse('link', async () => undefined)
  t.after(() => h.close())
  h.bot.faults.deafSubscriptions = 2
  const link = connect(t, h, async () => ({ stream: '好' }))
  await link.live()
  assert.deepEqual((await h.bot.ask('linxiaoyu', '在吗')).frames, ['好'])
  assert.deepEqual([h.bot.subscriptions(), link.health().state, h.bot.faults.deafSubscriptions], [1, 'live', 0])
})

test('a stream over its time ends with a promise, and one that was refused as expired goes as a message', async (t) => {
  const slow = gate()
  const { h } = await linked(t, async (event) => {
    if (event.kind === 'message' && event.text === '快') return { stream: '快' }
    await slow.opened
    return { stream: '终于查到了' }
  })
  const asking = h.bot.ask('linxiaoyu', '慢')
  await until(() => texts(h).length === 1)
  h.clock.advance(6 * MINUTE - 10_000)
  assert.equal((await asking).frames.at(-1), WORDS.later)
  slow.open()
  await until(() => texts(h).length === 2)
  assert.deepEqual(texts(h), [WORDS.later, '终于查到了'])
  h.bot.faults.errcodes = [846608]
  void h.bot.ask('linxiaoyu', '快')
  await until(() => texts(h).length === 3)
  assert.equal(texts(h).at(-1), '快')
})

test('an end that was not acknowledged is not said twice', async (t) => {
  const { h } = await linked(t, async () => ({ stream: '好' }))
  h.bot.faults.loseAcks = 1
  await h.bot.ask('linxiaoyu', '在吗')
  await until(() => h.bot.frames.length === 2, 'the second try, five seconds later')
  await h.bot.ask('linxiaoyu', '还在吗')
  assert.deepEqual(texts(h), ['好', '好'])
  assert.deepEqual(
    h.bot.frames.map(({ errcode }) => errcode),
    [0, 846608, 0],
  )
})

test('a wrong secret ends in "refused", and stopping is an end too', async (t) => {
  const { h, link } = await linked(t, async () => undefined)
  const wrong = connect(t, h, async () => undefined, 'wrong')
  await assert.rejects(wrong.live(), /not connected/)
  assert.equal(wrong.health().state, 'refused')
  link.stop()
  assert.equal(link.health().state, 'stopped')
  await until(() => !h.bot.connected())
  assert.equal((await h.bot.ask('linxiaoyu', '在吗')).way, 'nowhere')
})

test('a picture over the long connection opens with the key that it brings', async (t) => {
  const got: Buffer[] = []
  const { h } = await linked(t, async (event) => {
    const file = event.kind === 'message' ? event.files[0] : undefined
    if (file) got.push(await fetchBotFile(file))
    return { stream: '收到' }
  })
  await h.bot.sendImage('linxiaoyu', PNG)
  assert.deepEqual(got, [PNG])
})
