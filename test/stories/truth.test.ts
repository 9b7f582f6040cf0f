import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Message, NEVER_AGAIN } from '../../server/engines/messages/message.ts'
import { drawnAsShown, refreshCards } from '../../server/engines/messages/refresh.ts'
import { PEOPLE } from '../../server/sandbox/people.ts'
import { openStory, type Story, Worker } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

/** So long a call is on its way: a press meanwhile is quicker. */
const SLOW_MS = 1_000

let story: Story
beforeEach(async () => {
  story = await openStory()
})
afterEach(() => story.close())

function delivered(): Promise<Message[]> {
  return story.db.read((tx) =>
    tx.find(Message, `WHERE channel = 'staff' AND shown IS NOT NULL AND state IN ('sent', 'confirmed') ORDER BY id`),
  )
}

/** Every delivered card equals its drawing from the present state, in our memory and on its receiver's screen. */
async function everyCardIsTrue(workers: Worker[]): Promise<number> {
  const cards = await delivered()
  for (const message of cards) {
    const drawn = await story.db.read((tx) => drawnAsShown(tx, message))
    assert.equal(drawn?.shown, message.shown, `${message.kind} ${message.id} remembers something else`)
    const item = workers.flatMap((one) => one.cards()).find(({ taskId }) => taskId === message.id)
    // The task id was fixed when the card was sent; updates need not repeat it.
    const task_id = message.id
    assert.deepEqual(
      { ...item?.card, task_id },
      JSON.parse(drawn?.wire ?? '{}').body.card,
      `${message.kind} on the screen`,
    )
  }
  return cards.length
}

/** Our own notes that a card has to be looked at disappear. */
function loseTouches(): Promise<number> {
  return story.db.write((tx) => tx.run('UPDATE messages SET refreshAt = NULL'))
}

async function stepRow(): Promise<Record<string, unknown>> {
  const [row] = await story.db.read((tx) => tx.query('SELECT * FROM flow_steps ORDER BY id LIMIT 1'))
  return row as Record<string, unknown>
}

/** A colleague joins who is like one of the sandbox's people. */
async function joins(userid: string, name: string, like: string): Promise<Worker> {
  const model = PEOPLE.find((one) => one.userid === like) as (typeof PEOPLE)[0]
  story.wecom.people.push({ ...model, userid, name, mobile: undefined, jobNumber: undefined })
  await story.restart()
  return new Worker(story, userid)
}

async function editPack(from: string, to: string): Promise<void> {
  const path = join(story.templates, 'packs/service-desk/pack.yaml')
  const text = await readFile(path, 'utf8')
  assert.ok(text.includes(from), `the pack has no ${from}`)
  await writeFile(path, text.replace(from, to))
  await story.settle()
}

test('after two hours without the platform, and much that happened meanwhile, every card tells the truth', async () => {
  const { wang, li, lin, zhou, he } = story
  const tickets = []
  for (let n = 1; n <= 6; n++) tickets.push(await wang.complain(`停机前投诉 ${n}`))
  await li.complain('停机前另一位客户')
  await lin.press('停机前投诉 1', 'accept')
  await story.later('20 min')
  story.wecom.faults.down = 'reset'
  await wang.does(tickets[1]?.id ?? '', 'withdraw', {})
  await wang.does(tickets[2]?.id ?? '', 'remarks', { text: '停机时的补充' })
  await lin.press('停机前投诉 4', 'finish', { type: 'quality' })
  await lin.press('停机前投诉 5', 'accept')
  await story.later('1 h')
  await wang.does(tickets[5]?.id ?? '', 'withdraw', {})
  await story.later('1 h')
  story.wecom.faults.down = false
  await story.later('11 min')
  assert.ok((await everyCardIsTrue([lin, zhou, he])) > 20)
})

