import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Customer, type Detail, openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const FORM = `form: fault
title: 车辆故障
fields:
  - { name: bike, kind: asset, label: 车辆编号, required: true }
  - { name: place, kind: location, label: 位置, required: true }
  - name: part
    kind: select
    label: 哪里坏了
    required: true
    options:
      - { value: lock, label: 车锁 }
      - { value: brake, label: 刹车 }
  - { name: words, kind: longtext, label: 说明, maxLength: 200 }
  - { name: photos, kind: photos, label: 照片, max: 3 }
`
const CHECK = `form: fault_check
title: 检查结果
fields:
  - name: result
    kind: select
    label: 结果
    required: true
    options:
      - { value: fixed, label: 已修好 }
      - { value: mistaken, label: 误报 }
`
const REASON = `form: fault_reason
title: 原因
fields:
  - { name: reason, kind: text, label: 原因, required: true, maxLength: 100 }
`
const FLOW = `flow: fault
title: 车辆报障
form: fault
calendar: service
escalation: standard
reopen_within: 24 h
priority:
  - when: { reporter.faults: { $gte: 1 } }
    is: urgent
steps:
  - step: check
    title: 检查
    progress: 师傅正在检查
    task: 到现场检查
    role: front_line
    limit: 1 h
    form: fault_check
    actions: [accept, finish, ask]
    next:
      - { when: { check.result: mistaken }, to: refuse }
      - to: thank
  - step: refuse
    title: 关闭
    progress: 正在确认
    task: 写明原因
    role: front_line
    assign: { doer: check }
    limit: 1 h
    form: fault_reason
    actions: [finish]
    finish:
      - { do: close_ticket, as: mistaken, reason_field: reason }
    next: end
  - step: thank
    title: 收尾
    progress: 正在收尾
    task: 确认修好
    role: front_line
    assign: { doer: check }
    limit: 1 h
    actions: [finish]
    finish:
      - { do: resolve_ticket }
      - { do: thank_reporters, points: 20 }
    next: end
`

let story: Story
beforeEach(async () => {
  story = await openStory()
  const pack = join(story.templates, 'packs/service-desk')
  await writeFile(join(pack, 'forms/fault.yaml'), FORM)
  await writeFile(join(pack, 'forms/fault_check.yaml'), CHECK)
  await writeFile(join(pack, 'forms/fault_reason.yaml'), REASON)
  await writeFile(join(pack, 'flows/fault.yaml'), FLOW)
  const head = join(pack, 'pack.yaml')
  const thanks = `  thanks: { template: TPL_RESULT, title: 感谢, page: 'pages/ticket/ticket?id={id}' }\n`
  await writeFile(head, (await readFile(head, 'utf8')) + thanks)
  await story.settle()
  assert.deepEqual(story.running.house.shelf.problems, [])
})
afterEach(() => story.close())

async function report(customer: Customer, bike: string, more: object = {}, key?: string): Promise<Detail> {
  if (!customer.token) await customer.signIn()
  const answers = { bike, place: { lat: 31.23, lng: 121.47, address: '人民广场' }, part: 'lock', ...more }
  const headers = key ? { 'Idempotency-Key': key } : undefined
  const { status, body } = await customer.call<Detail>('POST', '/api/tickets', { form: 'fault', answers }, headers)
  assert.equal(status, 201, JSON.stringify(body))
  await story.settle()
  return body
}

async function rows<T>(sql: string, values: unknown[] = []): Promise<T[]> {
  return story.db.read((tx) => tx.query<T>(sql, values))
}

async function finishFault(words: string): Promise<void> {
  const { lin } = story
  await lin.press(words, 'finish', { result: 'fixed' })
  await lin.press('收尾', 'finish')
}

