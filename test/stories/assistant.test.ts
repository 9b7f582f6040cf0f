import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { openStory, type Story } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { afterEach, describe, test } from '../suite.ts'

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

    test('a picture sent to the bot becomes the evidence of the step that asks, once, and else is not wanted', async () => {
      const { wang, lin, zhou, chen } = await open(env)
      const send = async () => textOf((await bot().sendImage('chenzhiyuan', await jpeg())).items)
      assert.match(await send(), /只看得懂文字/)
      await wang.complain('车轮变形')
      await lin.press('车轮变形', 'finish', { type: 'quality' })
      await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
      await chen.press('制定方案', 'ask')
      assert.match(await send(), /现在不需要照片/)
      await chen.press('制定方案', 'finish')
      bot().faults.duplicates = 2
      assert.match(await send(), /好的/)
      await story.settle()
      assert.match(chen.lastLine(), /已收到第 1 张照片/)
      await chen.says('校正车轮，更换辐条')
      const [step] = await story.db.read((tx) =>
        tx.query<{ answers: string }>(`SELECT answers FROM flow_steps WHERE name = 'solution'`),
      )
      const { photos } = JSON.parse(String(step?.answers)) as { photos: string[] }
      assert.equal(photos.length, 1)
      const rows = await story.db.read((tx) =>
        tx.query<{ id: string; state: string; width: number }>('SELECT id, state, width FROM attachments'),
      )
      assert.deepEqual(rows, [{ id: photos[0], state: 'ready', width: 640 }])
    })

    test('a file that is no picture is refused in words and changes nothing', async () => {
      const { wang, lin, zhou, chen } = await open(env)
      await wang.complain('车轮变形')
      await lin.press('车轮变形', 'finish', { type: 'quality' })
      await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
      await chen.press('制定方案', 'finish')
      const refused = await bot().sendImage('chenzhiyuan', Buffer.from('no picture at all'))
      assert.match(textOf(refused.items), /图片|照片/)
      const rows = await story.db.read((tx) => tx.query('SELECT id FROM attachments'))
      assert.deepEqual(rows, [])
    })

    test('a stranger, nonsense and the same message twice are answered calmly and change nothing', async () => {
      await open(env)
      bot().faults.duplicates = 2
      const help = textOf((await bot().ask('linxiaoyu', '帮助')).items)
      assert.match(help, /我的任务/)
      assert.doesNotMatch(help, /发位置/, 'it understands words alone')
      await story.lin.says('帮助')
      assert.match(story.lin.lastLine(), /企业微信可直接发位置/)
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
