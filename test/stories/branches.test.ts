import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { record, SYSTEM } from '../../server/engines/events/events.ts'
import { signalFlows } from '../../server/engines/flows/flows.ts'
import { onEachChat, type Story } from '../harness.ts'
import { jpeg } from '../pictures.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

/** After the registration a visit with a photo and a talk at the same time; then the customer's payment is awaited. */
const STEPS = `steps:
  - { step: register, title: 登记核实, progress: 正在核实, task: 核实情况, role: front_line, limit: 10 min,
      form: complaint_register, actions: [accept, finish, ask, transfer], next: split }
  - { step: split, parallel: [visit, talk], then: paid }
  - { step: visit, title: 上门处理, progress: 工程师正在上门处理, task: 上门处理并拍照, role: engineer,
      limit: { default: 4 h, urgent: 1 h }, form: complaint_resolve, evidence: [photos],
      actions: [accept, finish, ask, transfer], next: join }
  - { step: talk, title: 与客户沟通, progress: 客服正与您沟通, task: 沟通, role: front_line, limit: 30 min,
      form: complaint_talk, actions: [accept, finish, ask, transfer], next: join }
  - { step: paid, title: 等待付款, progress: 等待您付款, wait: { for: payment.received, until: 2 d, timeout: follow_up }, next: end }
  - { step: follow_up, title: 回访总结, progress: 主管将回访您, task: 回访, role: supervisor, limit: 1 workday,
      form: complaint_follow_up, actions: [finish], next: end }
`

onEachChat((open) => {
  let story: Story
  beforeEach(async () => {
    story = await open()
    const path = join(story.templates, 'packs/service-desk/flows/complaint.yaml')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.slice(0, text.indexOf('steps:')) + STEPS)
    await story.settle()
    assert.deepEqual(story.running.house.shelf.problems, [])
  })
  afterEach(() => story.close())

  async function toBranches(words: string): Promise<string> {
    const { wang, lin } = story
    const { id } = await wang.complain(words)
    await lin.press(words, 'finish', { type: 'quality' })
    return id
  }

  test('two people work at the same time; a photo is asked for; then the payment is awaited', async () => {
    const { wang, lin, chen, zhou } = story
    const id = await toBranches('车锁打不开')
    assert.ok(lin.card('与客户沟通').alive)
    const both = (await wang.ticket(id)).steps.filter(({ state }) => state === 'current')
    assert.deepEqual(
      both.map(({ name }) => name),
      ['visit', 'talk'],
    )

    await chen.press('上门处理', 'finish')
    await chen.says('已更换车锁')
    assert.match(chen.lastLine(), /请发送「完成照片」/)
    await chen.says('完成')
    assert.match(chen.lastLine(), /还缺照片：「完成照片」需要至少 1 张，现在有 0 张/)
    await chen.sends(await jpeg())
    await chen.says('完成')
    assert.match(String(chen.card('上门处理').replaced), /陈志远 已于/)
    assert.equal((await wang.ticket(id)).stepTitle, '与客户沟通')

    await lin.press('与客户沟通', 'finish', { agreed: 'yes' })
    await lin.says('客户同意')
    assert.equal((await wang.ticket(id)).stepTitle, '等待付款')
    assert.ok((await wang.does(id, 'urge')).status < 300, 'nobody has to be told')

    await story.db.write(async (tx) => {
      const subject = { type: 'ticket', id }
      await record(tx, 'payment.received', { subject, by: SYSTEM, data: { fen: 500 } })
      assert.equal(await signalFlows(tx, subject, 'payment.received', { fen: 500 }), 1)
    })
    await story.settle()
    assert.equal((await wang.ticket(id)).status, 'resolved')
    assert.throws(() => zhou.card('回访总结'))
  })

  test('a payment that does not come sends the case to the supervisor, after a restart too', async () => {
    const { lin, chen, zhou } = story
    await toBranches('付款没有来')
    await lin.press('与客户沟通', 'finish', { agreed: 'yes' })
    await lin.says('客户同意')
    await chen.press('上门处理', 'finish')
    await chen.sends(await jpeg())
    await chen.says('已处理')
    await story.later('47 h')
    await story.restart()
    assert.throws(() => zhou.card('回访总结'))
    await story.later('1 h')
    assert.ok(zhou.card('回访总结').alive)
  })

  test('the page refuses to finish without the photo as well, and a withdrawal ends both branches', async () => {
    const { wang, chen, lin } = story
    const id = await toBranches('页面也要照片')
    await chen.pressMenu('上门处理', 'page')
    const url = story.running.url + new URL(chen.link()).pathname
    const opened = await fetch(url, { method: 'POST', redirect: 'manual' })
    const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const form = new FormData()
    form.append('result', '已处理')
    const sent = await fetch(`${story.running.url}/work`, { method: 'POST', headers: { cookie }, body: form })
    assert.ok((await sent.text()).includes('还缺照片：「完成照片」需要至少 1 张'))
    assert.ok(chen.card('上门处理').alive)

    await wang.does(id, 'withdraw', { reason: '好了' })
    assert.match(String(chen.card('上门处理').replaced), /撤回/)
    assert.match(String(lin.card('与客户沟通').replaced), /撤回/)
    const rows = await story.db.read((tx) => tx.query(`SELECT 1 FROM flow_steps WHERE state IN ('open', 'waiting')`))
    assert.equal(rows.length, 0)
  })
})
