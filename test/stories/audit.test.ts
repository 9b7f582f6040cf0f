import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openStory, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

let story: Story
let watch: Watch
beforeEach(async () => {
  watch = await openWatch()
  story = await openStory({ env: { HEARTBEAT_URL: watch.url } })
})
afterEach(async () => {
  await story.close()
  watch.server.close()
})

interface Watch {
  server: Server
  url: string
  beats: number
  status: number
}

/** An outside watch that counts the signs of life. */
async function openWatch(): Promise<Watch> {
  const server = createServer((_request, response) => {
    opened.beats += 1
    response.writeHead(opened.status).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/beat`
  const opened: Watch = { server, url, beats: 0, status: 200 }
  return opened
}

/** The auditor makes its round, and what it has to say is delivered. */
async function audit(): Promise<void> {
  const duty = story.running.duties.find(({ name }) => name === 'audit')
  await duty?.run()
  await story.settle()
}

function sql(statement: string, values: unknown[] = []): Promise<number> {
  return story.db.write((tx) => tx.run(statement, values))
}

async function row(statement: string): Promise<Record<string, unknown>> {
  const [found] = await story.db.read((tx) => tx.query(statement))
  return found as Record<string, unknown>
}

async function metric(name: string): Promise<number | undefined> {
  const text = await (await fetch(`${story.running.url}/metrics`)).text()
  const [, value] = new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(text) ?? []
  return value === undefined ? undefined : Number(value)
}

/** What the auditor told the director, oldest first. */
const reports = () => story.he.lines().filter((line) => line.includes('系统自检'))

test('all is well: nobody is told anything, the outside watch hears a heartbeat', async () => {
  const { wang, lin } = story
  assert.equal(await metric('yingke_audit_last_ok_seconds'), Number.NaN)
  await wang.complain('一切正常')
  await lin.press('一切正常', 'ask')
  await lin.says('请问车号？')
  await audit()
  assert.equal(watch.beats, 1)
  assert.deepEqual(reports(), [])
  await story.later('5 min')
  assert.equal(await metric('yingke_audit_last_ok_seconds'), 300)
  await audit()
  assert.equal(watch.beats, 2)
  assert.equal(await metric('yingke_audit_last_ok_seconds'), 0)
})

test('a step that lost its time gets it back from its history, and acts on time', async () => {
  const { wang, lin } = story
  await wang.complain('时间丢失')
  const before = await row('SELECT dueAt, wakeAt FROM flow_steps')
  await sql('UPDATE flow_steps SET dueAt = NULL, wakeAt = NULL')
  await audit()
  assert.deepEqual(await row('SELECT dueAt, wakeAt FROM flow_steps'), before)
  assert.equal((await row(`SELECT COUNT(*) AS n FROM events WHERE name = 'step.clock_repaired'`)).n, 1)
  assert.deepEqual(reports(), [], 'what is repaired need not be told')
  assert.equal(watch.beats, 1)
  await story.later('10 min')
  assert.ok(lin.cards().some(({ card }) => card.source?.desc === '已超时'))
})

test('a step that would sleep through its limit is woken', async () => {
  const { wang, lin } = story
  await wang.complain('睡过头')
  await sql('UPDATE flow_steps SET wakeAt = wakeAt + 86400000')
  await sql('DELETE FROM card_reminders')
  await story.later('13 min')
  assert.equal(lin.cards().length, 1)
  await audit()
  assert.ok(
    lin.cards().some(({ card }) => card.source?.desc === '已超时'),
    lin.read(),
  )
})

test('what cannot be put right is reported once a day, and the heartbeat is silent until it is', async () => {
  const { wang, lin, he } = story
  const ticket = await wang.complain('暂停丢失')
  await lin.press('暂停丢失', 'ask')
  await lin.says('请问车号？')
  const other = await wang.complain('没有下一步')
  const cancelled = `UPDATE flow_steps SET state = 'cancelled', dueAt = NULL, wakeAt = NULL WHERE state = 'open'`
  await sql('DELETE FROM flow_pauses')
  await sql(cancelled)
  await audit()
  assert.equal(reports().length, 1, he.read())
  const [report = ''] = reports()
  assert.ok(report.includes('发现 2 处异常'), report)
  assert.ok(report.includes('等客户回复却仍在计时：1 处'), report)
  assert.ok(report.includes(`· ${ticket.number}【登记核实】（林小雨负责），11月23日 10:00 发现`), report)
  assert.ok(report.includes('工单没有下一步：1 处'), report)
  assert.ok(report.includes(`· ${other.number} 投诉：车辆或商品质量，11月23日 10:00 发现`), report)
  assert.equal(watch.beats, 0)
  assert.equal(await metric('yingke_audit_findings{kind="step_unpaused"}'), 1)
  assert.equal(await metric('yingke_audit_findings{kind="run_stuck"}'), 1)

  await story.later('20 min')
  await audit()
  assert.equal(reports().length, 1, 'known for today')
  await story.later('1 d')
  await audit()
  assert.equal(reports().length, 2)

  await sql(`UPDATE flow_steps SET state = 'done' WHERE state IN ('waiting', 'cancelled')`)
  await sql(`UPDATE flow_runs SET state = 'ended'`)
  await audit()
  assert.equal(watch.beats, 1)
  assert.equal(await metric('yingke_audit_findings{kind="run_stuck"}'), undefined)
})

test('a message without a turn is delivered, a dead letter reported once, a lost lease is noticed', async () => {
  const { wang, lin } = story
  story.wecom.faults.down = 'reset'
  await wang.complain('消息丢失')
  story.wecom.faults.down = false
  await sql(`UPDATE messages SET nextAt = NULL WHERE channel = 'staff'`)
  await story.settle()
  assert.equal(lin.cards().length, 0)
  await audit()
  assert.equal(lin.cards().filter(({ alive }) => alive).length, 1, lin.read())

  await sql(`UPDATE messages SET state = 'failed', nextAt = NULL, error = 'wecom 60020: not allow to access' WHERE id = (SELECT id FROM
    (SELECT MIN(id) AS id FROM messages WHERE channel = 'staff') AS first)`)
  await audit()
  const report = reports().at(-1) ?? ''
  assert.match(report, /发给同事的消息没有送达：1 处 —\n请当面或电话告知。/)
  assert.match(report, /· 发给\S+的任务卡：\S+【登记核实】\S*，11月23日 10:\d\d，平台拒收（错误码 60020）/)
  assert.match(report, /近一天另有 \d 处已自行修复/)
  assert.match(report, /【已自行修复，无需处理】\n\n— 消息漏发：\d 处 —\n· 发给/)
  assert.doesNotMatch(report, /[a-z]/, 'no codes and no English')
  const told = reports().length
  await story.later('2 d')
  await audit()
  assert.ok(
    !reports()
      .slice(told)
      .some((line) => line.includes('没有送达')),
    'a dead letter is told once',
  )
})

test('a step that cannot be read is reported, and the others go on', async () => {
  const { wang, lin } = story
  await wang.complain('损坏的任务')
  await story.later('20 min')
  await sql(`UPDATE flow_steps SET name = 'nonsense'`)
  await wang.complain('好的任务')
  await story.later('31 min')
  await audit()
  assert.equal(watch.beats, 0)
  assert.match(
    reports()[0] ?? '',
    /任务数据损坏：1 处 —\n\S+\n· \S+ 投诉：车辆或商品质量（林小雨负责），11月23日 \d\d:\d\d 起不再计时/,
  )
  assert.ok(lin.card('好的任务'))
})

test('several reports that wait become one that tells all', async () => {
  const { wang, lin, he } = story
  await wang.complain('第一处')
  await lin.press('第一处', 'ask')
  await lin.says('请问？')
  await sql('DELETE FROM flow_pauses')
  const duty = story.running.duties.find(({ name }) => name === 'audit')
  await duty?.run()
  await sql(`UPDATE flow_steps SET state = 'cancelled' WHERE state = 'waiting'`)
  await duty?.run()
  await story.settle()
  assert.equal(reports().length, 1, he.read())
  assert.match(reports()[0] ?? '', /发现 2 处异常/)
})

test('a watch that does not answer is counted and stops nothing', async () => {
  watch.status = 500
  const failed = async () => (await metric('yingke_heartbeat_failures_total')) ?? 0
  const before = await failed()
  await audit()
  assert.equal(await failed(), before + 1)
  watch.server.close()
  watch.server.closeAllConnections()
  await audit()
  assert.equal(await failed(), before + 2)
})