test('a card whose touch was lost converges within hours, and is then left alone', async () => {
  const { wang, lin } = story
  await wang.complain('一直在办')
  const ticket = await wang.complain('触碰丢失')
  await story.db.write(async (tx) => {
    await tx.run('UPDATE flow_steps SET wakeAt = NULL')
    await tx.run('DELETE FROM card_reminders')
  })
  story.wecom.faults.down = 'reset'
  await wang.does(ticket.id, 'withdraw', {})
  await loseTouches()
  story.wecom.faults.down = false
  await story.later('1 h')
  assert.ok(lin.card('触碰丢失').alive, 'nothing tells us to look')
  await story.later('6 h')
  assert.match(String(lin.card('触碰丢失').replaced), /已撤回/)
  // Days pass: the open one is looked at again and again, and not sent again because "today" is over.
  await story.later('3 d')
  const card = lin.card('一直在办')
  assert.ok(card.alive)
  assert.deepEqual([card.updates, lin.cards().length], [0, 2], lin.read())
  const looked = new Map((await delivered()).map(({ id, checkedAt }) => [id, checkedAt]))
  assert.equal(Number(looked.get(lin.card('触碰丢失').taskId)), NEVER_AGAIN)
  assert.ok(Number(looked.get(card.taskId)) < NEVER_AGAIN)
})

test('a card that is pressed while a change of it is on its way shows what the press has done', async () => {
  const { wang, lin, wecom } = story
  const { number } = await wang.complain('车锁打不开')
  await story.db.write((tx) =>
    tx.run(`UPDATE messages SET shown = 'something else', refreshAt = ? WHERE shown IS NOT NULL`, [tx.now]),
  )
  const onItsWay = new Promise<void>((reached) =>
    Object.defineProperty(wecom.faults, 'slowMs', {
      configurable: true,
      get() {
        reached()
        return SLOW_MS
      },
    }),
  )
  const changing = refreshCards(story.db)
  await onItsWay
  await lin.press(number, 'finish', { type: 'quality' })
  await changing
  Object.defineProperty(wecom.faults, 'slowMs', { configurable: true, writable: true, value: 0 })
  await story.settle()
  assert.equal(lin.card(number).alive, false)
  await everyCardIsTrue([lin, story.zhou])
})

test('a card that cannot be drawn holds up no other', async () => {
  const { wang, lin } = story
  await wang.complain('数据损坏')
  const good = await wang.complain('完好无损')
  await story.db.write(async (tx) => {
    await tx.run('UPDATE messages SET refreshAt = 0 WHERE shown IS NOT NULL')
    await tx.run(`UPDATE messages SET subjectId = 'nothing' WHERE id = ?`, [lin.card('数据损坏').taskId])
  })
  await wang.does(good.id, 'withdraw', {})
  assert.match(String(lin.card('完好无损').replaced), /已撤回/)
})

test('after 72 hours a supervisor gets a fresh card that names the old one, and a line when the matter is over', async () => {
  const { wang, zhou, he } = story
  const ticket = await wang.complain('三天没人理')
  await story.later('20 min')
  const old = zhou.card('升级提醒').taskId
  await story.later('4 d')
  await he.press('升级提醒', 'acknowledge')
  const fresh = zhou.card('升级提醒')
  assert.notEqual(fresh.taskId, old)
  assert.match(JSON.stringify(fresh.card), /已超过时限（[^（]*）。何建国已知悉，[^。]*前不再提醒。此卡接替旧卡/)
  await story.later('4 d')
  await wang.does(ticket.id, 'withdraw', {})
  assert.ok(
    zhou.lines().some((line) => line.includes(ticket.number) && line.includes('旧卡') && line.includes('已撤回')),
    zhou.read(),
  )
})

test('a supervisor acts on what the screen shows: carried further meanwhile, the press does nothing and says so', async () => {
  const { wang, zhou, he } = story
  await wang.complain('各级都看到')
  await story.later('20 min')
  story.wecom.faults.down = 'reset'
  await story.later('30 min')
  await zhou.press('升级提醒', 'acknowledge')
  assert.equal((await stepRow()).ackBy, null, 'the director’s chain is not silenced by an older view')
  assert.match(JSON.stringify(zhou.card('升级提醒').card), /已升级至.*服务总监/)
  story.wecom.faults.down = false
  await story.later('11 min')
  assert.match(zhou.lastLine(), /已升级至服务总监，本次操作未执行/)
  assert.ok(he.card('升级提醒'))
  // Seen and pressed again, it is meant.
  const card = await zhou.press('升级提醒', 'acknowledge')
  assert.match(JSON.stringify(card.card), /周敏已知悉/)
})

