import assert from 'node:assert/strict'
import { press } from '../../bot/bot.ts'
import { answerHere, type Here } from '../../bot/commands.ts'
import { Staff } from '../../server/engines/staff/staff.ts'
import { callback } from '../callback.ts'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openStory()
})
afterEach(() => story.close())

async function count(table: string, where: string, values: unknown[] = []): Promise<number> {
  const [row] = await story.db.read((tx) =>
    tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table} WHERE ${where}`, values),
  )
  return Number(row?.n)
}

const tailOf = (number: string) => number.split('-')[1] ?? ''

test('help shows what one may do, and is not cut', async () => {
  const { lin, zhou } = story
  await lin.says('帮助')
  assert.match(lin.lastLine(), /我的任务\n工单 7K2QD/)
  assert.doesNotMatch(lin.lastLine(), /团队|优先级/)
  await zhou.says('＠小助手 /ＨＥＬＰ。')
  assert.match(zhou.lastLine(), /优先级 7K2QD 紧急[\s\S]*团队（每个人的情况）/)
  for (const text of [lin.lastLine(), zhou.lastLine()]) assert.ok(Buffer.byteLength(text) <= 2048, text)
  await lin.says('language en')
  await lin.says('hepl')
  assert.match(lin.lastLine(), /^\[Help\][\s\S]*my tasks/)
  assert.ok(Buffer.byteLength(lin.lastLine()) <= 2048)
  await lin.says('语言 法语')
  assert.match(lin.lastLine(), /只有中文和英文.*例如：语言 英文/)
})

test('a wrong letter is forgiven, two meanings are asked back, anything else gets a hint', async () => {
  const { lin } = story
  await lin.says('我的任物')
  assert.match(lin.lastLine(), /没有待办任务/)
  await lin.says('查')
  assert.match(lin.lastLine(), /是要「工单」还是「客户」/)
  await lin.says('帮住')
  assert.match(lin.lastLine(), /您是要「帮助」吗/)
  await lin.says('今天下雨了')
  assert.match(lin.lastLine(), /您是要「今日」吗/)
  await lin.says('吃饭了吗')
  assert.match(lin.lastLine(), /没有等待您回复的事项。回复「帮助」/)
  await lin.says('取消')
  assert.match(lin.lastLine(), /无需取消/)
})

test('an open question takes words as its answer, and comes again after a command', async () => {
  const { wang, lin } = story
  await wang.complain('刹车失灵')
  await lin.press('刹车失灵', 'ask')
  await lin.says('今日')
  const [figures = '', again = ''] = lin.lines().slice(-2)
  assert.match(figures, /【今日】/)
  assert.match(again, /请写下要问客户的问题/)
  await lin.says('电话')
  assert.match(lin.lastLine(), /已发给客户/, 'a word that could be an answer is one')
})

test('in a group only what everybody may read is said; the rest comes in private', async () => {
  const { wang, lin, zhou } = story
  await wang.complain('灯不亮')
  const asks = (name: string, text: string, group = true) =>
    story.db.write(async (tx) => {
      const staff = await tx.first(Staff, 'WHERE name = ?', [name])
      return staff ? answerHere(tx, story.running.house.words, staff, text, group) : []
    })
  assert.match(JSON.stringify(await asks('周敏', '@小助手 团队')), /林小雨（在岗）：待办 1/)
  assert.match(JSON.stringify(await asks('林小雨', 'help')), /我的任务/)
  assert.match(JSON.stringify(await asks('林小雨', '你好')), /回复「帮助」/)
  const before = lin.chat().length
  assert.equal(await asks('林小雨', '我的任务'), 'private')
  await story.settle()
  assert.equal(lin.chat().length, before + 1)
  assert.ok(lin.card('1 项待办'))
  // Alone with whoever answers, everything is said there; a press on such a card finds its message.
  const [alone] = (await asks('林小雨', '我的任务', false)) as Here[]
  assert.match(JSON.stringify(alone), /1 项待办/)
  const task = await story.db.read((tx) => tx.query<{ id: string }>('SELECT id FROM flow_steps'))
  const pressed = { platform: 'wecom', userId: 'linxiaoyu', key: 'open', chosen: { task: task[0]?.id ?? '' } }
  const outcome = await press(story.db, story.running.house.words, {
    ...pressed,
    taskId: alone?.messageId ?? '',
    dedupKey: 'a press',
  })
  assert.ok(outcome.card)
  await story.settle()
  assert.match(JSON.stringify(lin.cards().at(-1)?.card), /灯不亮/)
  assert.equal(await asks('周敏', '客户 1234'), 'private')
  await story.settle()
  assert.match(zhou.lastLine() + JSON.stringify(zhou.cards().at(-1)?.card), /王\*\*/)
})

test('my tasks come by urgency; opening one sends its card anew and closes the older one', async () => {
  const { wang, li, lin } = story
  await wang.complain('车锁打不开')
  await story.later('2 min')
  const second = await li.complain('退款没到账')
  const { taskId } = lin.card('退款没到账')
  await lin.says('my tasks')
  const list = lin.card('项待办')
  const text = JSON.stringify(list.card)
  assert.match(text, /2 项待办/)
  assert.match(text, /由急到缓，按工作时间计/)
  assert.match(text, /1\. 【登记核实】投诉：车辆或商品质量 [0-9A-Z]{5} 剩 8 分钟，待受理/)
  const option = lin.option('项待办', `2. ${tailOf(second.number)}`)
  const before = lin.cards().length
  await lin.press('项待办', 'open', { task: option })
  assert.equal(lin.cards().length, before + 1)
  const fresh = lin.card('退款没到账')
  assert.notEqual(fresh.taskId, taskId)
  const old = lin.cards().find((card) => card.taskId === taskId)
  assert.match(String(old?.replaced), /请看下方最新卡片/)
  // Done meanwhile: the list still offers it, and says so.
  await lin.press('退款没到账', 'finish', { type: 'fee' })
  await story.later('5 s')
  await lin.press('项待办', 'open', { task: option })
  assert.match(lin.lastLine(), /这一步已经结束/)
})

test('a long list of tasks comes ten at a time', async () => {
  const { wang, lin } = story
  for (let i = 0; i < 12; i++) await wang.complain(`第 ${i} 件事`)
  await lin.says('我的任务')
  assert.match(JSON.stringify(lin.card('项待办').card), /12 项待办.*第 1-10 项/)
  assert.equal(lin.card('项待办').selects[0]?.options.length, 10)
  const first = lin.card('项待办').taskId
  story.wecom.faults.duplicateCallbacks = 2
  const before = lin.cards().length
  await lin.press('项待办', 'more')
  assert.match(JSON.stringify(lin.card('第 11-12 项').card), /11\. 【登记核实】/)
  assert.equal(lin.cards().length, before + 1, 'once only')
  assert.match(String(lin.cards().find(({ taskId }) => taskId === first)?.replaced), /请看下方最新卡片/)
})

test('a ticket by its number: how it stands, and what one may do', async () => {
  const { wang, lin, zhou, chen } = story
  const { number } = await wang.complain('轮胎没气')
  await lin.says(`工单${tailOf(number)}`)
  const card = lin.card('的情况')
  const text = JSON.stringify(card.card)
  for (const fact of [
    number,
    '处理中',
    '登记核实',
    '林小雨（未受理）',
    '还剩工作时间 10 分钟',
    '客户提交',
    '138****1234',
  ])
    assert.ok(text.includes(fact), `${fact}: ${text}`)
  await lin.press('的情况', 'accept')
  assert.ok(JSON.stringify(lin.card('轮胎没气').card).includes('轮胎没气'))
  assert.equal(await count('events', `name = 'step.accepted'`), 1)
  await zhou.says(`ticket ${number.toLowerCase()}`)
  assert.match(JSON.stringify(zhou.card('的情况').card), /林小雨.*接手/)
  await zhou.press('的情况', 'takeover')
  assert.match(JSON.stringify(zhou.card('轮胎没气').card), /完成登记/)
  await chen.says(`工单 ${number}`)
  assert.match(chen.lastLine(), /由周敏负责，您不能查看/)
  await lin.says('工单 T261123-ZZZZZ')
  assert.match(lin.lastLine(), /没有找到编号为 T261123-ZZZZZ/)
  await lin.says('工单')
  assert.match(lin.lastLine(), /例如：工单 7K2QD/)
})

test('what is long is told as far as a text has room, and says that there is more', async () => {
  const { wang, lin, zhou } = story
  const tail = tailOf((await wang.complain('说来话长')).number)
  await lin.press('说来话长', 'accept')
  for (let n = 1; n <= 30; n++) {
    await lin.says(`备注 ${tail} 第 ${n} 次${'沟通'.repeat(60)}`)
    await story.later('10 s')
  }
  await lin.pressMenu('说来话长', 'history')
  assert.ok(Buffer.byteLength(lin.lastLine()) <= 2048, String(Buffer.byteLength(lin.lastLine())))
  assert.match(lin.lastLine(), /^【全部经过】[^\n]*\n（更早的未列出）\n[\s\S]*第 30 次/)
  for (const n of [1, 2, 3]) {
    await lin.says(`打电话给 1234，第 ${n} 次${'沟通'.repeat(200)}`)
    await lin.press(`第 ${n} 次`, 'yes')
    await story.later('10 s')
  }
  await zhou.says('客户 1234')
  await zhou.press('查客户', 'view_0')
  assert.match(JSON.stringify(zhou.card('最近联系').card), /第 3 次沟通[^"]*…/)
  await zhou.press('最近联系', 'past')
  assert.match(JSON.stringify(zhou.card('的经过').card), /第 3 次沟通[\s\S]*第 1 次沟通/)
  await lin.press('说来话长', 'ask')
  await lin.says('长'.repeat(501))
  assert.match(lin.lastLine(), /^最多 500 个字，现在有 501 个字/)
  await lin.says('取消')
  await lin.says(`备注 ${tail} ${'长'.repeat(501)}`)
  assert.match(lin.lastLine(), /^内容最多 500 个字/)
})

test('taking and noting by number; a note is never shown to the customer', async () => {
  const { wang, lin, chen } = story
  const ticket = await wang.complain('车筐丢失')
  const tail = tailOf(ticket.number)
  await chen.says(`受理 ${tail}`)
  assert.match(chen.lastLine(), /由林小雨负责/)
  await lin.says(`受理 ${tail}`)
  assert.equal(await count('events', `name = 'step.accepted'`), 1)
  assert.equal(lin.cards().filter(({ replaced }) => !replaced).length, 1, lin.read())
  await lin.says(`take ${tail}`)
  assert.equal(await count('events', `name = 'step.accepted'`), 1)
  story.wecom.faults.duplicateCallbacks = 2
  await lin.says(`备注 ${tail} 客户下午不在家`)
  assert.match(lin.lastLine(), /已备注.*客户看不到/)
  assert.equal(await count('comments', 'inside = 1'), 1)
  await lin.pressMenu('车筐丢失', 'history')
  assert.match(lin.lastLine(), /林小雨备注：客户下午不在家/)
  assert.doesNotMatch(JSON.stringify(await wang.ticket(ticket.id)), /下午不在家/)
  await lin.says(`备注 ${tail}`)
  assert.match(lin.lastLine(), /请写上备注内容/)
  await chen.says(`备注 ${tail} 看看`)
  assert.match(chen.lastLine(), /林小雨负责/)
})

test('customers are found by phone, its end, name and order; the whole number only by who serves them', async () => {
  const { wang, li, lin, zhou } = story
  await wang.complain('无法还车', { order: 'R20261123001' })
  await li.signIn()
  await story.settle()
  for (const said of ['客户 13800001234', '客户 1234', '客户王晓', 'find R20261123001', `查客户 ${'王晓梅'}`]) {
    const before = zhou.cards().length
    await zhou.says(said)
    assert.equal(zhou.cards().length, before + 1, `${said}: ${zhou.lastLine()}`)
    assert.match(JSON.stringify(zhou.card('查客户').card), /王\*\* 138\*\*\*\*1234/, said)
  }
  assert.equal(await count('events', `name = 'customer.viewed'`), 0)
  story.wecom.faults.duplicateCallbacks = 1
  await zhou.press('查客户', 'view_0')
  assert.match(JSON.stringify(zhou.card('全部经过').card), /王\*\* 138\*\*\*\*1234[\s\S]*登记核实/)
  assert.equal(await count('events', `name = 'customer.viewed'`), 1)
  await lin.press('无法还车', 'accept')
  await lin.says('客户 1234')
  await lin.press('查客户', 'view_0')
  assert.match(JSON.stringify(lin.card('全部经过').card), /王晓梅 13800001234/)
  assert.equal(await count('events', `name = 'customer.viewed' AND data LIKE '%true%'`), 1)
  await lin.says('客户 9999')
  assert.match(lin.lastLine(), /没有找到「9999」.*例如：客户 1234$/)
  await zhou.says('谁看过 9999')
  assert.match(zhou.lastLine(), /没有找到「9999」.*例如：谁看过 1234$/)
  await lin.says('客户')
  assert.match(lin.lastLine(), /请说明要找谁/)
})

test('on duty, off duty, and a break that ends by itself', async () => {
  const { lin } = story
  const onDuty = () => count('staff', `name = '林小雨' AND onDuty = 1`)
  await lin.says('下班')
  assert.match(lin.lastLine(), /已下班/)
  assert.equal(await onDuty(), 0)
  await lin.says('on duty')
  assert.equal(await onDuty(), 1)
  await lin.says('休息到 14:30')
  assert.match(lin.lastLine(), /休息到今天 14:30/)
  assert.equal(await onDuty(), 0)
  await lin.says('休息')
  assert.match(lin.lastLine(), /例如：休息到 14:30/)
  await lin.says('break until 25:00')
  assert.match(lin.lastLine(), /没有这样的日期或时间/)
  await story.later('4 h')
  assert.equal(await onDuty(), 0)
  await story.later('31 min')
  assert.equal(await onDuty(), 1)
})

test('everything is handed over after a yes, once', async () => {
  const { wang, lin, zhou, chen } = story
  await wang.complain('车座坏了')
  await wang.complain('车铃坏了')
  await chen.says('交接 给 周敏')
  assert.match(chen.lastLine(), /没有待办任务/)
  await lin.press('车座坏了', 'accept')
  await lin.press('车铃坏了', 'accept')
  for (const [said, told] of [
    ['交接', /请写明交给谁/],
    ['交接 给 赵六', /没有找到名叫「赵六」/],
    ['hand over to 林小雨', /不能交接给自己/],
  ] as const) {
    await lin.says(said)
    assert.match(lin.lastLine(), told)
  }
  await lin.says('交接给周敏')
  assert.match(JSON.stringify(lin.card('任务交给').card), /把 2 项任务交给周敏/)
  // A colleague who was shown the card cannot say yes in her place.
  await callback(story, 'chenzhiyuan', lin.card('任务交给').taskId, 'yes')
  await story.settle()
  assert.match(chen.lastLine(), /您不能代为操作/)
  assert.equal(await count('events', `name = 'step.transferred'`), 0)
  const cancelled = await lin.press('任务交给', 'no')
  assert.match(String(cancelled.replaced), /已取消，未作改动/)
  await lin.says('交接给周敏')
  story.wecom.faults.duplicateCallbacks = 3
  const { taskId } = await lin.press('任务交给', 'yes')
  story.wecom.faults.duplicateCallbacks = 0
  await story.later('5 s')
  const done = await lin.pressCard(taskId, 'yes', undefined, true)
  assert.match(String(done.replaced), /已交接 2 项给周敏/)
  assert.equal(await count('events', `name = 'step.transferred'`), 2)
  assert.equal(await count('flow_steps', `assigneeId = (SELECT id FROM staff WHERE name = '周敏')`), 2)
  assert.ok(zhou.card('车座坏了'))
})

test('a call is written down after a yes, with the next date', async () => {
  const { wang, lin } = story
  await wang.signIn()
  await story.settle()
  await lin.says('打电话给 138…1234，周五续约')
  const card = JSON.stringify(lin.card('请确认后保存').card)
  for (const fact of ['王** 138****1234', '电话', '11月27日 周五 09:00', '周五续约'])
    assert.ok(card.includes(fact), card)
  assert.equal(await count('events', `name = 'interaction.recorded'`), 0)
  story.wecom.faults.duplicateCallbacks = 2
  const { taskId } = await lin.press('请确认后保存', 'yes')
  story.wecom.faults.duplicateCallbacks = 0
  await story.later('5 s')
  const done = await lin.pressCard(taskId, 'yes', undefined, true)
  assert.match(String(done.replaced), /已记录/)
  assert.equal(await count('events', `name = 'interaction.recorded'`), 1)
  assert.equal(await count('memos', 'wakeAt IS NOT NULL'), 1)
  await story.later('4 d')
  assert.match(lin.lines().join('\n'), /【提醒】周五续约/)

  await lin.says('called 13800001234, will renew on Friday')
  const changed = await lin.press('请确认后保存', 'change')
  assert.match(String(changed.replaced), /未记录/)
  assert.match(lin.lastLine(), /上次是：打电话给 138\*\*\*\*1234, will renew/)
  await lin.says('拜访了王晓梅 送了样品')
  assert.match(String((await lin.press('请确认后保存', 'no')).replaced), /已取消/)
  assert.equal(await count('events', `name = 'interaction.recorded'`), 1)
  await lin.says('开会 赵六，谈价格')
  assert.match(lin.lastLine(), /没有找到客户「赵六」/)
  await lin.says('微信沟通')
  assert.match(lin.lastLine(), /例如：打电话给 13800001234，周五续约/)
})

test('two customers fit: the card asks which', async () => {
  const { wang, li, lin } = story
  await wang.signIn()
  await li.signIn()
  await li.call('PATCH', '/api/me', { nickname: '王晓梅' })
  await story.settle()
  await lin.says('致电王晓梅，下周一上午10点回访')
  assert.match(JSON.stringify(lin.card('请确认后保存').card), /11月30日 周一 10:00/)
  await lin.press('请确认后保存', 'yes')
  assert.match(lin.lastLine(), /请先在卡片上选择是哪一位/)
  await story.later('5 s')
  await lin.press('请确认后保存', 'yes', { customer: lin.option('请确认后保存', '王** 5678') })
  assert.equal(await count('events', `name = 'interaction.recorded'`), 1, lin.read())
})

test('figures of the day; the team only for who leads one', async () => {
  const { wang, lin, zhou } = story
  await wang.complain('二维码脏了')
  await wang.complain('踏板松动')
  await story.later('4 min')
  await lin.press('二维码脏了', 'accept')
  await lin.press('二维码脏了', 'finish', { type: 'quality' })
  await lin.press('踏板松动', 'accept')
  await lin.says('today')
  assert.match(lin.lastLine(), /完成 1 项，待办 1 项，超时 0 项，平均受理用时 4 分钟。/)
  assert.doesNotMatch(lin.lastLine(), /团队/)
  await zhou.says('今日')
  assert.match(zhou.lastLine(), /【团队 2 人】完成 1 项，待办 \d 项/)
  await zhou.says('团队')
  assert.match(zhou.lastLine(), /林小雨（在岗）：待办 1 项，超时 0 项，今日完成 1 项/)
  assert.match(zhou.lastLine(), /周敏（您，在岗）：待办 \d 项/, 'the list has everybody whom the sum has')
  await lin.says('团队')
  assert.match(lin.lastLine(), /只有主管可以使用/)
})

test('a reminder comes at its time, once, across a restart', async () => {
  const { wang, lin } = story
  const { number } = await wang.complain('漏电')
  story.wecom.faults.duplicateCallbacks = 2
  await lin.says('remind me in 30 min call back')
  assert.match(lin.lastLine(), /今天 10:30 提醒您：call back/)
  await lin.says(`提醒我 半小时后 ${number} 回电`)
  await lin.says('提醒我 明天早上八点半 开晨会')
  assert.match(lin.lastLine(), /明天 08:30 提醒您：开晨会/)
  await lin.says('提醒我 喝水')
  assert.match(lin.lastLine(), /请写明什么时候提醒/)
  await lin.says('提醒我 今天 9:00 喝水')
  assert.match(lin.lastLine(), /已经过去/)
  await story.restart()
  await story.later('31 min')
  const told = lin.lines().filter((text) => text.includes('【提醒】'))
  assert.equal(told.length, 2, lin.read())
  assert.match(told.join('\n'), new RegExp(`【提醒】回电（回复「工单 ${number}」查看）`))
  await story.later('24 h')
  assert.equal(lin.lines().filter((text) => text.includes('【提醒】开晨会')).length, 1)
})

test('quiet hours, with clear refusals', async () => {
  const { lin } = story
  await lin.says('免打扰 22:00-07:00')
  assert.match(lin.lastLine(), /免打扰 22:00-07:00/)
  assert.equal(await count('staff_hours', `quietFrom = '22:00' AND quietTo = '07:00'`), 1)
  await lin.says('quiet off')
  assert.equal(await count('staff_hours', 'quietFrom IS NOT NULL'), 0)
  await lin.says('免打扰 晚上')
  assert.match(lin.lastLine(), /例如：免打扰 22:00-07:00/)
})

test('where everybody is on one platform, there is no command to choose another', async () => {
  const { lin } = story
  await lin.says('帮助')
  assert.doesNotMatch(lin.lastLine(), /平台/)
  for (const said of ['平台', '平台 企业微信', 'chat dingtalk']) {
    await lin.says(said)
    assert.match(lin.lastLine(), /回复「帮助」看看我能做什么/)
  }
  assert.equal(await count('staff', 'chat IS NOT NULL'), 0)
})
