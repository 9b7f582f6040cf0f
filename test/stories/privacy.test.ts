import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CompanyContact } from '../../server/domain/companies/company.ts'
import { setPhone } from '../../server/domain/customers/sign-in.ts'
import { Order } from '../../server/domain/orders/order.ts'
import { entities } from '../../server/entities.ts'
import { DAY } from '../../server/lib/clock.ts'
import { opened } from '../../server/lib/crypto.ts'
import { newId } from '../../server/lib/ids.ts'
import type { Story } from '../harness.ts'
import { giveEmail, openLetters, signedIn, tell } from '../letters.ts'
import { jpeg } from '../pictures.ts'
import { afterEach, beforeEach, test } from '../suite.ts'

const MAIL = 'wangxiaomei@example.com'
const WORDS = '帐篷漏水把行李都泡了'
const LICENCE = '11010519491231002X'

let story: Story
let wang: string
beforeEach(async () => {
  story = await openLetters()
  wang = await signedIn(story.wang)
  await giveEmail(story, wang, MAIL)
})
afterEach(() => story.close())

interface Erasure {
  state: string
  can: boolean
  reasons: string[]
  token: string
  proof?: { part: string; title: string; deleted: number; kept: number; why?: string }[]
}

/** A life with us: a case with a picture, remarks, a rating, a call, tags, messages by every way, a paper, coupons. */
async function life(): Promise<void> {
  const { lin, zhou, chen } = story
  const photo = (await story.wang.upload(await jpeg())).body.id
  await story.wang.call('PATCH', '/api/me/profile', { birthday: '1990-05-20', region: '杭州西湖' })
  const paper = { kind: 'driving_licence', number: LICENCE, holder: '王晓梅', class: 'C1', expires_on: '2030-05-31' }
  assert.equal((await story.wang.call('POST', '/api/me/documents', paper)).status, 201)
  const ticket = await story.wang.complain(WORDS, { photos: [photo] })
  await story.wechat.finishMediaChecks('pass')
  await story.wang.does(ticket.id, 'remarks', { text: '补充：备用电话 13612345678', photos: [] })
  await lin.says('打电话给 1234，说周五给王晓梅 13800001234 回话')
  await lin.press('周五', 'yes')
  await lin.says('客户标签 1234 常客')
  await lin.says('客户 1234')
  await lin.press('找到', 'view_0')
  await tell(story, wang, { kind: 'both', text: '王晓梅的账单' })
  await tell(story, wang, { kind: 'note', text: '王晓梅的通知' })
  await lin.press(WORDS, 'finish', { type: 'quality' })
  await zhou.press(WORDS, 'finish', { engineer: zhou.option(WORDS, '陈志远') }).catch(() => undefined)
  await chen.says('任务')
}

/** Every table with everything in it that can be opened, as one text. */
async function everything(): Promise<Map<string, string>> {
  const tables = new Map<string, string>()
  for (const entity of entities) {
    const { tableName } = story.db.source.getMetadata(entity)
    const rows = await story.db.read((tx) => tx.find(entity as new () => { id: string }, ''))
    tables.set(tableName, JSON.stringify(rows.map((row) => open(row))))
  }
  return tables
}

function open(value: unknown): unknown {
  const inner = opened(value)
  if (Array.isArray(inner)) return inner.map(open)
  if (typeof inner === 'string' && /^k\d\./.test(inner)) throw new Error('a sealed text that nobody has opened')
  if (typeof inner !== 'object' || inner === null) return inner
  return Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, open(one)]))
}

async function placesOf(words: string[]): Promise<string[]> {
  const found: string[] = []
  for (const [table, text] of await everything())
    for (const word of words) if (text.includes(word)) found.push(`${table}: ${word}`)
  return found
}

const pictures = () => {
  const folder = join(story.folder, 'files')
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).filter((name) => String(name).includes('.')) : []
}

/** Lets the case come to its end: the customer takes it back. */
async function withdrawAll(): Promise<void> {
  const { body } = await story.wang.call<{ tickets: { id: string; status: string }[] }>('GET', '/api/tickets')
  for (const { id } of body.tickets) await story.wang.does(id, 'withdraw', { reason: '不用了' })
}

/** Orders that the shop has told and nobody has paid. */
async function unpaid(number: string, placedAt: number): Promise<void> {
  const order = {
    source: '商城',
    number,
    status: 'placed',
    told: 'placed',
    toldPaid: false,
    total: 100,
    paid: 0,
  } as const
  const rest = { refunded: 0, title: null, channel: null, items: [], data: {}, paidAt: null, version: 1 }
  await story.db.write((tx) =>
    tx.insert(Order, { id: newId(tx.now), customerId: wang, ...order, ...rest, placedAt, updatedAt: placedAt }),
  )
}

