import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mailToken } from '../../server/domain/customers/mail-token.ts'
import { lookAt } from '../../server/domain/segments/look.ts'
import type { Story } from '../harness.ts'
import { giveEmail, happened, openLetters, rowsOf, signedIn, tell } from '../letters.ts'
import { deeds, happens, putRules } from '../rules.ts'
import { afterEach, test } from '../suite.ts'

let story: Story
let wang: string
afterEach(() => story.close())

interface Standing {
  purpose: string
  granted: boolean
  status: string | null
  asked_again: boolean
}

async function open(): Promise<void> {
  story = await openLetters()
  wang = await signedIn(story.wang)
  await giveEmail(story, wang, 'wangxiaomei@example.com')
}

async function standing(purpose: string): Promise<Standing | undefined> {
  const { body } = await story.wang.call<{ consents: Standing[] }>('GET', '/api/me/consents')
  return body.consents.find((one) => one.purpose === purpose)
}

/** What the mails that have gone said, in order. */
async function sent(): Promise<string[]> {
  const rows = await story.db.read((tx) =>
    tx.query<{ data: string }>(
      `SELECT data FROM messages WHERE via = 'mail' AND state IN ('sent', 'confirmed') ORDER BY id`,
    ),
  )
  return rows.map(({ data }) => String((JSON.parse(data) as { text: string }).text))
}

const say = (consents: Record<string, boolean>) => story.wang.call('PUT', '/api/me/consents', { consents })
const mails = () => story.sandbox.smtp?.taken.length ?? 0
const market = (text: string, via: string) =>
  tell(story, wang, { kind: 'both', text, via, data: { class: 'marketing' } })

test('no marketing without a yes, none after a no; service goes on; every word is kept with its version', async () => {
  await open()
  await market('一', 'mail')
  assert.equal(mails(), 1, 'agreed at sign-in')
  await say({ marketing_mail: false })
  await market('二', 'mail')
  assert.equal(mails(), 1)
  assert.equal((await rowsOf(story, 'both')).at(-1)?.state, 'obsolete')
  await tell(story, wang, { kind: 'letter', text: '服务信' })
  assert.equal(mails(), 2, 'a letter of service is another matter')
  await say({ marketing_mail: true })
  await market('三', 'mail')
  assert.equal(mails(), 3)
  const rows = await story.db.read((tx) =>
    tx.query(`SELECT status, version, source FROM consents WHERE purpose = 'marketing_mail' ORDER BY id`),
  )
  assert.deepEqual(
    rows.map((row) => Object.values(row).map(String).join()),
    ['granted,1,app', 'revoked,1,app', 'granted,1,app'],
  )
  await say({ marketing_mail: true })
  assert.equal(
    (await story.db.read((tx) => tx.query('SELECT id FROM consents'))).length,
    5,
    'said again it is not said twice',
  )
  assert.equal((await say({ nonsense: true })).status, 422)
})

test('a message that waits when the no comes does not go', async () => {
  await open()
  const { smtp } = story.sandbox
  smtp?.faults.refuseMails.push('451 4.3.0 try later')
  await market('等着', 'mail')
  assert.equal(mails(), 0)
  await say({ marketing_mail: false })
  await story.later('2 h')
  assert.equal(mails(), 0)
})

test('the end of all mails is a no to what goes by mail, and a yes on the phone opens the way again', async () => {
  await open()
  await tell(story, wang, { kind: 'letter', text: '信' })
  const [message] = await story.db.read((tx) =>
    tx.query<{ id: string }>(`SELECT id FROM messages WHERE kind = 'letter'`),
  )
  await fetch(`${story.running.url}/m/u/${mailToken('stop', message?.id ?? '')}`, { method: 'POST' })
  const after = await standing('marketing_mail')
  assert.deepEqual([after?.granted, after?.status], [false, 'revoked'])
  await tell(story, wang, { kind: 'letter', text: '又一封' })
  assert.equal(mails(), 1)
  await say({ marketing_mail: true })
  assert.equal((await standing('marketing_mail'))?.granted, true)
  await tell(story, wang, { kind: 'letter', text: '再一封' })
  assert.equal(mails(), 2)
})

