import assert from 'node:assert/strict'
import { MINUTE, SECOND } from '../../server/lib/clock.ts'
import type { BotAnswer, BotHandler } from '../../server/platforms/wecom-bot-answer.ts'
import { fetchBotFile } from '../../server/platforms/wecom-bot-media.ts'
import type { TemplateCard } from '../../server/platforms/wecom-card.ts'
import { test } from '../suite.ts'
import { buttonCard, PNG } from './sandbox-receiver.ts'
import { asText, type BotHouse, gate, openBotHouse, until, WORDS } from './wecom-bot-house.ts'

async function house(t: { after(work: () => Promise<void>): void }, handler: BotHandler, patienceMs?: number) {
  const opened = await openBotHouse('callback', handler, patienceMs)
  t.after(() => opened.close())
  return opened
}

const card = (taskId: string) => buttonCard(taskId) as unknown as TemplateCard
const texts = ({ bot }: BotHouse, who = 'linxiaoyu') =>
  bot.chat(who).flatMap((item) => (item.from === 'app' ? [asText(item)] : []))

test('the address is verified, and what is known at once is said at once', async (t) => {
  const h = await house(t, async (event) => ({ stream: event.kind === 'message' ? `您说：${event.text}` : '' }))
  const asked = await h.bot.ask('linxiaoyu', '今天到期的')
  assert.equal(await h.bot.verifyUrl(), true)
  assert.deepEqual([asked.way, asked.status, asked.polls, asked.refused], ['callback', 200, 0, []])
  assert.deepEqual(asked.frames, ['您说：今天到期的'])
  const [answer] = asked.items
  assert.ok(answer?.kind === 'stream' && answer.state === 'finished')
  const grouped = await h.bot.ask('linxiaoyu', '今天到期的', { chatId: 'C1' })
  assert.deepEqual(grouped.frames, ['您说：今天到期的'])
  assert.equal(asText(h.bot.chat('C1')[0]), '@智能助手 今天到期的')
})

test('an answer that takes its time begins with a word, grows with each poll and ends whole', async (t) => {
  const steps = [gate(), gate()]
  async function* written() {
    await steps[0]?.opened
    yield '第一行'
    await steps[1]?.opened
    yield '第一行\n第二行'
  }
  const h = await house(t, async () => ({ stream: written(), card: undefined, feedbackId: 'fb-1' }), 20)
  const asking = h.bot.ask('linxiaoyu', '写两行')
  await until(() => texts(h)[0] === WORDS.working)
  steps[0]?.open()
  await until(() => texts(h)[0] === '第一行')
  steps[1]?.open()
  const asked = await asking
  assert.deepEqual([...new Set(asked.frames)], [WORDS.working, '第一行', '第一行\n第二行'])
  assert.deepEqual(asked.refused, [])
  assert.ok(asked.polls >= 2)
  assert.equal(h.bot.chat('linxiaoyu').length, 2)
  assert.deepEqual((await h.bot.feedback('linxiaoyu', 'fb-1', 2, '少一行')).status, 200)
})

test('a message that is delivered again is handled once and answered alike', async (t) => {
  let runs = 0
  const h = await house(t, async () => ({ stream: `第 ${++runs} 次` }))
  h.bot.faults.duplicates = 2
  h.bot.faults.loseReplies = 2
  const asked = await h.bot.ask('linxiaoyu', '在吗')
  assert.deepEqual([asked.attempts, asked.frames, runs], [3, ['第 1 次'], 1])
  h.bot.faults.duplicates = 0
  await h.bot.ask('linxiaoyu', '在吗')
  assert.equal(runs, 2)
})

test('a poll that nobody knows, as after a restart, ends in a calm sentence; the answer comes by response_url', async (t) => {
  const slow = gate()
  const h = await house(t, async () => slow.opened.then(() => ({ stream: '查到了' })), 20)
  const asking = h.bot.ask('linxiaoyu', '查一下')
  await until(() => texts(h).length === 1)
  h.restart()
  const asked = await asking
  assert.deepEqual(asked.frames.at(-1), WORDS.lost)
  h.clock.advance(31 * SECOND)
  slow.open()
  await until(() => texts(h).includes('查到了'))
  assert.deepEqual(texts(h), [WORDS.lost, '查到了'])
})

test('after six minutes the stream ends with a promise, and the answer follows as one message', async (t) => {
  const slow = gate()
  const h = await house(t, async () => slow.opened.then(() => ({ stream: '终于查到了' })), 20)
  const asking = h.bot.ask('linxiaoyu', '查很久')
  await until(() => texts(h).length === 1)
  h.clock.advance(6 * MINUTE - 10 * SECOND)
  const asked = await asking
  assert.deepEqual([asked.frames.at(-1), asked.refused], [WORDS.later, []])
  slow.open()
  await until(() => texts(h).length === 2)
  assert.deepEqual(texts(h), [WORDS.later, '终于查到了'])
})

