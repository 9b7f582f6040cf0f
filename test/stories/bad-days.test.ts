import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onEachChat, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

onEachChat((open) => {
  let story: Story
  beforeEach(async () => {
    story = await open()
  })
  afterEach(() => story.close())

  test('the platform is down for two hours: nothing is lost, nothing comes twice, no storm on recovery', async () => {
    const { wang, lin, zhou, he } = story
    await wang.signIn()
    story.chat.faults.down = 'reset'
    for (let n = 1; n <= 5; n++) await wang.complain(`停机期间投诉 ${n}`)
    await story.later('2 h')
    assert.equal(lin.cards().length, 0)
    story.chat.faults.down = false
    await story.later('11 min')
    for (let n = 1; n <= 5; n++) {
      const live = lin.cards().filter(({ card, alive }) => alive && JSON.stringify(card).includes(`停机期间投诉 ${n}`))
      assert.equal(live.length, 1, lin.read())
    }
    assert.ok(lin.cards().length <= 15, `${lin.cards().length} cards`)
    for (const boss of [zhou, he]) {
      assert.equal(boss.cards().filter(({ card }) => card.source?.desc === '升级提醒').length, 5)
    }
    const [row] = await story.db.read((tx) =>
      tx.query<{ n: number }>(
        `SELECT COUNT(*) AS n FROM messages WHERE channel = 'staff' AND state IN ('pending', 'sending', 'failed')`,
      ),
    )
    assert.equal(Number(row?.n), 0)
  })

  test('a token that the platform drops early is renewed, and the card arrives', async () => {
    const { wang, lin } = story
    await wang.complain('先来一个')
    story.chat.dropToken()
    await wang.complain('令牌失效之后')
    assert.ok(lin.card('令牌失效之后'))
  })

  test('an answer that got lost after the platform took the card leads to no second card', async () => {
    const { wang, lin } = story
    await wang.signIn()
    story.chat.faults.loseAnswers = 1
    await wang.complain('应答丢失')
    await story.later('2 min')
    assert.equal(lin.cards().length, 1, lin.read())
    await lin.press('应答丢失', 'accept')
  })

  test('a passive reply that got lost is repaired by the next press and by the sweep', async () => {
    const { wang, lin } = story
    await wang.complain('回包丢失')
    story.chat.faults.loseReplies = true
    const { taskId } = lin.card('回包丢失')
    await lin.pressCard(taskId, 'finish', { type: 'other' })
    story.chat.faults.loseReplies = false
    const card = await lin.pressCard(taskId, 'finish', { type: 'other' }, true)
    assert.match(String(card.replaced), /林小雨 已于/)
  })

  test('a restart in the middle loses nothing: open steps, pauses and awaited answers go on', async () => {
    const { wang, lin, zhou, chen } = story
    const ticket = await wang.complain('重启考验')
    await lin.press('重启考验', 'finish', { type: 'other' })
    await story.restart()
    await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
    await chen.press('制定方案', 'finish')
    await story.restart()
    await chen.says('重启后提交的方案')
    assert.equal((await wang.ticket(ticket.id)).stepTitle, '与客户沟通')
    await lin.press('与客户沟通', 'ask')
    await lin.says('您看方案可以吗？')
    await story.restart()
    await wang.does(ticket.id, 'remarks', { text: '可以' })
    await lin.press('重启考验', 'finish', { agreed: 'no' })
    await lin.says('客户要求加快')
    assert.equal((await wang.ticket(ticket.id)).stepTitle, '制定方案')
  })

  test('a message whose words are broken holds up no other, and goes out when they are mended', async () => {
    const { wang, lin, he } = story
    const path = join(story.templates, 'cards/notices.yaml')
    const good = await readFile(path, 'utf8')
    await writeFile(path, good.replace('【紧急】{{title}}（{{number}}）', '【紧急】{{nonsense}}'))
    await story.settle()
    await wang.complain('模板写错的那天', { urgency: 'urgent' })
    assert.ok(lin.card('模板写错的那天'), 'the card goes out all the same')
    assert.equal(he.lines().length, 0)
    await writeFile(path, good)
    await story.later('1 min')
    assert.ok(
      he.lines().some((line) => line.includes('模板写错的那天')),
      he.read(),
    )
  })

  test('words that cannot be read stay out; those in force stay in', async () => {
    const { wang, lin } = story
    await writeFile(join(story.templates, 'cards/step.yaml'), 'title: [')
    await story.settle()
    await wang.complain('坏词文件')
    assert.ok(lin.card('坏词文件'))
  })
})
