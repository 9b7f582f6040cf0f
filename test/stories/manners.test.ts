import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Message } from '../../server/engines/messages/message.ts'
import { enqueue, enqueueAll } from '../../server/engines/messages/outbox.ts'
import { goOffDuty, goOnDuty, setQuiet, takeBreak } from '../../server/engines/staff/shift.ts'
import { Invalid } from '../../server/lib/errors.ts'
import type { Tx } from '../../server/lib/tx.ts'
import { openStory, type Story, type Worker } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const MINUTE = 60_000

let story: Story
beforeEach(async () => {
  story = await open()
})
afterEach(() => story.close())

async function open(at?: string): Promise<Story> {
  return openStory(at ? { at } : {})
}

async function reopen(at: string): Promise<void> {
  await story.close()
  story = await open(at)
}

/** The member of staff behind a chat account. */
async function idOf(worker: Worker): Promise<string> {
  const rows = await story.db.read((tx) =>
    tx.query<{ staffId: string }>('SELECT staffId FROM staff_accounts WHERE userId = ?', [worker.userid]),
  )
  return String(rows[0]?.staffId)
}

/** Puts lines of the bot into the outbox, in this order. */
async function tell(worker: Worker, texts: string[], urgent = false): Promise<void> {
  const to = await idOf(worker)
  await story.db.write((tx) =>
    enqueueAll(
      tx,
      texts.map((message, n) => ({
        key: `${message}:${n}:${tx.now}`,
        channel: 'staff' as const,
        to,
        kind: 'say',
        subjectId: to,
        data: { line: 'error', message },
        urgent,
      })),
    ),
  )
  await story.settle()
}

/** Lets time pass in small steps, as the duties of a running house see it. */
async function pass(minutes: number): Promise<void> {
  for (let n = 0; n < minutes; n++) await story.later('1 min')
}

function headlines(worker: Worker, headline: string): number {
  return worker.cards().filter(({ card }) => card.source?.desc === headline).length
}

async function messages(where: string): Promise<Message[]> {
  return story.db.read((tx) => tx.query<Message>(`SELECT * FROM messages WHERE ${where} ORDER BY id`) as never)
}

async function edit(change: (text: string) => string): Promise<void> {
  const path = join(story.templates, 'packs/service-desk/pack.yaml')
  await writeFile(path, change(await readFile(path, 'utf8')))
  await story.settle()
}

async function eventNames(): Promise<string[]> {
  const rows = await story.db.read((tx) =>
    tx.query<{ name: string }>(`SELECT name FROM events WHERE subjectType = 'staff' ORDER BY id`),
  )
  return rows.map(({ name }) => name)
}

const numbered = (count: number, word = '第') => Array.from({ length: count }, (_, n) => `${word}${n + 1}条`)

test('a flood to one person: eight at once, then evenly, in order, each put off once, none dropped', async () => {
  const { lin } = story
  const began = story.clock.now()
  await tell(lin, numbered(70))
  assert.equal(lin.lines().length, 8)
  const places = (await messages(`state = 'pending'`)).map(({ nextAt }) => Number(nextAt))
  assert.equal(new Set(places).size, 62, 'a place of its own for each')
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  )
  await story.later('1 min')
  assert.ok(lin.lines().length <= 30 && lin.lines().length >= 26, `${lin.lines().length} in the first minute`)
  await story.later('2 min')
  assert.deepEqual(lin.lines(), numbered(70))
  assert.equal(story.wecom.dropped.length, 0)
  // Each went at the place that it was given first: nothing was put off a second time.
  const went = (await messages(`kind = 'say'`)).slice(8).map(({ triedAt }) => Number(triedAt))
  assert.deepEqual(went, places)
  assert.ok((went.at(-1) ?? 0) - began <= (70 / 30) * MINUTE * 1.1, `${((went.at(-1) ?? 0) - began) / 1000} s`)
})

test('slow calls do not lead to more than the platform allows', async () => {
  const { lin } = story
  await tell(lin, numbered(20))
  // The first ones were answered late: they set out long before the platform counted them.
  await story.db.write((tx) => tx.run('UPDATE messages SET triedAt = triedAt - 9000 WHERE sentAt IS NOT NULL'))
  await tell(lin, numbered(40, '后'), true)
  assert.equal(lin.lines().length, 29)
  await story.later('58 s')
  assert.equal(lin.lines().length, 29)
  await story.later('2 min')
  assert.equal(lin.lines().length, 60)
  assert.equal(story.wecom.dropped.length, 0)
})