/** What other systems and colleagues have told of them. */
async function toldElsewhere(): Promise<void> {
  const order = {
    source: '商城',
    number: 'M1',
    status: 'paid',
    told: 'paid',
    toldPaid: true,
    total: 100,
    paid: 100,
  } as const
  const rest = { refunded: 0, title: '王晓梅的订单', channel: null, items: [], paidAt: null, version: 1 }
  await story.db.write(async (tx) => {
    const at = tx.now
    const data = { receiver: '王晓梅' }
    await tx.insert(Order, { id: newId(at), customerId: wang, ...order, ...rest, data, placedAt: at, updatedAt: at })
    const person = { name: '王晓梅', nameMark: 'x', phone: '13800001234', role: '采购经理', decides: false }
    const times = { reportsTo: null, createdAt: at, updatedAt: at }
    await tx.insert(CompanyContact, { id: newId(at), companyId: newId(at), customerId: wang, ...person, ...times })
  })
}

test('a customer fetches all that is held about them, by a link that opens once', async () => {
  await life()
  await toldElsewhere()
  const asked = await story.wang.call<{ state: string }>('POST', '/api/me/export')
  assert.deepEqual([asked.status, asked.body.state], [202, 'waiting'])
  assert.equal((await story.wang.call('POST', '/api/me/export/link')).status, 409, 'not before it is ready')
  await story.settle()
  const ready = await story.wang.call<{ state: string; expiresAt: number }>('GET', '/api/me/export')
  assert.equal(ready.body.state, 'ready')

  const link = (await story.wang.call<{ url: string }>('POST', '/api/me/export/link')).body.url
  assert.equal((await fetch(link, { method: 'HEAD' })).status, 200)
  const page = await (await fetch(link)).text()
  const json = JSON.parse(
    Buffer.from(/base64,([\w+/=]+|[^"]+)"/.exec(page)?.[1]?.replaceAll('&#x3D;', '=') ?? '', 'base64').toString(),
  )
  for (const word of [
    '13800001234',
    '王晓梅',
    MAIL,
    WORDS,
    '13612345678',
    LICENCE,
    '1990-05-20',
    '常客',
    '王晓梅的账单',
    '王晓梅的订单',
    '采购经理',
  ]) {
    assert.ok(page.includes(word), `${word} is missing on the page`)
    assert.ok(JSON.stringify(json).includes(word), `${word} is missing in the data`)
  }
  assert.ok(page.includes(story.wang.user.openid))
  assert.equal((await fetch(link)).status, 404, 'only once')
  const again = (await story.wang.call<{ url: string }>('POST', '/api/me/export/link')).body.url
  await story.later('16 min')
  assert.equal((await fetch(again)).status, 404, 'and soon')

  const { li } = story
  await li.signIn()
  await story.settle()
  assert.equal((await li.call<{ state: string }>('GET', '/api/me/export')).body.state, 'none')
  await story.later('8 d')
  assert.deepEqual(await story.db.read((tx) => tx.query('SELECT id FROM privacy_parts')), [])
  assert.equal((await story.wang.call<{ state: string }>('GET', '/api/me/export')).body.state, 'expired')
})

test('an erasure waits for what is open and says what to do; then nothing in any table knows the customer', async () => {
  await life()
  await toldElsewhere()
  await unpaid('M2', story.clock.now())
  // What has lain unpaid for so long holds nobody back.
  await unpaid('M3', story.clock.now() - 31 * DAY)
  const secrets = [
    '13800001234',
    '王晓梅',
    MAIL,
    story.wang.user.openid,
    WORDS,
    '13612345678',
    LICENCE,
    '1990-05-20',
    '05-20',
    '杭州西湖',
  ]
  assert.ok((await placesOf(secrets)).length > 10, 'the search finds what is there')
  assert.ok(pictures().length > 0)
  const blocked = await story.wang.call<{ error: { message: string } }>('POST', '/api/me/erase')
  assert.equal(blocked.status, 409)
  const why = (await story.wang.call<Erasure>('GET', '/api/me/erase')).body
  assert.equal(why.can, false)
  assert.match(why.reasons.join(), /还在处理.*撤回/)
  assert.match(why.reasons.join(), /订单 M2 还没有付款/)
  assert.doesNotMatch(why.reasons.join(), /订单 M3/)

  await withdrawAll()
  assert.equal((await story.wang.call('POST', '/api/me/erase')).status, 409, 'the order is still open')
  await story.db.write((tx) => tx.run(`UPDATE orders SET status = 'cancelled', told = 'cancelled' WHERE number = 'M2'`))
  const asked = await story.wang.call<Erasure>('POST', '/api/me/erase')
  assert.equal(asked.status, 202, JSON.stringify(asked.body))
  await story.settle()
  const seen = await fetch(`${story.running.url}/api/erasures/${asked.body.token}`)
  const erasure = (await seen.json()) as Erasure
  assert.equal(erasure.state, 'done')
  const proof = new Map(erasure.proof?.map((line) => [line.part, line]))
  assert.ok((proof.get('identities')?.deleted ?? 0) >= 4, JSON.stringify(erasure.proof))
  assert.ok((proof.get('tickets')?.kept ?? 0) === 1 && /统计/.test(proof.get('tickets')?.why ?? ''))
  assert.equal(proof.get('customer')?.deleted, 1)
  assert.deepEqual([proof.get('orders')?.kept, proof.get('contacts')?.deleted], [3, 1])
  assert.equal(proof.get('documents')?.deleted, 1)

  assert.deepEqual(await placesOf(secrets), [])
  assert.deepEqual(
    (await placesOf([wang])).filter((place) => !place.startsWith('inbox:')),
    [],
    'not even the id is left',
  )
  assert.deepEqual(pictures(), [])
  assert.equal((await story.wang.call('GET', '/api/me', undefined, {}, false)).status, 401)
  const [count] = await story.db.read((tx) => tx.query<{ n: number }>('SELECT COUNT(*) AS n FROM tickets'))
  assert.equal(Number(count?.n), 1, 'that there was a case is kept')
  await story.settle()
  await story.later('1 d')
  assert.deepEqual(await placesOf(secrets.slice(0, 4)), [], 'and it does not come back')

  const fresh = await signedIn(story.wang)
  assert.notEqual(fresh, wang, 'whoever comes again is new')
})

test('who joined the case of another leaves no words on its cards', async () => {
  const { wang, li, lin, zhou } = story
  const first = await wang.complain('门店灯坏了')
  const second = await li.complain('收银台左边太暗')
  await lin.says(`合并 ${second.number.slice(-5)} 到 ${first.number.slice(-5)}`)
  await lin.press('门店灯坏了', 'finish', { type: 'other' })
  assert.match(JSON.stringify(zhou.card('门店灯坏了').card), /收银台左边太暗/)
  await li.call('POST', '/api/me/erase')
  await story.settle()
  assert.deepEqual(await placesOf(['收银台左边太暗']), [])
  assert.doesNotMatch(JSON.stringify(zhou.card('门店灯坏了').card), /收银台左边太暗/)
})

test('a cooling time lets the customer take it back; a restart in the middle changes nothing', async () => {
  const pack = join(story.templates, 'packs/service-desk/pack.yaml')
  const text = await readFile(pack, 'utf8')
  await writeFile(pack, text.replace('erase_after: 0 min', 'erase_after: 7 d'))
  const { shelf, db } = story.running.house
  assert.deepEqual(await shelf.load(db), [])
  const asked = await story.wang.call<Erasure>('POST', '/api/me/erase')
  assert.deepEqual([asked.status, asked.body.state], [202, 'waiting'])
  await story.later('6 d')
  await story.settle()
  assert.equal(await signedIn(story.wang), wang)
  assert.equal((await story.wang.call('DELETE', '/api/me/erase')).status, 204)
  await story.later('3 d')
  assert.equal(await signedIn(story.wang), wang)

  await story.wang.call('POST', '/api/me/erase')
  await story.restart()
  await story.later('6 d')
  // Something has begun meanwhile: it waits for its end.
  await story.wang.signIn()
  await story.wang.complain('新的事情')
  await story.later('2 d')
  await story.wang.signIn()
  const waiting = (await story.wang.call<Erasure>('GET', '/api/me/erase')).body
  assert.equal(waiting.state, 'waiting')
  assert.match(waiting.reasons.join(), /还在处理/)
  await withdrawAll()
  await story.later('2 h')
  const rows = await story.db.read((tx) => tx.query('SELECT id FROM customers WHERE id = ?', [wang]))
  assert.deepEqual(rows, [])
})

test('others are untouched by an erasure', async () => {
  const li = await signedIn(story.li)
  await story.db.write((tx) => setPhone(tx, li, '13900005678'))
  const ticket = await story.li.complain('李强的事情')
  await story.wang.call('POST', '/api/me/erase')
  await story.settle()
  assert.ok(JSON.stringify(await story.li.ticket(ticket.id)).includes('李强的事情'))
  assert.equal(await signedIn(story.li), li)
  const events = await story.db.read((tx) => tx.query('SELECT id FROM events WHERE customerId = ?', [li]))
  assert.ok(events.length > 3)
})

test('an address is taken once its code was typed, and no sooner', async () => {
  const { sandbox } = story
  const address = 'neu@example.com'
  const asked = await story.wang.call<{ email: string; email_waiting: string }>('POST', '/api/me/email', {
    email: address,
  })
  assert.deepEqual([asked.status, asked.body.email, asked.body.email_waiting], [202, MAIL, address])
  await story.settle()
  const [letter] = sandbox.smtp?.inbox(address) ?? []
  const code = /\d{6}/.exec(letter?.subject ?? '')?.[0] ?? ''
  assert.equal(code.length, 6, letter?.subject)
  const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0')
  assert.equal((await story.wang.call('POST', '/api/me/email/confirm', { code: wrong })).status, 409)
  const taken = await story.wang.call<{ email: string }>('POST', '/api/me/email/confirm', { code })
  assert.deepEqual([taken.status, taken.body.email], [200, address])
  assert.equal((await story.wang.call('POST', '/api/me/email/confirm', { code })).status, 409, 'once')

  await story.wang.call('POST', '/api/me/email', { email: 'other@example.com' })
  for (let tries = 0; tries < 5; tries++)
    assert.equal((await story.wang.call('POST', '/api/me/email/confirm', { code: '000000' })).status, 409)
  await story.settle()
  const late = /\d{6}/.exec(sandbox.smtp?.inbox('other@example.com')[0]?.subject ?? '')?.[0] ?? ''
  assert.equal((await story.wang.call('POST', '/api/me/email/confirm', { code: late })).status, 409, 'no more guesses')
})

test('particulars and papers are checked, sealed and known to conditions', async () => {
  const { wang: one } = story
  const wrong = await one.call<{ error: { field: string } }>('PATCH', '/api/me/profile', { birthday: '1990-13-01' })
  assert.deepEqual([wrong.status, wrong.body.error.field], [422, 'birthday'])
  const post = (paper: object) =>
    one.call<{ error: { field: string }; documents: { id: string; number: string; photo?: string }[] }>(
      'POST',
      '/api/me/documents',
      paper,
    )
  assert.equal((await post({ kind: 'id_card', number: '110105194912310020' })).body.error.field, 'number')
  assert.equal((await post({ kind: 'driving_licence', number: LICENCE, class: 'X9' })).body.error.field, 'class')
  assert.equal(
    (await post({ kind: 'id_card', number: LICENCE, expires_on: '2020-01-01' })).body.error.field,
    'expires_on',
  )
  const plain = (await one.upload(await jpeg())).body.id
  assert.equal((await post({ kind: 'id_card', number: LICENCE, photo: plain })).status, 422, 'of another purpose')
  const photo = (await one.upload(await jpeg(), 'photo.jpg', '?for=document')).body.id
  await story.settle()
  const [row] = await story.db.read((tx) =>
    tx.query<{ safety: string }>('SELECT safety FROM attachments WHERE id = ?', [photo]),
  )
  assert.equal(row?.safety, 'pass', 'no check has seen it')
  const misused = { form: 'complaint', answers: { type: 'fee', urgency: 'normal', description: 'x', photos: [photo] } }
  assert.equal((await one.call('POST', '/api/tickets', misused)).status, 422, 'nor does staff by another way')
  const shown = (await post({ kind: 'id_card', number: LICENCE, photo })).body.documents[0]
  const seen = () => fetch(story.running.url + shown?.photo)
  assert.equal((await seen()).headers.get('content-type'), 'image/jpeg')
  await one.call('DELETE', `/api/me/documents/${shown?.id}`)
  assert.equal((await seen()).status, 404)
  const { documents } = (
    await post({ kind: 'driving_licence', number: LICENCE, class: 'C1', expires_on: '2027-03-01' })
  ).body
  assert.equal(documents[0]?.number, '11010519******002X')
  await story.settle()
  const [facts] = await story.db.read((tx) =>
    tx.query<{ more: string }>('SELECT more FROM customer_facts WHERE id = ?', [wang]),
  )
  assert.equal(JSON.parse(facts?.more ?? '{}').licence_expires_at, Date.parse('2027-03-01T23:59:59.999+08:00'))
  await one.call('DELETE', `/api/me/documents/${documents[0]?.id}`)
  await story.settle()
  const [later] = await story.db.read((tx) =>
    tx.query<{ more: string }>('SELECT more FROM customer_facts WHERE id = ?', [wang]),
  )
  assert.equal(JSON.parse(later?.more ?? '{}').licence_expires_at, undefined)
  const { li } = story
  await li.signIn()
  assert.equal((await li.call('DELETE', `/api/me/documents/${documents[0]?.id}`)).status, 404)
})
