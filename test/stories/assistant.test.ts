import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { openStory, type Story } from '../harness.ts'

let story: Story
afterEach(() => story.close())

/** The AI bot in both of its modes. */
const MODES = {
  'over a long connection': {},
  'called back': {
    WECOM_BOT_TOKEN: 'AssistantToken',
    WECOM_BOT_ENCODING_AES_KEY: 'c2FuZGJveC13ZWNvbS1lbmNvZGluZy1hZXMta2V5LTA',
  },
}

function bot() {
  const { wecomBot } = story.sandbox
  if (!wecomBot) throw new Error('no AI bot')
  return wecomBot
}

async function open(env: Record<string, string> = {}): Promise<Story> {
  story = await openStory({ env })
  bot().limits.pollMs = 10
  if (!env.WECOM_BOT_TOKEN) while (!bot().connected()) await turn()
  return story
}

const textOf = (items: unknown[]) => JSON.stringify(items)

for (const [mode, env] of Object.entries(MODES)) {
  describe(mode, () => {
    test('a question in the single chat is answered with a card, and the card does the work', async () => {
      const { wang, lin } = await open(env)
      await wang.complain('链条断裂')
      const asked = await bot().ask('linxiaoyu', '我的任务')
      const card = asked.items.find((item) => item.kind === 'card')
      assert.ok(card && textOf([card]).includes('登记核实'), textOf(asked.items))
      const pressed = await bot().press('linxiaoyu', card.taskId, card.buttons[0]?.key ?? '')
      assert.deepEqual(pressed.refused, [])
      await story.settle()
      assert.ok(lin.cards().length >= 1)
    })

    test('in a group nothing personal is said: it goes to the single chat', async () => {
      const { wang, lin } = await open(env)
      await wang.complain('刹车失灵')
      const before = lin.chat().length
      const asked = await bot().ask('linxiaoyu', '我的任务', { chatId: 'team1' })
      await story.settle()
      assert.match(textOf(asked.items), /单聊/)
      assert.doesNotMatch(textOf(asked.items), /刹车/)
      assert.ok(lin.chat().length > before, lin.read())
    })

    test('a stranger, nonsense and the same message twice are answered calmly and change nothing', async () => {
      await open(env)
      bot().faults.duplicates = 2
      assert.match(textOf((await bot().ask('linxiaoyu', '帮助')).items), /我的任务/)
      assert.match(textOf((await bot().ask('linxiaoyu', '阿巴阿巴')).items), /帮助/)
    })
  })
}

test('the connection is cut: the bot comes back by itself', async () => {
  await open()
  bot().cut()
  while (bot().connected()) await turn()
  while (!bot().connected()) await turn()
  assert.match(textOf((await bot().ask('linxiaoyu', '帮助')).items), /我的任务/)
})