test('what is urgent takes the next free place, whoever has booked one', async () => {
  const { lin } = story
  await tell(lin, numbered(60))
  await tell(lin, ['急'], true)
  assert.equal(lin.lastLine(), '急')
  // Within a full minute the next place is that of a moment ago, not the last of the queue.
  await tell(lin, numbered(40, '急'), true)
  await story.later('61 s')
  const urgent = lin.lines().filter((line) => line.startsWith('急'))
  assert.equal(urgent.length, 41)
  await story.later('4 min')
  assert.equal(lin.lines().length, 101)
  assert.equal(story.wecom.dropped.length, 0)
})

test('whoever was told longest ago goes first', async () => {
  const { lin, zhou, chen } = story
  await tell(lin, ['早'])
  await story.later('1 min')
  await tell(zhou, ['中'])
  await story.later('1 min')
  const ids = await Promise.all([idOf(lin), idOf(zhou), idOf(chen)])
  const before = story.wecom.sent.length
  const said = (to: string | undefined, message: string, n: number) => ({
    key: `${message}:${n}`,
    channel: 'staff' as const,
    to: String(to),
    kind: 'say',
    subjectId: String(to),
    data: { line: 'error', message, n },
  })
  await story.db.write((tx) =>
    enqueueAll(
      tx,
      [0, 1].flatMap((n) => [said(ids[1], '周', n), said(ids[0], '林', n), said(ids[2], '陈', n)]),
    ),
  )
  await story.settle()
  const order = story.wecom.sent.slice(before).map(({ to }) => to)
  assert.deepEqual(order.slice(0, 3), ['chenzhiyuan', 'linxiaoyu', 'zhoumin'])
  assert.equal(order.length, 6)
})

test('what waits and would say the same again gives way to the newer one; the same key twice loses nothing', async () => {
  const { lin } = story
  const to = await idOf(lin)
  const same = (key: string, message: string) => (tx: Tx) =>
    enqueue(tx, { key, channel: 'staff', to, kind: 'say', subjectId: to, data: { line: 'error', message } })
  await story.db.write(same('a', '一样'))
  await story.db.write(same('b', '一样'))
  await story.db.write(same('c', '不一样'))
  await story.db.write(same('b', '一样'))
  assert.deepEqual(
    (await messages(`kind = 'say'`)).map(({ state }) => state),
    ['collapsed', 'pending', 'pending'],
  )
  await story.settle()
  assert.deepEqual(lin.lines(), ['一样', '不一样'])
})

test('own quiet hours stand in place of the pack’s, and are given up again', async () => {
  const { wang, lin } = story
  const id = await idOf(lin)
  await story.db.write((tx) => setQuiet(tx, id, '10:00', '11:00'))
  await wang.complain('自己的安静时间')
  assert.equal(lin.cards().length, 1, 'a task is not held')
  await story.later('20 min')
  assert.equal(headlines(lin, '时限提醒') + headlines(lin, '已超时'), 0)
  await story.later('40 min')
  assert.ok(headlines(lin, '已超时') > 0, lin.read())
  await story.db.write((tx) => setQuiet(tx, id))
  await story.db.write(async (tx) => assert.rejects(setQuiet(tx, id, '25:00', '08:00'), Invalid))
  await story.db.write(async (tx) => assert.rejects(setQuiet(tx, id, '22:00'), Invalid))
  assert.deepEqual(await eventNames(), ['staff.quiet_set', 'staff.quiet_set'])
})

