import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dumpOf } from '../dump.ts'
import { type Detail, onEachChat, type Story } from '../harness.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const ID = '11010519491231002X'
const PHONE = '13612345678'
const CARD = '6222021234567890123'
const ADDRESS = '幸福小区三号楼二单元'
const ACCOUNT = '9558801234560001'
const SECRETS = [ID, PHONE, CARD, ADDRESS, ACCOUNT]

const FORM = `form: claim
title: 退款
fields:
  - { name: words, kind: longtext, label: 事由, required: true }
  - { name: idNumber, kind: id_number, label: 身份证号, required: true }
  - { name: contact, kind: phone, label: 联系电话, required: true }
  - { name: card, kind: text, label: 银行卡号, private: true, required: true }
  - { name: home, kind: longtext, label: 住址, private: true, showWhen: { card: { $exists: true } } }
  - { name: fee, kind: money, label: 费用, private: true, required: true }
  - { name: rest, kind: money, label: 应退, computed: fee - 1 }
`
const CHECK = `form: claim_check
title: 核对
fields:
  - { name: holder, kind: id_number, label: 开户证件, required: true }
  - { name: account, kind: text, label: 打款账号, private: true, required: true }
  - { name: note, kind: text, label: 说明, required: true }
`
const FLOW = `flow: claim
title: 退款
form: claim
calendar: service
escalation: standard
priority:
  - { when: { card: { $regex: '^6222' } }, is: urgent }
steps:
  - { step: check, title: 核对, progress: 正在核对, task: 核对, role: front_line, limit: 1 h, form: claim_check,
      actions: [accept, finish], next: [{ when: { check.account: { $regex: '^9558' } }, to: pay }, { to: end }] }
  - { step: pay, title: 打款, progress: 正在打款, task: 打款, role: supervisor, limit: 1 h, form: claim_check,
      actions: [finish], finish: [{ do: resolve_ticket }], next: end }
`