test('new words are asked for anew, and a yes lapses', async () => {
  await open()
  const file = join(story.templates, 'packs/service-desk/pack.yaml')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace(/(marketing_mail: \{.*)needs: opt_in/, '$1version: 2, needs: opt_in'))
  assert.deepEqual(await story.running.house.shelf.load(story.db), [])
  const asked = await standing('marketing_mail')
  assert.deepEqual([asked?.granted, asked?.asked_again], [false, true])
  await market('旧同意', 'mail')
  assert.equal(mails(), 0)
  await say({ marketing_mail: true })
  await market('新同意', 'mail')
  assert.equal(mails(), 1)
  story.clock.set(story.clock.now() + 731 * 86_400_000)
  await story.wang.signIn().catch(() => undefined)
  const { rows } = await story.db.read(async (tx) => ({
    rows: await tx.query<{ lapsesAt: number }>(
      `SELECT lapsesAt FROM consents WHERE purpose = 'marketing_sms' ORDER BY id`,
    ),
  }))
  assert.ok(Number(rows[0]?.lapsesAt) < story.clock.now())
  assert.ok(rows.length >= 2, 'who says yes after it has lapsed says it anew')
})

test('a rule that may not speak says so, and its wait and its cap go on as if it had not', async () => {
  await open()
  await putRules(story, {
    promo: `rule: promo
title: 优惠规则
on: { event: order.placed }
key: order
steps:
  - { do: notify_customer, kind: both, via: mail, data: { text: 优惠来了, link: 'https://shop.example/' } }
  - { do: notify_staff, to: { role: front_line }, or: front_line, title: 提醒, text: 请看 }
`,
  })
  await say({ marketing_mail: false })
  await happens(story, wang, 'order.placed', { order: 'A1' })
  assert.equal(mails(), 0)
  assert.match((await deeds(story, 'promo')).join(), /passed notify_customer,done notify_staff/)
  await story.lin.says('为什么 1234 优惠规则')
  assert.match(story.lin.lastLine(), /没有做「通知客户」：客户没有同意「邮件优惠」/)
  const contacts = await story.db.read((tx) => tx.query('SELECT id FROM rule_contacts'))
  assert.deepEqual(contacts, [], 'what was not said does not count')
  await say({ marketing_mail: true })
  await happens(story, wang, 'order.placed', { order: 'A2' })
  assert.equal(mails(), 1)
  assert.equal((await happened(story, 'consent.withdrawn')).length, 1)
})

test('who refuses to be profiled gets no marketing by behaviour, neither by a rule nor as a talking point; service goes on', async () => {
  await open()
  await putRules(story, {
    often: `rule: often
title: 常客优惠
on: { event: order.placed }
key: order
if: { customer.orders: { $gte: 1 } }
steps:
  - { do: notify_customer, kind: both, via: mail, data: { text: 常客优惠, link: 'https://shop.example/' } }
  - { do: notify_customer, kind: letter, class: service, via: mail, data: { text: 订单已收到, link: 'https://shop.example/' } }
  - { do: follow_up, to: { role: front_line }, or: front_line, title: 常客回访 }
  - { do: notify_staff, to: { role: front_line }, or: front_line, title: 回访没有人处理, text: 请看 }
`,
    everybody: `rule: everybody
title: 人人有份
on: { event: order.placed }
key: order
steps:
  - { do: notify_customer, kind: both, via: mail, data: { text: 人人有份, link: 'https://shop.example/' } }
`,
  })
  await happens(story, wang, 'order.paid', { order: 'A0', amount: 300_000 })
  assert.equal((await say({ profiling: false })).status, 200)
  await happens(story, wang, 'order.placed', { order: 'A1' })
  assert.deepEqual((await sent()).sort(), ['人人有份', '订单已收到'])
  assert.match(
    (await deeds(story, 'often')).join(),
    /passed notify_customer,done notify_customer,passed follow_up,over ended/,
  )
  assert.equal(
    (await deeds(story, 'often')).includes('done notify_staff'),
    false,
    'nobody waits for what was not asked',
  )
  await story.lin.says('为什么 1234 常客优惠')
  assert.match(story.lin.lastLine(), /没有做「通知客户」：客户没有同意「个性化推荐」/)
  assert.match(story.lin.lastLine(), /现在：客户没有同意「个性化推荐」，这条规则里的营销不会做/)
  await story.lin.says('为什么 1234 人人有份')
  assert.doesNotMatch(story.lin.lastLine(), /个性化推荐/)

  const look = async () => {
    const seen = await story.db.read((tx) => lookAt(tx, wang, story.running.house.words))
    return { talks: seen?.talks ?? [], refused: seen?.profile.refused, words: seen?.transactions.rfm_words }
  }
  await story.later('61 d')
  assert.deepEqual(await look().then(({ talks, words, refused }) => [talks, words, refused]), [
    [],
    undefined,
    '个性化推荐',
  ])

  await say({ profiling: true })
  await happens(story, wang, 'order.placed', { order: 'A2' })
  // The cap lets one of the two go today.
  await story.later('1 d')
  assert.equal((await sent()).filter((text) => text === '常客优惠').length, 1)
  const { talks, words, refused } = await look()
  assert.match(talks.join(), /上次下单是/)
  assert.deepEqual([words, refused], [['2 个月以上没下单', '只来过一次', '花费中等'], undefined])
})