test('a break holds reminders, not what is urgent, ends by itself, and then what was held goes out', async () => {
  const { wang, lin, he } = story
  const id = await idOf(lin)
  await wang.complain('休息前的投诉')
  await story.db.write((tx) => takeBreak(tx, id, tx.now + 30 * MINUTE))
  await story.later('12 min')
  assert.equal(headlines(lin, '时限提醒') + headlines(lin, '已超时'), 0)
  await wang.complain('刹车失灵', { urgency: 'urgent' })
  assert.ok(lin.card('刹车失灵'))
  assert.ok(he.lines().some((line) => line.includes('刹车失灵')))
  await pass(6)
  assert.equal(headlines(lin, '紧急 · 时限提醒'), 1, lin.read())
  await pass(12)
  assert.equal(headlines(lin, '已超时'), 1, lin.read())
  assert.deepEqual(await eventNames(), ['staff.break_taken', 'staff.on_duty'])
  await story.db.write(async (tx) => assert.rejects(takeBreak(tx, id, tx.now), Invalid))
})

test('off duty until they say so: new tasks go to others, and coming back releases what was held', async () => {
  const { wang, lin } = story
  const id = await idOf(lin)
  await wang.complain('下班前的投诉')
  await story.db.write((tx) => goOffDuty(tx, id))
  await story.later('12 min')
  assert.equal(headlines(lin, '已超时'), 0)
  await story.db.write((tx) => goOnDuty(tx, id))
  await story.db.write((tx) => goOnDuty(tx, id))
  await story.settle()
  assert.equal(headlines(lin, '已超时'), 1)
  assert.deepEqual(await eventNames(), ['staff.off_duty', 'staff.on_duty'])
})

test('more than five cards in ten minutes: further reminders become one list, the tasks themselves all come', async () => {
  const { wang, lin } = story
  await wang.signIn()
  const numbers: string[] = []
  for (let n = 1; n <= 7; n++) numbers.push((await wang.complain(`汇总考验 ${n}`)).number)
  assert.equal(lin.cards().length, 7, 'task cards are never swallowed')
  await story.later('5 min')
  assert.equal(headlines(lin, '时限提醒'), 0, lin.read())
  assert.equal((await messages(`kind = 'digest' AND state = 'pending'`)).length, 1)
  await lin.press('汇总考验 3', 'finish', { type: 'other' })
  await story.later('6 min')
  const [list, ...more] = lin.lines().filter((line) => line.includes('提醒汇总'))
  assert.deepEqual(more, [])
  assert.match(String(list), /6 项任务/)
  const listed = numbers.filter((number) => String(list).includes(number))
  assert.deepEqual(
    listed,
    numbers.filter((_, n) => n !== 2),
  )
  assert.match(String(list), /回复「我的任务」/)
  assert.ok((await messages(`kind = 'warning' AND state = 'collapsed'`)).length >= 6)
})

test('a person who has few cards gets each reminder by itself, and what is urgent is never put into a list', async () => {
  const { wang, lin } = story
  await wang.complain('单独提醒')
  await story.later('5 min')
  assert.equal(headlines(lin, '时限提醒'), 1)
  for (let n = 1; n <= 6; n++) await wang.complain(`紧急 ${n}`, { urgency: 'urgent' })
  await story.later('5 min')
  assert.equal(headlines(lin, '紧急 · 时限提醒'), 6, lin.read())
})

test('the morning summary comes once on working days, late tasks first, with the team for supervisors', async () => {
  await reopen('2026-11-23T17:40:00+08:00')
  const { wang, lin, zhou, chen } = story
  const first = await wang.complain('周一傍晚的投诉')
  await story.later('1 h')
  const second = await wang.complain('夜里来的投诉')
  assert.equal(lin.lines().length, 0, 'whoever is new begins with the next morning')
  await story.later('13 h')
  await pass(60)
  const summaries = (worker: Worker) => worker.lines().filter((line) => line.includes('早报'))
  const [own = ''] = summaries(lin)
  assert.equal(summaries(lin).length, 1, lin.read())
  assert.match(own, /2 项任务，1 项已超时/)
  assert.match(own, /1 项是昨日下班后新来的/)
  assert.match(own, /已超工作时间 10 分钟（[\s\S]*还剩工作时间/)
  assert.ok(own.indexOf(first.number) < own.indexOf(second.number), own)
  assert.match(own, /回复「我的任务」/)
  assert.match(String(summaries(zhou)[0]), /团队：进行中 2 项/)
  assert.equal(summaries(chen).length, 0, 'nobody without open work')
  const at = lin.chat().find((item) => item.kind === 'text' && item.text.includes('早报'))?.at ?? 0
  assert.ok(at >= Date.parse('2026-11-24T08:30:00+08:00') && at < Date.parse('2026-11-24T08:32:00+08:00'))
})