onEachChat((open, chat) => {
  let story: Story
  let ticket: Detail
  beforeEach(async () => {
    story = await open()
    const pack = join(story.templates, 'packs/service-desk')
    await writeFile(join(pack, 'forms/claim.yaml'), FORM)
    await writeFile(join(pack, 'forms/claim_check.yaml'), CHECK)
    await writeFile(join(pack, 'flows/claim.yaml'), FLOW)
    await story.settle()
    assert.deepEqual(story.running.house.shelf.problems, [])
    const { wang } = story
    await wang.signIn()
    const answers = { words: '多扣了钱', idNumber: ID, contact: PHONE, card: CARD, home: ADDRESS, fee: '88.00' }
    const { status, body } = await wang.call<Detail>('POST', '/api/tickets', { form: 'claim', answers })
    assert.equal(status, 201, JSON.stringify(body))
    ticket = body
    await story.settle()
  })
  afterEach(() => story.close())

  async function nothingInClear(when: string): Promise<void> {
    const dump = await dumpOf(story)
    assert.ok(dump.includes(ticket.number), 'the dump is one')
    for (const secret of SECRETS) assert.ok(!dump.includes(secret), `${secret} stands in the database ${when}`)
  }

  test('what is private stands in the database under seal only, cards mask it, conditions and figures go on', async () => {
    const { wang, lin, zhou, he } = story
    await nothingInClear('after the opening')
    assert.equal(ticket.priority, 'urgent', 'conditions read it')
    const own = JSON.stringify(await wang.ticket(ticket.id))
    for (const text of [ID, PHONE, CARD, ADDRESS, '￥87.00']) assert.ok(own.includes(text), `${text}: ${own}`)
    const read = () => [lin, zhou, he].map((one) => one.read()).join('\n')
    for (const shown of ['11010519******002X', '136****5678', '******']) assert.ok(read().includes(shown), shown)

    await lin.press('核对', 'finish')
    await lin.says('110105194912310020')
    assert.match(lin.lastLine(), /不是有效的身份证号码/)
    await lin.says(ID)
    await lin.says(ACCOUNT)
    await nothingInClear('while the bot waits for the rest')
    await lin.says('已核对')
    assert.equal((await wang.ticket(ticket.id)).stepTitle, '打款', 'the flow branched on it')
    await nothingInClear('after the step')
    // What she typed herself stands in her own chat, which is the platform's.
    const told = [...lin.cards(), ...zhou.cards(), ...he.cards()].map(({ card }) => JSON.stringify(card)).join('\n')
    for (const secret of SECRETS) assert.ok(!told.includes(secret), `${secret} stands on a card`)

    await he.says(`客户 ${CARD}`)
    assert.match(he.read(), /找到 1 位客户/, 'whoever knows it finds its owner')
    await he.says(`工单 ${ticket.number.slice(-5)}`)
    await he.pressMenu(ticket.number, 'history')
    await nothingInClear('after it was looked at')
    assert.ok(!he.read().includes(ID))
  })

  test('the staff page masks it too; whoever has the task may look, and is noted', async () => {
    const { lin, he } = story
    const page = await staffPage(lin)
    assert.ok(page.text.includes('11010519******002X') && page.text.includes('****0123'), page.text)
    assert.ok(!page.text.includes(ID) && !page.text.includes(CARD))
    const whole = await page.post('/work/private')
    for (const secret of [ID, PHONE, CARD, ADDRESS, '￥88.00']) assert.ok(whole.includes(secret), secret)
    const sent = await page.post('/work', { holder: ID, account: ACCOUNT, note: '已核对' })
    assert.ok(sent.includes('已提交'), sent)
    assert.ok((await page.post('/work/private')).includes('无需再处理'))
    const others = await staffPage(he, '打款')
    assert.ok((await others.post('/work/private')).includes('不在您的职责内'))
    await he.says(`工单 ${ticket.number.slice(-5)}`)
    await he.pressMenu(ticket.number, 'history')
    assert.match(he.lastLine(), /林小雨查看了完整的身份证号、联系电话、银行卡号、住址、费用/)
    await nothingInClear('after the page')
  })

  test('after a change of keys all stays readable, and what is written anew has the new key', async () => {
    const { wang, lin } = story
    const old = (await readFile(join(story.folder, 'keys'), 'utf8')).trim()
    await story.running.close()
    Object.assign(story, { options: { chat, env: { DATA_KEYS: `k2:${randomBytes(32).toString('base64')},${old}` } } })
    await story.open()
    assert.ok(JSON.stringify(await wang.ticket(ticket.id)).includes(ID))
    assert.equal(await keyOf('answers', 'flow_runs'), 'k1')
    await lin.press('核对', 'finish')
    for (const words of [ID, ACCOUNT, '已核对']) await lin.says(words)
    assert.equal(await keyOf('answers', 'flow_runs'), 'k2')
    assert.equal((await wang.ticket(ticket.id)).stepTitle, '打款')

    // As rows stood before there were seals.
    await story.db.write((tx) => tx.run('UPDATE tickets SET answers = ?', [JSON.stringify({ idNumber: ID, fee: 500 })]))
    const plain = JSON.stringify(await wang.ticket(ticket.id))
    assert.ok(plain.includes(ID) && plain.includes('￥5.00'))
  })

  /** By which key the secrets of a column are sealed; all of them by the same. */
  async function keyOf(column: string, table: string): Promise<string> {
    const rows = await story.db.read((tx) => tx.query<{ text: string }>(`SELECT ${column} AS text FROM ${table}`))
    const keys = rows.flatMap(({ text }) => [...text.matchAll(/\{"\$sealed":"(\w+)\./g)].map(([, key]) => key))
    assert.ok(keys.length > 0)
    return [...new Set(keys)].join()
  }

  async function staffPage(worker: Story['lin'], words = '核对') {
    if (words === '打款') {
      // Who has no card of the step asks for the case and sees it as a reader.
      await story.zhou.pressMenu(words, 'page')
      const link = story.zhou.link()
      await story.db.write((tx) =>
        tx.run('UPDATE staff_links SET staffId = (SELECT id FROM staff WHERE name = ?)', ['何建国']),
      )
      return openPage(link)
    }
    await worker.pressMenu(words, 'page')
    return openPage(worker.link())
  }

  async function openPage(link: string) {
    const url = story.running.url + new URL(link).pathname
    const opened = await fetch(url, { method: 'POST', redirect: 'manual' })
    const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const text = await (await fetch(`${story.running.url}/work`, { headers: { cookie } })).text()
    return {
      text,
      async post(path: string, fields: Record<string, string> = {}): Promise<string> {
        const body = new FormData()
        for (const [name, value] of Object.entries(fields)) body.append(name, value)
        const sent = await fetch(story.running.url + path, { method: 'POST', headers: { cookie }, body })
        await story.settle()
        return sent.text()
      },
    }
  }
})
