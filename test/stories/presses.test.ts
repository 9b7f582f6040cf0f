import assert from 'node:assert/strict'
import { onEachChat, type Story, Worker } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

onEachChat((open, chat) => {
  let story: Story
  beforeEach(async () => {
    story = await open()
  })
  afterEach(() => story.close())

  async function finishedSteps(): Promise<number> {
    const [row] = await story.db.read((tx) =>
      tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM events WHERE name = 'step.finished'`),
    )
    return Number(row?.n)
  }

  test('a second press on a finished card changes nothing and says who did it and when', async () => {
    const { wang, lin } = story
    const { number } = await wang.complain('电池没电')
    const { taskId } = lin.card('电池没电')
    await lin.pressCard(taskId, 'finish', { type: 'quality' })
    await story.later('2 min')
    const again = await lin.pressCard(taskId, 'finish', { type: 'fee' }, true)
    assert.match(String(again.replaced), /林小雨 已于 11月23日 10:00 完成/)
    assert.equal(lin.lastLine(), `【登记核实】${number}：林小雨已于 11月23日 10:00 完成，无需再处理。`)
    assert.equal(await finishedSteps(), 1)
  })

  test('a callback that is delivered four times acts once', async () => {
    const { wang, lin } = story
    await wang.complain('座椅松动')
    story.chat.faults.duplicateCallbacks = 3
    await lin.press('座椅松动', 'finish', { type: 'quality' })
    assert.equal(await finishedSteps(), 1)
    // DingTalk gives each delivery an id of its own: a copy may look like a second press, and be told that it came late.
    if (chat === 'wecom') assert.equal(lin.lines().length, 0, lin.read())
  })

  test('two people press at once: one takes it, the other is shown who', async () => {
    // A second front-line colleague joins.
    story.hire('sunli', '孙丽')
    await story.restart()
    const sun = new Worker(story, 'sunli')
    const { wang, lin } = story
    await wang.complain('扫码无反应')
    const [a, b] = [lin.card('扫码无反应').taskId, sun.card('扫码无反应').taskId]
    await Promise.all([lin.pressCard(a, 'accept'), sun.pressCard(b, 'accept')])
    const cards = [lin.card('扫码无反应'), sun.card('扫码无反应')]
    const closed = cards.filter(({ replaced }) => replaced)
    assert.equal(closed.length, 1, `${lin.read()}\n${sun.read()}`)
    assert.match(String(closed[0]?.replaced), /(林小雨|孙丽) 已受理/)
  })

  test('a card of which the work moved on to somebody else tells so', async () => {
    const { wang, lin, zhou, chen } = story
    await wang.complain('二维码破损')
    await lin.press('二维码破损', 'finish', { type: 'quality' })
    const options = zhou.card('指派负责人').selects[0]?.options ?? []
    assert.deepEqual(
      options.map(({ text }) => text),
      // WeCom's drop-downs always show one of their entries; DingTalk's may show none.
      chat === 'wecom' ? ['请选择', '陈志远'] : ['陈志远'],
    )
    await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
    await chen.press('制定方案', 'finish')
    await chen.says('取消')
    assert.match(chen.lastLine(), /已放弃/)
    await chen.says('随便说说')
    assert.match(chen.lastLine(), /没有等待您回复的事项/)
  })

  test('pictures sent in the chat become the step’s evidence', async () => {
    const { wang, lin, zhou, chen } = story
    await wang.complain('车轮变形')
    await lin.press('车轮变形', 'finish', { type: 'quality' })
    await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
    await chen.press('制定方案', 'finish')
    await chen.sends(await jpeg())
    assert.match(chen.lastLine(), /已收到第 1 张照片/)
    await chen.says('校正车轮，更换辐条')
    const [step] = await story.db.read((tx) =>
      tx.query<{ answers: string }>(`SELECT answers FROM flow_steps WHERE name = 'solution'`),
    )
    const { photos, solution } = JSON.parse(String(step?.answers)) as { photos: string[]; solution: string }
    assert.equal(solution, '校正车轮，更换辐条')
    const [row] = await story.db.read((tx) =>
      tx.query<{ state: string; size: number }>('SELECT state, size FROM attachments WHERE id = ?', photos),
    )
    assert.equal(row?.state, 'ready')
    assert.ok(Number(row?.size) > 100)
  })

  test('the page for long answers opens once, by a tap, and finishes the step', async () => {
    const { wang, lin } = story
    await wang.complain('照片很多，情况复杂')
    await lin.pressMenu('照片很多', 'page')
    const path = new URL(lin.link()).pathname
    const url = story.running.url + path
    assert.equal((await fetch(url)).status, 200, 'a preview does not use it up')
    const opened = await fetch(url, { method: 'POST', redirect: 'manual' })
    assert.equal(opened.status, 302)
    const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    assert.equal((await fetch(url, { method: 'POST', redirect: 'manual' })).status, 403)

    const page = await (await fetch(`${story.running.url}/work`, { headers: { cookie } })).text()
    assert.ok(page.includes('照片很多，情况复杂'))
    const form = new FormData()
    form.append('type', 'other')
    form.append('note', '电话核实无误')
    const sent = await fetch(`${story.running.url}/work`, { method: 'POST', headers: { cookie }, body: form })
    assert.equal(sent.status, 200)
    await story.settle()
    assert.equal(await finishedSteps(), 1)
    assert.match(String(lin.card('照片很多').replaced), /林小雨 已于/)
  })

  test('whoever only wants to pass a step on has not taken it in hand', async () => {
    story.hire('sunli', '孙丽')
    await story.restart()
    const sun = new Worker(story, 'sunli')
    const { wang, lin } = story
    await wang.complain('谁来都行')
    await lin.press('谁来都行', 'transfer')
    const taken = () =>
      story.db.read((tx) => tx.query(`SELECT id FROM events WHERE name = 'step.accepted'`)).then((rows) => rows.length)
    assert.equal(await taken(), 0)
    await lin.says('取消')
    assert.ok(sun.card('谁来都行').alive, 'it is still for both')
    await sun.press('谁来都行', 'accept')
    assert.equal(await taken(), 1)
    assert.match(String(lin.card('谁来都行').replaced), /孙丽 已受理/)
  })

  test('a step is handed to a colleague: the clock runs on, both cards tell the truth', async () => {
    story.hire('sunli', '孙丽')
    await story.restart()
    const sun = new Worker(story, 'sunli')
    const { wang, lin } = story
    await wang.complain('需要转交')
    await lin.press('需要转交', 'accept')
    assert.match(String(sun.card('需要转交').replaced), /林小雨 已受理/)
    await story.later('3 min')
    await lin.press('需要转交', 'transfer')
    assert.match(lin.lastLine(), /1\. 孙丽/)
    await lin.says('孙丽')
    assert.match(lin.lastLine(), /^已转交给孙丽：【登记核实】T/)
    assert.match(String(lin.card('需要转交').replaced), /已转给 孙丽/)
    const card = sun.card('需要转交')
    assert.ok(card.alive, sun.read())
    assert.ok(JSON.stringify(card.card).includes('10:10'), 'the deadline stays')
    await sun.press('需要转交', 'finish', { type: 'other' })
    assert.equal(await finishedSteps(), 1)
  })

  test('a wrong reply names what is wrong and leaves the question open', async () => {
    const { wang, lin, zhou, chen } = story
    await wang.complain('回复不当')
    await lin.press('回复不当', 'finish', { type: 'other' })
    await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
    await chen.press('制定方案', 'finish')
    await chen.says('长'.repeat(501))
    assert.match(chen.lastLine(), /500/)
    await chen.says('简短方案')
    assert.ok(lin.card('与客户沟通'))
  })

  test('nothing is chosen for anybody: what was left open on the card is asked in the chat', async () => {
    const { wang, lin, zhou, chen } = story
    const ticket = await wang.complain('没有预选')
    await lin.press('没有预选', 'finish')
    await zhou.press('指派负责人', 'finish')
    assert.match(zhou.lastLine(), /请回复「负责人」的序号：\n1\. 陈志远/)
    await zhou.says('9')
    assert.match(zhou.lastLine(), /只有一项可选，请回复序号 1/)
    await zhou.says('1')
    await chen.press('制定方案', 'finish')
    await chen.says('换锁')
    await lin.press('与客户沟通', 'finish')
    assert.match(lin.lastLine(), /请回复「客户意见」的序号/)
    await lin.says('不接受')
    await lin.says('客户要求当天完成')
    assert.equal((await wang.ticket(ticket.id)).stepTitle, '制定方案')
  })
})