test('who refuses to be profiled while somebody is asked to call them is not called: the card says so, the rule ends', async () => {
  await open()
  await putRules(story, {
    often: `rule: often
title: 常客优惠
on: { event: order.placed }
key: order
if: { customer.orders: { $gte: 1 } }
steps:
  - { do: follow_up, to: { role: front_line }, or: front_line, title: 常客回访 }
  - wait_for:
      first_of: [{ event: follow_up.answered }]
      timeout: 3 d
      on_timeout:
        - { do: notify_staff, to: { role: front_line }, or: front_line, title: 回访没有人处理, text: 请看 }
`,
    service: `rule: service
title: 订单回访
profiling: false
on: { event: order.placed }
key: order
if: { customer.orders: { $gte: 1 } }
steps:
  - { do: follow_up, to: { role: front_line }, or: front_line, title: 订单回访 }
`,
  })
  await happens(story, wang, 'order.paid', { order: 'A0', amount: 300_000 })
  await happens(story, wang, 'order.placed', { order: 'A1' })
  const cards = () => story.lin.cards().map(({ card }) => JSON.stringify(card))
  const of = (title: string) =>
    cards()
      .filter((card) => card.includes(title))
      .at(-1) ?? ''
  assert.doesNotMatch(of('常客回访'), /不用再联系/)
  await say({ profiling: false })
  await story.settle()
  assert.match(of('常客回访'), /客户不同意按使用情况推荐，不用再联系/)
  assert.doesNotMatch(of('订单回访'), /不用再联系/)
  assert.match((await deeds(story, 'often')).join(), /done follow_up,waits,over stopped/)
  await story.later('4 d')
  assert.equal(of('回访没有人处理'), '')
})

test('a message that was chosen by behaviour and waits when the no comes does not go', async () => {
  await open()
  const { smtp } = story.sandbox
  const waits = async (text: string, profiled: boolean) => {
    smtp?.faults.refuseMails.push('451 4.3.0 try later')
    await tell(story, wang, { kind: 'letter', text, via: 'mail', data: { class: 'marketing', profiled } })
  }
  await waits('按行为', true)
  await waits('不按行为', false)
  await say({ profiling: false })
  await story.later('2 h')
  assert.deepEqual(await sent(), ['不按行为'])
})

test('a purpose that covers nothing, and for which nobody would ever ask, is no purpose', async () => {
  await open()
  const file = join(story.templates, 'packs/service-desk/pack.yaml')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('  profiling: {', '  profilling: {'))
  const [problem] = await story.running.house.shelf.load(story.db)
  assert.match(`${problem?.field} ${problem?.reason}`, /consents.profilling covers nothing/)
})