test('a card comes alone, with words, or at the end of a stream, and never twice', async (t) => {
  const slow = gate()
  const answers: Record<string, BotAnswer> = { 卡: { card: card('T1') }, 两样: { stream: '请看', card: card('T2') } }
  const h = await house(
    t,
    async (event) => {
      if (event.kind !== 'message') return undefined
      if (event.text !== '慢') return answers[event.text]
      await slow.opened
      return { card: card('T3') }
    },
    100,
  )
  const kinds = async (text: string) => (await h.bot.ask('linxiaoyu', text)).items.map((item) => item.kind)
  assert.deepEqual(await kinds('卡'), ['card'])
  assert.deepEqual(await kinds('两样'), ['stream', 'card'])
  const asking = kinds('慢')
  await until(() => texts(h).includes(WORDS.working))
  slow.open()
  assert.deepEqual(await asking, ['stream', 'card'])
  assert.ok(texts(h).includes(WORDS.done))
  assert.deepEqual(await kinds('没有话说'), [])
})

test('a press changes the card within its answer, in a group for those who are named', async (t) => {
  const notice = (title: string): TemplateCard => ({
    card_type: 'text_notice',
    main_title: { title },
    card_action: { type: 1, url: 'https://example.com' },
  })
  const seen: unknown[] = []
  const h = await house(t, async (event) => {
    if (event.kind === 'message') return { card: card(event.conversation.kind === 'group' ? 'TG' : 'T1') }
    if (event.kind !== 'card') return undefined
    seen.push([event.eventKey, event.selected])
    return { updateCard: notice('已受理'), ...(event.conversation.kind === 'group' && { userIds: [event.userId] }) }
  })
  await h.bot.ask('linxiaoyu', '待办')
  const pressed = await h.bot.press('linxiaoyu', 'T1', 'accept', { to: ['zhoumin'] })
  assert.deepEqual([pressed.status, pressed.changed, pressed.refused], [200, true, []])
  assert.equal(pressed.card.card.main_title?.title, '已受理')
  assert.deepEqual(seen, [['accept', { to: ['zhoumin'] }]])
  await h.bot.ask('zhoumin', '待办', { chatId: 'C1' })
  const place = { chatId: 'C1' }
  assert.equal((await h.bot.press('zhoumin', 'TG', 'accept', {}, place)).changed, true)
  const seenBy = (who: string) => {
    const item = h.bot.chat('C1', who).find((one) => one.kind === 'card')
    return item?.kind === 'card' && item.card.main_title?.title
  }
  assert.deepEqual([seenBy('zhoumin'), seenBy('linxiaoyu')], ['已受理', '新的投诉'])
})

test('who looks in is greeted once a day; words in answer to an event go by response_url', async (t) => {
  const h = await house(t, async (event) => {
    if (event.kind === 'enter') return { welcome: '您好，我是智能助手。' }
    if (event.kind === 'message') return { card: card('T1') }
    return { stream: '按下了' }
  })
  assert.deepEqual((await h.bot.enter('linxiaoyu')).items.map(asText), ['您好，我是智能助手。'])
  assert.equal((await h.bot.enter('linxiaoyu')).way, 'nowhere')
  h.clock.advance(24 * 60 * MINUTE)
  assert.equal((await h.bot.enter('linxiaoyu')).items.length, 1)
  await h.bot.ask('linxiaoyu', '待办')
  const pressed = await h.bot.press('linxiaoyu', 'T1', 'accept')
  assert.deepEqual([pressed.changed, pressed.refused], [false, []])
  await until(() => texts(h).includes('按下了'))
})

test('a handler that fails says so calmly, also in the middle of a stream', async (t) => {
  const h = await house(t, async (event) => {
    if (event.kind === 'message' && event.text === '一半') {
      return {
        stream: (async function* () {
          yield '前一半'
          throw new Error('torn')
        })(),
      }
    }
    throw new Error('broken')
  })
  assert.deepEqual((await h.bot.ask('linxiaoyu', '坏')).frames, [WORDS.failed])
  assert.equal((await h.bot.ask('linxiaoyu', '一半')).frames.at(-1), `前一半\n\n${WORDS.failed}`)
})

test('a picture that somebody sends is fetched and opened with the key of the callback, for five minutes', async (t) => {
  const got: (Buffer | string)[] = []
  let late: () => Promise<unknown> = async () => undefined
  const h = await house(t, async (event) => {
    const file = event.kind === 'message' ? event.files[0] : undefined
    if (!file) return undefined
    got.push(await fetchBotFile(file))
    late = () => fetchBotFile(file)
    return { stream: '收到图片' }
  })
  const asked = await h.bot.sendImage('linxiaoyu', PNG)
  assert.deepEqual([asked.frames, got], [['收到图片'], [PNG]])
  h.clock.advance(5 * MINUTE)
  await assert.rejects(late(), /HTTP/)
})
