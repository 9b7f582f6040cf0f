import assert from 'node:assert/strict'
import { noteFindings } from '../../server/engines/audit/findings.ts'
import { findingAdvice } from '../../server/engines/flows/audit-words.ts'
import { enqueueAll } from '../../server/engines/messages/outbox.ts'
import { openStory, type Story } from '../harness.ts'
import { until } from '../processes.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
beforeEach(async () => {
  story = await openStory()
})
afterEach(() => story.close())

/** The auditor makes its round, and what it has to say is delivered. */
async function audit(): Promise<void> {
  await story.running.duties.find(({ name }) => name === 'audit')?.run()
  await story.settle()
}

function sql(statement: string, values: unknown[] = []): Promise<number> {
  return story.db.write((tx) => tx.run(statement, values))
}

const report = () => story.he.lines().findLast((line) => line.includes('系统自检')) ?? ''

interface DeskFinding {
  kind: string
  text: string
  repaired: boolean
}

/** What the desk shows of the auditor's findings. */
async function onDesk(): Promise<DeskFinding[]> {
  const answer = await fetch(`${story.running.url}/desk/api/findings`)
  return ((await answer.json()) as { findings: DeskFinding[] }).findings
}

test('a customer who did not agree to be told is no finding', async () => {
  const { wang, lin } = story
  await wang.complain('不想收通知')
  story.wechat.faults.errcodes = [43101]
  await lin.press('不想收通知', 'ask')
  await lin.says('请问车号？')
  const refused = await story.db.read((tx) =>
    tx.query(`SELECT error FROM messages WHERE channel = 'customer' AND state = 'failed'`),
  )
  assert.match(String(refused[0]?.error), /43101/)
  await audit()
  assert.equal(report(), '')
  assert.deepEqual(await onDesk(), [])

  await sql(`UPDATE messages SET error = '43101 user refuse' WHERE channel = 'customer' AND state = 'failed'`)
  await audit()
  assert.equal(report(), '', 'nor where WeChat says so later')
  await sql(`UPDATE messages SET error = '47003 argument invalid' WHERE channel = 'customer' AND state = 'failed'`)
  await audit()
  assert.match(
    report(),
    /发给客户的消息没有送达：1 处 —\n请电话联系客户。\n· 发给客户的询问：\S+ 投诉：车辆或商品质量，\S+ \S+，平台拒收（错误码 47003）$/,
  )
})

test('hundreds of refusals hide no message that got lost', async () => {
  const { wang } = story
  await wang.complain('被淹没的消息')
  await story.db.write((tx) =>
    enqueueAll(
      tx,
      Array.from({ length: 250 }, (_, n) => ({
        key: `refused:${n}`,
        channel: 'customer' as const,
        to: 'nobody',
        kind: 'progress',
        subjectId: `refused-${n}`,
      })),
    ),
  )
  await sql(`UPDATE messages SET state = 'failed', nextAt = NULL, triedAt = createdAt, error = 'wechat 43101: user refuse'
    WHERE channel = 'customer'`)
  await story.later('1 min')
  const late = await wang.complain('随后丢失的消息')
  await sql(
    `UPDATE messages SET state = 'failed', nextAt = NULL, error = 'gone' WHERE channel = 'staff' AND createdAt = ?`,
    [story.clock.now()],
  )
  await audit()
  assert.match(report(), new RegExp(`发给同事的消息没有送达：1 处[^]*${late.number}`))
  assert.doesNotMatch(report(), /客户/)
})

test('three of a kind are told, the rest is counted', async () => {
  const { wang } = story
  const numbers: string[] = []
  for (let n = 1; n <= 5; n++) numbers.push((await wang.complain(`没有下一步 ${n}`)).number)
  await sql(`UPDATE flow_steps SET state = 'cancelled', dueAt = NULL, wakeAt = NULL`)
  await audit()
  assert.match(report(), /发现 5 处异常/)
  assert.match(report(), /工单没有下一步：5 处/)
  assert.deepEqual(
    numbers.filter((number) => report().includes(number)),
    numbers.slice(0, 3),
  )
  assert.match(report(), /· 另有 2 处$/)
})