test('after days of downtime only today’s summary is made, and none on a weekend', async () => {
  await reopen('2026-11-26T10:00:00+08:00')
  const { wang, lin } = story
  await wang.complain('周四的投诉')
  const summaries = () => story.lin.lines().filter((line) => line.includes('早报')).length
  await story.running.close()
  story.clock.set(Date.parse('2026-11-28T11:00:00+08:00'))
  await story.open()
  await story.settle()
  assert.equal(summaries(), 0, lin.read())
  await story.running.close()
  story.clock.set(Date.parse('2026-12-01T10:00:00+08:00'))
  await story.open()
  await story.settle()
  await pass(3)
  assert.equal(summaries(), 1)
})

test('a card that nobody accepts: reminded after 5 and 15 minutes of working time, not where the limit warns anyway', async () => {
  const { wang, lin, zhou, chen } = story
  await wang.complain('无人受理')
  await pass(4)
  await lin.press('无人受理', 'finish', { type: 'other' })
  assert.equal(headlines(lin, '请尽快受理'), 0)
  await pass(4)
  assert.equal(headlines(zhou, '请尽快办理'), 0)
  await pass(2)
  assert.equal(headlines(zhou, '请尽快办理'), 1, zhou.read())
  assert.match(String(zhou.card('请尽快办理').card.sub_title_text), /^时限：/, 'said once')
  await pass(12)
  // At 15 of its 30 minutes the limit itself warns.
  assert.deepEqual([headlines(zhou, '请尽快办理'), headlines(zhou, '时限提醒')], [1, 1])
  await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
  await pass(30)
  assert.equal(headlines(chen, '请尽快受理'), 2)
  assert.equal((await story.db.read((tx) => tx.query('SELECT 1 FROM card_reminders'))).length, 0)
})

test('an accepted card is not reminded of, and after downtime both missed times come as one', async () => {
  const { wang, lin, zhou, chen } = story
  await wang.complain('断线前后')
  await lin.press('断线前后', 'finish', { type: 'other' })
  await zhou.press('指派负责人', 'finish', { engineer: zhou.option('指派负责人', '陈志远') })
  await story.running.close()
  story.clock.advance(40 * MINUTE)
  await story.open()
  await story.settle()
  assert.equal(headlines(chen, '请尽快受理'), 1, chen.read())
  await pass(10)
  assert.equal(headlines(chen, '请尽快受理'), 1)

  await wang.complain('马上受理')
  await lin.press('马上受理', 'finish', { type: 'other' })
  await zhou.press('马上受理', 'finish', { engineer: zhou.option('马上受理', '陈志远') })
  await chen.press('马上受理', 'accept')
  await pass(20)
  assert.equal(headlines(chen, '请尽快受理'), 1)
})

test('mistakes in the manners of a pack are told with file, line and reason', async () => {
  await edit((text) =>
    text
      .replace("at: '08:30'", "at: 'early'")
      .replace('within: 10 min', 'within: soon')
      .replace('reminders: [5 min, 15 min]', 'reminders: [15 min, 5 min]'),
  )
  const told = () =>
    story.running.house.shelf.problems.map(({ file, line, field, reason }) => `${file}:${line} ${field} ${reason}`)
  assert.match(told().join('\n'), /pack\.yaml:\d+ summary\.at write a time of day/)
  assert.match(told().join('\n'), /pack\.yaml:\d+ digest\.within write a span/)
  assert.match(told().join('\n'), /pack\.yaml:\d+ reminders write the spans in ascending order/)
  await edit((text) =>
    text
      .replace("at: 'early'", "at: '08:30'")
      .replace('within: soon', 'within: 10 min')
      .replace('reminders: [15 min, 5 min]', 'reminders: [5 min, 15 min]')
      .replace('calendar: service\n  roles: [front_line', 'calendar: servce\n  roles: [frontline'),
  )
  assert.match(told().join('\n'), /pack\.yaml:\d+ summary\.calendar there is no calendar "servce"; known: service/)
  assert.match(told().join('\n'), /pack\.yaml:\d+ summary\.roles\.0 there is no role "frontline"/)
})