test('another assignee or another limit since the card was drawn: nothing is taken away by mistake', async () => {
  await joins('sunli', '孙丽', 'linxiaoyu')
  const { wang, lin, zhou } = story
  await wang.complain('先到先得')
  await story.later('20 min')
  story.wecom.faults.down = 'reset'
  await lin.press('先到先得', 'accept')
  await zhou.press('升级提醒', 'takeover')
  const mine = await stepRow()
  story.wecom.faults.down = false
  await story.later('11 min')
  assert.match(zhou.lastLine(), /已由林小雨负责，本次操作未执行/)
  assert.equal((await stepRow()).assigneeId, mine.assigneeId)

  // The time is extended on another card; the first one's picture is old.
  const wu = await joins('wulei', '吴磊', 'zhoumin')
  await wang.complain('两位主管')
  await story.later('20 min')
  await wu.press('两位主管', 'extend')
  story.wecom.faults.down = 'reset'
  await wu.says('1')
  await wu.says('系统升级')
  await zhou.press('两位主管', 'takeover')
  story.wecom.faults.down = false
  await story.later('11 min')
  assert.ok(
    zhou.lines().some((line) => /时限在您操作前已改为.*本次操作未执行/.test(line)),
    zhou.read(),
  )
})

test('work that went through other hands and came back is not accepted on the old card', async () => {
  const sun = await joins('sunli', '孙丽', 'linxiaoyu')
  const { wang, lin } = story
  await wang.complain('来回转交')
  const old = lin.card('来回转交').taskId
  await lin.press('来回转交', 'accept')
  await lin.press('来回转交', 'transfer')
  await lin.says('孙丽')
  await sun.press('来回转交', 'accept')
  await sun.press('来回转交', 'transfer')
  await sun.says('林小雨')
  await story.later('1 s')
  await lin.pressCard(old, 'accept', undefined, true)
  assert.match(lin.lastLine(), /已转手，现由林小雨负责，本次操作未执行，请看最新卡片/)
  assert.equal((await stepRow()).acceptedAt, null)
  await lin.press('来回转交', 'accept')
  assert.notEqual((await stepRow()).acceptedAt, null)
})

test('an acknowledgement that has run out is no longer shown as holding', async () => {
  const { wang, zhou } = story
  await wang.complain('知悉到期')
  await story.later('20 min')
  await zhou.press('升级提醒', 'acknowledge')
  assert.ok(!zhou.card('升级提醒').buttons.some(({ key }) => key === 'acknowledge'))
  await story.later('30 min')
  assert.ok(zhou.card('升级提醒').buttons.some(({ key }) => key === 'acknowledge'))
})

test('where all of a level must acknowledge, one silences only themselves and the chain goes on', async () => {
  const wu = await joins('wulei', '吴磊', 'zhoumin')
  await editPack('{ to: supervisor, after: 10 min }', '{ to: supervisor, after: 10 min, acknowledge: all }')
  const { wang, zhou, he } = story
  await wang.complain('两位都要确认')
  await story.later('20 min')
  const card = await zhou.press('升级提醒', 'acknowledge')
  assert.match(JSON.stringify(card.card), /已知悉.*周敏.*待知悉.*吴磊/)
  assert.match(JSON.stringify(card.card), /还差 1 人/)
  assert.ok(!card.buttons.some(({ key }) => key === 'acknowledge'))
  const others = wu.card('升级提醒')
  assert.match(JSON.stringify(others.card), /每位都要点「知道了」/)
  assert.match(JSON.stringify(others.card), /已知悉.*周敏.*待知悉.*吴磊/)
  assert.ok(others.buttons.some(({ key }) => key === 'acknowledge'))
  assert.equal((await stepRow()).ackUntil, null)
  await story.later('30 min')
  assert.ok(he.card('升级提醒'), 'not all have: the chain goes on')
})

test('when all of the level have acknowledged the chain rests, also if they press at the same time', async () => {
  const wu = await joins('wulei', '吴磊', 'zhoumin')
  await editPack('{ to: supervisor, after: 10 min }', '{ to: supervisor, after: 10 min, acknowledge: all }')
  const { wang, zhou, he } = story
  await wang.complain('全部确认')
  await story.later('20 min')
  await Promise.all([zhou.press('升级提醒', 'acknowledge'), wu.press('升级提醒', 'acknowledge')])
  assert.equal(Number((await stepRow()).ackUntil), story.clock.now() + 30 * 60_000)
  await story.later('29 min')
  assert.equal(he.cards().length, 0)
  await story.later('1 min')
  assert.ok(he.card('升级提醒'))
})
