import assert from 'node:assert/strict'
import { onEachChat, type Story, type Worker } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

onEachChat((open) => {
  let story: Story
  beforeEach(async () => {
    story = await open()
  })
  afterEach(() => story.close())

  /** How many cards with this headline a person has. */
  function count(worker: Worker, headline: string): number {
    return worker.cards().filter(({ card }) => card.source?.desc === headline).length
  }

  async function events(name: string): Promise<Record<string, unknown>[]> {
    const rows = await story.db.read((tx) =>
      tx.query<{ data: string }>('SELECT data FROM events WHERE name = ? ORDER BY id', [name]),
    )
    return rows.map(({ data }) => JSON.parse(data) as Record<string, unknown>)
  }

  test('an untouched step warns at 50 % and 80 %, is overdue at 100 %, then climbs to supervisor and director, each once', async () => {
    const { wang, lin, zhou, he } = story
    await wang.complain('押金三天没有退回')
    await story.later('4 min')
    assert.equal(count(lin, '时限提醒'), 0)
    await story.later('1 min')
    assert.equal(count(lin, '时限提醒'), 1)
    await story.later('3 min')
    assert.equal(count(lin, '时限提醒'), 2)
    assert.match(JSON.stringify(lin.card('时限提醒').card), /此卡发出时还剩工作时间 2 分钟，请在 11月23日 10:10 前办完/)
    assert.equal(count(lin, '已超时'), 0)
    await story.later('2 min')
    assert.equal(count(lin, '已超时'), 1)
    assert.equal(count(zhou, '升级提醒'), 0)
    await story.later('10 min')
    assert.equal(count(zhou, '升级提醒'), 1)
    assert.match(JSON.stringify(zhou.card('升级提醒').card), /点「知道了」，30 分钟内不再升级/)
    assert.equal(count(he, '升级提醒'), 0)
    await story.later('30 min')
    assert.equal(count(he, '升级提醒'), 1)

    await story.later('3 h')
    assert.deepEqual(
      [count(lin, '时限提醒'), count(lin, '已超时'), count(zhou, '升级提醒'), count(he, '升级提醒')],
      [2, 1, 1, 1],
    )
    assert.deepEqual(
      (await events('step.escalated')).map(({ level }) => level),
      [1, 2],
    )
  })

  test('limits count working time only: lunch, night, weekend and holidays stand still', async () => {
    const { wang, lin } = story
    await story.later('1 h')
    await story.later('55 min')
    // 11:55: five minutes before lunch, five after it.
    await wang.complain('客服电话打不通')
    const [step] = await story.db.read((tx) => tx.query<{ dueAt: number }>('SELECT dueAt FROM flow_steps'))
    assert.equal(Number(step?.dueAt), Date.parse('2026-11-23T13:35:00+08:00'))
    await story.later('90 min')
    assert.equal(count(lin, '已超时'), 0)
    await story.later('10 min')
    assert.equal(count(lin, '已超时'), 1)
  })

  test('asking the customer stops the clock; the answer starts it where it stood, and no pause is lost', async () => {
    const { wang, lin } = story
    const ticket = await wang.complain('骑行中断仍在计费')
    await lin.press('骑行中断', 'accept')
    await story.later('4 min')
    await lin.press('骑行中断', 'ask')
    await lin.says('请问车辆编号是多少？')
    assert.equal((await wang.ticket(ticket.id)).status, 'waiting_customer')
    assert.equal((await wang.ticket(ticket.id)).question?.text, '请问车辆编号是多少？')
    assert.ok(wang.inbox().some((line) => line.includes('请问车辆编号')))

    await story.later('1 h')
    assert.equal(count(lin, '时限提醒'), 0)
    assert.equal(count(lin, '已超时'), 0)
    await wang.does(ticket.id, 'remarks', { text: '编号是 88012' })
    assert.equal((await wang.ticket(ticket.id)).status, 'processing')
    assert.ok(JSON.stringify(lin.card('88012').card).includes('客户有补充'))
    const due = async () =>
      Number((await story.db.read((tx) => tx.query<{ dueAt: number }>('SELECT dueAt FROM flow_steps')))[0]?.dueAt)
    assert.equal(await due(), story.clock.now() + 6 * 60_000)

    // A second pause is subtracted as well.
    await story.later('30 s')
    await lin.press('骑行中断', 'ask')
    await lin.says('方便提供截图吗？')
    await story.later('30 min')
    await wang.does(ticket.id, 'remarks', { text: '已上传' })
    assert.equal(await due(), story.clock.now() + 5.5 * 60_000)
    await story.later('5 min')
    assert.equal(count(lin, '已超时'), 0)
    await story.later('1 min')
    assert.equal(count(lin, '已超时'), 1)
  })

  test('an acknowledgement holds the chain, expires, and the chain goes on', async () => {
    const { wang, zhou, he } = story
    await wang.complain('充值未到账')
    await story.later('20 min')
    const card = await zhou.press('升级提醒', 'acknowledge')
    assert.ok(JSON.stringify(card.card).includes('已超过时限（11月23日 10:10）。周敏已知悉'))
    await story.later('29 min')
    assert.equal(count(he, '升级提醒'), 0)
    await story.later('1 min')
    assert.equal(count(he, '升级提醒'), 1)
    assert.equal((await events('step.acknowledgement_expired')).length, 1)
  })

  test('acknowledged by the director and then forgotten: the card comes back', async () => {
    const { wang, he } = story
    await wang.complain('无人再管')
    await story.later('50 min')
    await he.press('升级提醒', 'acknowledge')
    assert.equal(count(he, '升级提醒'), 1)
    await story.later('29 min')
    assert.equal(count(he, '升级提醒'), 1)
    await story.later('1 min')
    assert.equal(count(he, '升级提醒'), 2)
    await story.later('1 h')
    assert.equal(count(he, '升级提醒'), 2)
  })

  test('a supervisor extends with a reason: the assignee is told and the ladder begins anew', async () => {
    const { wang, lin, zhou, he } = story
    await wang.complain('发票抬头错误')
    await story.later('20 min')
    await zhou.press('升级提醒', 'extend')
    await zhou.says('1')
    await zhou.says('财务系统升级，需等待')
    assert.ok(
      lin.lines().some((line) => line.includes('财务系统升级')),
      lin.read(),
    )
    // 20 minutes are used, and what has passed helps nobody: due in 30.
    assert.match(zhou.lastLine(), /新时限 11月23日 10:50/)
    await story.later('29 min')
    assert.equal(count(lin, '已超时'), 0)
    assert.equal(count(lin, '时限已调整'), 1)
    await story.later('1 min')
    assert.ok(count(lin, '已超时') >= 1, lin.read())
    assert.equal(count(he, '升级提醒'), 0)
  })

  test('a supervisor reassigns or takes over; the old card closes, the new hands get theirs', async () => {
    const { wang, lin, zhou } = story
    const ticket = await wang.complain('车篮破损划伤手')
    await lin.press('车篮破损', 'accept')
    await story.later('20 min')
    await lin.pressMenu('登记核实', 'contact')
    assert.match(lin.lastLine(), /13800001234|138 ?0000 ?1234/)
    await zhou.pressMenu('升级提醒', 'history')
    await assert.rejects(zhou.pressMenu('升级提醒', 'contact'), /no menu entry/, 'who has not got it may not call')
    await zhou.press('升级提醒', 'takeover')
    assert.match(String(lin.card('登记核实').replaced), /周敏 已接手/)
    for (const key of ['contact', 'history', 'page'])
      await assert.rejects(lin.pressMenu('登记核实', key), /no menu entry/, 'nothing is offered that would be refused')
    await zhou.pressMenu('登记核实', 'contact')
    const detail = await wang.ticket(ticket.id)
    assert.equal(detail.steps[0]?.by, '周*')
    await zhou.press('登记核实', 'finish', { type: 'quality' })
    assert.equal((await wang.ticket(ticket.id)).stepTitle, '指派负责人')
  })

  test('an urgent complaint alerts the director at once, even at night', async () => {
    await story.close()
    story = await open({ at: '2026-11-23T23:30:00+08:00' })
    const { wang, he, lin } = story
    await wang.complain('刹车失灵，有人受伤', { urgency: 'urgent' })
    assert.ok(
      he.lines().some((line) => line.includes('【紧急】') && line.includes('刹车失灵')),
      he.read(),
    )
    assert.ok(JSON.stringify(lin.card('刹车失灵').card).includes('紧急'))
  })

  test('quiet hours hold a warning until morning', async () => {
    const { wang, zhou } = story
    await story.db.write((tx) => tx.run(`UPDATE staff SET onDuty = onDuty`))
    await wang.complain('等待太久')
    await story.later('20 min')
    assert.equal(count(zhou, '升级提醒'), 1)
    await story.close()
    story = await open({ at: '2026-11-23T17:55:00+08:00' })
    await story.wang.complain('晚间投诉')
    await story.later('1 d')
    // Overdue on Tuesday at 09:05, the supervisor told at 09:15.
    const card = story.zhou.cards().find((item) => item.card.source?.desc === '升级提醒')
    assert.equal(new Date(card?.at ?? 0).toISOString(), new Date('2026-11-24T09:15:00+08:00').toISOString())
  })

  test('after two hours of downtime one late warning is sent, not all that were missed, and the chain goes on from now', async () => {
    const { wang, lin, zhou, he } = story
    await wang.complain('设备离线')
    await story.running.close()
    story.clock.advance(90 * 60_000)
    await story.open()
    await story.settle()
    assert.deepEqual([count(lin, '时限提醒'), count(lin, '已超时')], [0, 1])
    assert.deepEqual([count(zhou, '升级提醒'), count(he, '升级提醒')], [0, 0])
    await story.later('10 min')
    assert.deepEqual([count(zhou, '升级提醒'), count(he, '升级提醒')], [1, 0])
  })
})