test('a second report on the same bike joins the first; both are told, both are thanked once', async () => {
  const { wang, li, lin } = story
  const first = await report(wang, 'B0001', { words: '锁打不开' })
  const second = await report(li, 'B0001', { words: '锁卡死了', part: 'brake' }, 'key-1')
  assert.equal(second.id, first.id)
  assert.equal(second.reporters, 2)
  assert.equal(second.joined, true)
  assert.match(JSON.stringify(second), /锁卡死了/)
  assert.doesNotMatch(JSON.stringify(second), /锁打不开/, 'the first report is somebody else’s')
  assert.match(JSON.stringify(second.answers), /刹车/)
  assert.match(JSON.stringify(lin.card('客户有补充').card), /锁卡死了/)

  assert.equal((await report(li, 'B0001', { words: '锁卡死了', part: 'brake' }, 'key-1')).id, first.id)
  const again = await report(wang, 'B0001', { words: '还没人来' })
  assert.equal(again.id, first.id)
  assert.equal(again.reporters, 2)
  assert.equal((await rows('SELECT id FROM comments')).length, 2, 'the repeated request said nothing again')
  assert.notEqual((await report(wang, 'B0002')).id, first.id)

  assert.equal(again.can.withdraw, false)
  assert.equal((await wang.does(first.id, 'withdraw')).status, 409, 'another customer waits for it')
  const [run] = await rows<{ facts: string }>('SELECT facts FROM flow_runs WHERE subjectId = ?', [first.id])
  const facts = JSON.parse(String(run?.facts))
  assert.deepEqual(facts.place, { lat: 31.23, lng: 121.47, address: '人民广场' })
  assert.equal(facts.asset.code, 'B0001')

  const before = li.inbox().length
  await lin.press('锁打不开', 'accept')
  assert.equal((await li.ticket(first.id)).worker?.name, '林**')
  await finishFault('锁打不开')
  const told = li.inbox().slice(before).join('\n')
  for (const words of ['正在收尾', '谢谢您的反映', '赠送 20 积分']) assert.match(told, new RegExp(words))
  assert.match(wang.inbox().join('\n'), /谢谢您的反映/)
  assert.equal((await rows(`SELECT id FROM events WHERE name = 'points.promised'`)).length, 2)

  await story.later('1 h')
  await wang.does(first.id, 'reopen', { reason: '又坏了' })
  assert.equal((await report(li, 'B0001')).id, first.id, 'open again, it takes reports again')
  await finishFault('锁打不开')
  assert.equal((await rows(`SELECT id FROM events WHERE name = 'points.promised'`)).length, 2, 'thanked once')
})

test('two reports at the same instant are one ticket', async () => {
  const { wang, li } = story
  await wang.signIn()
  await li.signIn()
  const [one, two] = await Promise.all([report(wang, 'B0003'), report(li, 'B0003')])
  assert.equal(one.id, two.id)
  assert.equal((await rows('SELECT id FROM tickets')).length, 1)
  assert.equal((await rows('SELECT id FROM ticket_reporters')).length, 1)
})

test('a mistaken report is closed with its reason and does not count; a true one makes the next one urgent', async () => {
  const { wang, li, lin } = story
  const wrong = await report(wang, 'B0004', { words: '其实没坏' })
  await lin.press('其实没坏', 'finish', { result: 'mistaken' })
  await lin.says(`打开`)
  await lin.press('写明原因', 'finish')
  await lin.says('现场检查正常')
  const closed = await wang.ticket(wrong.id)
  assert.equal(closed.status, 'closed')
  assert.equal(closed.can.rate, false)
  assert.ok(closed.timeline.some(({ text }) => text === '现场检查正常'))
  assert.match(wang.inbox().at(-1) ?? '', /现场检查正常/)

  const next = await report(wang, 'B0004', { words: '真的坏了' })
  assert.notEqual(next.id, wrong.id, 'a closed one takes no more reports')
  assert.equal(next.priority, 'normal')
  await report(li, 'B0004', { words: '同样坏了' })
  await finishFault('真的坏了')
  assert.equal((await report(li, 'B0005')).priority, 'urgent', 'who joined has reported a true fault as well')
  const [run] = await rows<{ about: string }>('SELECT about FROM flow_runs ORDER BY id DESC LIMIT 1')
  assert.deepEqual(JSON.parse(String(run?.about)), { reporter: { tier: null, faults: 1, wrong: 0 } })
})