test('every customer who has to be telephoned is told, as long as there is room', async () => {
  const { wang } = story
  const numbers: string[] = []
  for (let n = 1; n <= 5; n++) numbers.push((await wang.complain(`没有收到 ${n}`)).number)
  // WeChat says by itself that they have arrived, which would undo what comes next.
  const arrived = () =>
    story.db.read((tx) => tx.query(`SELECT 1 FROM messages WHERE channel = 'customer' AND state = 'confirmed'`))
  await until('the customer was told', async () => (await arrived()).length === 5, 20_000)
  await sql(`UPDATE messages SET state = 'failed', nextAt = NULL, triedAt = createdAt, error = 'wechat 47003: no'
    WHERE channel = 'customer'`)
  await audit()
  assert.match(report(), /发给客户的消息没有送达：5 处/)
  for (const number of numbers) assert.ok(report().includes(number), report())
  assert.doesNotMatch(report(), /另有/)
})

test('a torn contract is the administrator’s work', () => {
  assert.equal(
    findingAdvice('contract_stuck', story.running.house.words),
    '请转系统管理员核对签章证书（设置项 SIGNING_P12）',
  )
})

test('a report never outgrows what the chat shows', async () => {
  const { wang } = story
  await wang.complain('很多种')
  for (const kind of [
    'step_late',
    'step_paused',
    'run_stuck',
    'message_late',
    'message_failed',
    'role_empty',
    'new_one',
  ])
    for (let n = 0; n < 4; n++)
      await sql('INSERT INTO audit_findings (id, kind, subjectId, about, foundAt, seenAt) VALUES (?, ?, ?, ?, ?, ?)', [
        `${kind}:${n}`,
        kind,
        `gone-${n}`,
        '名称很长的岗位或任务'.repeat(10),
        story.clock.now(),
        story.clock.now(),
      ])
  await audit()
  assert.ok(Buffer.byteLength(report()) <= 2048, String(Buffer.byteLength(report())))
  assert.match(report(), /发现 28 处异常/)
  for (const kind of ['任务到点没有提醒', '工单没有下一步', '岗位无人担任', '其他异常'])
    assert.ok(report().includes(kind))
})

test('an account is called by its name, and its two sums stand in yuan', async () => {
  const found = { kind: 'account_wrong', subjectId: 'deposits:held', about: '-398.00 ≠ -199.00' }
  await story.db.write((tx) => noteFindings(tx, [found]))
  const [one] = await onDesk()
  assert.match(one?.text ?? '', /代收押金：账面与明细（元）-398\.00 ≠ -199\.00/)
})

test('the desk shows what stands and what was repaired, and nothing when all is well', async () => {
  const { wang, lin } = story
  assert.deepEqual(await onDesk(), [])
  const ticket = await wang.complain('时限记错')
  await audit()
  assert.deepEqual(await onDesk(), [])

  await sql('UPDATE flow_steps SET dueAt = NULL, wakeAt = NULL')
  await audit()
  const [mended] = await onDesk()
  assert.deepEqual([mended?.kind, mended?.repaired], ['任务时限记错', true])
  assert.match(String(mended?.text), new RegExp(`^${ticket.number}【登记核实】`))

  await story.later('10 min')
  await lin.press('时限记错', 'ask')
  await lin.says('请问？')
  await sql('DELETE FROM flow_pauses')
  await audit()
  const found = await onDesk()
  assert.deepEqual(
    found.map(({ kind, repaired }) => [kind, repaired]),
    [
      ['等客户回复却仍在计时', false],
      ['任务时限记错', true],
    ],
  )
  assert.equal(found[0]?.text, `${ticket.number}【登记核实】（林小雨负责），11月23日 10:10 发现`)

  await sql(`UPDATE flow_steps SET state = 'done'`)
  await sql(`UPDATE flow_runs SET state = 'ended'`)
  await story.later('10 min')
  await audit()
  assert.deepEqual(
    (await onDesk()).map(({ repaired }) => repaired),
    [true],
    'mended: it is not shown any more',
  )
  await story.later('1 d')
  await audit()
  assert.deepEqual(await onDesk(), [])
})

test('what comes back after it was gone is told since then', async () => {
  const { wang } = story
  await wang.complain('时好时坏')
  await sql(`UPDATE flow_steps SET state = 'cancelled', dueAt = NULL, wakeAt = NULL`)
  await audit()
  await story.later('10 min')
  await sql(`UPDATE flow_runs SET state = 'ended'`)
  await audit()
  await story.later('10 min')
  await sql(`UPDATE flow_runs SET state = 'running'`)
  await story.running.duties.find(({ name }) => name === 'audit')?.run()
  assert.match(String((await onDesk())[0]?.text), /11月23日 10:20 发现/)
})
