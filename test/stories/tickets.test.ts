import assert from 'node:assert/strict'
import { onEachChat, type Story } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { test } from '../suite.ts'

const tail = (number: string) => number.slice(-5)

async function names(story: Story, ticket: { id: string }): Promise<string[]> {
  const rows = await story.db.read((tx) =>
    tx.query<{ name: string }>('SELECT name FROM events WHERE subjectId = ? ORDER BY id', [ticket.id]),
  )
  return rows.map(({ name }) => name)
}

const count = (all: string[], name: string) => all.filter((one) => one === name).length

onEachChat((open) => {
  test('two tickets become one: the other customer follows it, and every card says where it went', async (t) => {
    const story = await open()
    t.after(() => story.close())
    const { wang, li, lin, zhou } = story
    const first = await wang.complain('门店灯坏了')
    const second = await li.complain('店里太暗')
    const photo = (await li.upload(await jpeg())).body
    await li.does(second.id, 'remarks', { text: '补一张图', photos: [photo.id] })
    await lin.says(`合并 ${tail(second.number)} 到 ${tail(first.number)}`)
    assert.ok(lin.lines().includes(`${second.number} 已并入 ${first.number}，客户会收到通知。`), lin.read())
    await lin.says(`工单 ${tail(second.number)}`)
    assert.match(JSON.stringify(lin.card(second.number).card), new RegExp(`已并入 ${first.number}`))

    const gone = await li.ticket(second.id)
    assert.equal(gone.status, 'merged')
    assert.equal(gone.mergedInto?.number, first.number)
    const { body } = await li.call<{ tickets: { number: string }[] }>('GET', '/api/tickets')
    assert.deepEqual(
      body.tickets.map(({ number }) => number),
      [first.number],
    )
    const followed = await li.ticket(first.id)
    assert.equal(followed.joined, true)
    assert.ok(followed.timeline.some(({ text }) => text === '补一张图'))
    assert.match(JSON.stringify(followed), /店里太暗/)
    assert.doesNotMatch(JSON.stringify(followed), /门店灯坏了/, 'what another customer wrote is theirs')
    assert.doesNotMatch(JSON.stringify(await wang.ticket(first.id)), /补一张图|店里太暗/)
    assert.match(li.inbox().at(-1) ?? '', new RegExp(`${second.number} 已合并到本单`))
    // They see it and are told, but it is not theirs to end.
    assert.equal(followed.can.withdraw, false)
    assert.equal((await li.does(first.id, 'withdraw')).status, 404)

    const before = li.inbox().length
    await lin.press('门店灯坏了', 'finish', { type: 'other' })
    assert.equal(li.inbox().length, before + 1, 'told of the next step')
    assert.match(JSON.stringify(zhou.card('门店灯坏了').card), /另一位客户：店里太暗[\s\S]*另一位客户：补一张图/)
    await zhou.says(`工单 ${tail(first.number)}`)
    assert.match(JSON.stringify(zhou.card('最近经过').card), new RegExp(`将 ${second.number}`))

    await lin.says(`合并 ${tail(second.number)} 到 ${tail(first.number)}`)
    assert.match(lin.lastLine(), /已并入/, 'said again it changes nothing')
    assert.equal(count(await names(story, second), 'ticket.merged'), 1)
    await lin.says(`合并 ${tail(first.number)} 到 ${tail(first.number)}`)
    assert.match(lin.lastLine(), /两张不同工单/)
    await lin.says(`合并 ${tail(first.number)} 到 ${tail(second.number)}`)
    assert.match(lin.lastLine(), new RegExp(`${second.number} 已经结束`))
  })

  test('of two merges at once, each into the other, one holds', async (t) => {
    const story = await open()
    t.after(() => story.close())
    const { wang, li, lin, zhou } = story
    const first = await wang.complain('水管漏了')
    const second = await li.complain('地上有水')
    await Promise.all([
      lin.says(`合并 ${tail(first.number)} 到 ${tail(second.number)}`),
      zhou.says(`合并 ${tail(second.number)} 到 ${tail(first.number)}`),
    ])
    const states = [(await wang.ticket(first.id)).status, (await li.ticket(second.id)).status]
    assert.deepEqual(states.toSorted(), ['merged', 'processing'])
  })

  test('who has nothing to do with a ticket can do nothing to it', async (t) => {
    const story = await open()
    t.after(() => story.close())
    const { wang, li, lin, chen, zhou } = story
    const { number } = await wang.complain('刹车响')
    const other = await li.complain('脚撑断了')
    for (const said of [
      `合并 ${tail(number)} 到 ${tail(other.number)}`,
      `拆单 ${tail(number)} 另一件`,
      `标签 ${tail(number)} 加急`,
      `关注 ${tail(number)}`,
      `回复客户 ${tail(number)} 您好`,
      `重开 ${tail(number)} 没好`,
    ]) {
      await chen.says(said)
      assert.match(chen.lastLine(), /不在您的职责内|负责/, said)
    }
    await lin.says(`优先级 ${tail(number)} 紧急`)
    assert.match(lin.lastLine(), /只有主管/)
    await zhou.says(`优先级 ${tail(number)} 飞快`)
    assert.match(zhou.lastLine(), /请写明优先级/)
    await lin.says('合并')
    assert.match(lin.lastLine(), /合并 7K2QD 到 8M3XY/)
  })

  test('tags, links and a split are in the history; the customer sees their own other ticket', async (t) => {
    const story = await open()
    t.after(() => story.close())
    const { wang, li, lin } = story
    const ticket = await wang.complain('多收了钱')
    const other = await li.complain('发票没开')
    await lin.says(`标签 ${tail(ticket.number)} 计费 回访`)
    assert.match(lin.lastLine(), /标签：(计费、回访|回访、计费)/)
    await lin.says(`标签 ${tail(ticket.number)} -计费`)
    assert.match(lin.lastLine(), /标签：回访$/)
    await lin.says(`标签 ${tail(ticket.number)} ${'长'.repeat(21)}`)
    assert.match(lin.lastLine(), /最多 20 个字/)
    await lin.says(`关联 ${tail(ticket.number)} ${tail(other.number)} 重复`)
    assert.match(lin.lastLine(), /已关联 .*（重复）/)
    await lin.says(`关联 ${tail(ticket.number)} ${tail(other.number)} 重复`)
    assert.equal(count(await names(story, ticket), 'ticket.linked'), 1)

    await lin.says(`拆单 ${tail(ticket.number)} 另外退押金`)
    const made = /拆出 (T\S+)。/.exec(lin.lastLine())?.[1] ?? ''
    assert.match(made, /^T261123-/)
    await story.later('5 s')
    const seen = await wang.ticket(ticket.id)
    assert.deepEqual(
      seen.links.map(({ number }) => number),
      [made],
      'the ticket of somebody else stays hidden',
    )
    assert.match(JSON.stringify(lin.card('另外退押金').card), new RegExp(made))
    await lin.pressMenu('多收了钱', 'history')
    assert.match(lin.lastLine(), /设标签：回访\n[\s\S]*拆出/)
  })

  test('a watcher hears of each step, the customer of a reply; an inside note stays inside', async (t) => {
    const story = await open()
    t.after(() => story.close())
    const { wang, lin, zhou, he } = story
    const ticket = await wang.complain('座椅松动')
    await he.says(`关注 ${tail(ticket.number)}`)
    assert.match(he.lastLine(), /已关注/)
    await lin.press('座椅松动', 'finish', { type: 'quality' })
    assert.match(he.lastLine(), /您关注的 .*进入「指派负责人」/)
    await he.says(`取消关注 ${tail(ticket.number)}`)
    await zhou.press('座椅松动', 'finish', { engineer: zhou.option('座椅松动', '陈志远') })
    assert.doesNotMatch(he.lastLine(), /制定方案/)

    await lin.says(`内部 ${tail(ticket.number)} 客户脾气急`)
    await lin.says(`回复客户 ${tail(ticket.number)} 您好，师傅（赵磊）今天下午到！`)
    assert.match(lin.lastLine(), /已回复客户/)
    const seen = await wang.ticket(ticket.id)
    assert.ok(seen.timeline.some(({ text, who }) => text === '您好，师傅（赵磊）今天下午到' && who === 'staff'))
    assert.doesNotMatch(JSON.stringify(seen), /脾气急/)
    assert.match(wang.inbox().at(-1) ?? '', /您好，师傅（赵磊）今天下午到/)
  })

  test('a supervisor makes it urgent: the clock runs by that limit and keeps its pause', async (t) => {
    const story = await open()
    t.after(() => story.close())
    const { wang, lin, zhou } = story
    await changeFlow(story, (flow) => flow.replace('limit: 10 min', 'limit: { default: 1 h, urgent: 20 min }'))
    const ticket = await wang.complain('车篮掉了')
    await lin.press('车篮掉了', 'accept')
    await lin.press('车篮掉了', 'ask')
    await lin.says('在哪一站？')
    await story.later('10 min')
    await wang.does(ticket.id, 'remarks', { text: '东门' })
    const due = () =>
      story.db.read((tx) => tx.query<{ dueAt: number; openedAt: number }>('SELECT dueAt, openedAt FROM flow_steps'))
    const [before] = await due()
    assert.equal(Number(before?.dueAt) - Number(before?.openedAt), 70 * 60_000)
    await zhou.says(`优先级 ${tail(ticket.number)} 紧急`)
    assert.match(zhou.lastLine(), /已改为紧急，「登记核实」的新时限：11月23日 10:30。$/)
    const [after] = await due()
    assert.equal(Number(after?.dueAt) - Number(after?.openedAt), 30 * 60_000)
    await zhou.says(`工单 ${tail(ticket.number)}`)
    assert.match(JSON.stringify(zhou.card('的情况').card), /紧急 · 投诉处理/)
    assert.equal((await wang.ticket(ticket.id)).priority, 'urgent')
    assert.match(JSON.stringify(lin.card('车篮掉了').card), /紧急/)
    await zhou.says(`优先级 ${tail(ticket.number)} 紧急`)
    assert.equal(count(await names(story, ticket), 'ticket.prioritised'), 1)
    await zhou.says(`优先级 ${tail(ticket.number)} 普通`)
    assert.equal(Number((await due())[0]?.dueAt), Number(before?.dueAt))
    await lin.press('车篮掉了', 'finish', { type: 'quality' })
    await zhou.says(`优先级 ${tail(ticket.number)} 紧急`)
    assert.match(zhou.lastLine(), /已改为紧急。$/, 'a step whose limit is the same for all')
  })

  test('a resolved ticket opens again within its window, by the customer or by staff, and is rated anew', async (t) => {
    const story = await open()
    t.after(() => story.close())
    const { wang, li, lin } = story
    await shortFlow(story)
    const ticket = await wang.complain('链条松')
    assert.equal((await wang.does(ticket.id, 'reopen', { reason: '等一下' })).body.status, 'processing', 'it is open')
    await lin.press('链条松', 'finish', { type: 'quality' })
    await wang.does(ticket.id, 'rating', { csat: 2 })
    assert.equal((await wang.ticket(ticket.id)).can.reopen, true)
    await story.later('1 h')
    assert.equal((await li.does(ticket.id, 'reopen', { reason: '不是我的' })).status, 401)
    await li.signIn()
    assert.equal((await li.does(ticket.id, 'reopen', { reason: '不是我的' })).status, 404)
    assert.equal((await wang.does(ticket.id, 'reopen', {})).status, 422)
    const [again, twice] = await Promise.all([
      wang.does(ticket.id, 'reopen', { reason: '还是松' }),
      wang.does(ticket.id, 'reopen', { reason: '还是松' }),
    ])
    assert.deepEqual([again.body.status, twice.body.status], ['processing', 'processing'])
    assert.equal(count(await names(story, ticket), 'ticket.reopened'), 1)
    assert.ok((await wang.ticket(ticket.id)).timeline.some(({ text }) => text === '还是松'))
    await lin.press('链条松', 'finish', { type: 'quality' })
    assert.equal((await wang.does(ticket.id, 'rating', { csat: 5 })).body.rating?.csat, 5)

    await story.later('1 h')
    await lin.says(`重开 ${tail(ticket.number)} 客户来电`)
    assert.match(lin.lastLine(), /已重新打开/)
    assert.equal((await wang.ticket(ticket.id)).status, 'processing')
    await lin.press('链条松', 'finish', { type: 'quality' })
    await story.later('80 h')
    assert.equal((await wang.ticket(ticket.id)).can.reopen, false)
    assert.equal((await wang.does(ticket.id, 'reopen', { reason: '又松了' })).status, 409)
  })
})

async function changeFlow(story: Story, change: (flow: string) => string): Promise<void> {
  const { readFile, writeFile } = await import('node:fs/promises')
  const path = `${story.templates}/packs/service-desk/flows/complaint.yaml`
  await writeFile(path, change(await readFile(path, 'utf8')))
  await story.settle()
  assert.deepEqual(story.running.house.shelf.problems, [])
}

/** The complaint in one step that resolves it, with a window of three days. */
function shortFlow(story: Story): Promise<void> {
  return changeFlow(story, (flow) => {
    const [head = '', , ...rest] = flow.split('\n  - step: ')
    const first = flow.split('\n  - step: ')[1] ?? ''
    assert.ok(rest.length > 3)
    const ending = first.replace('next: assign', 'finish:\n      - { do: resolve_ticket }\n    next: end')
    return `${head.replace('urge_every', 'reopen_within: 72 h\nurge_every')}\n  - step: ${ending}\n`
  })
}
