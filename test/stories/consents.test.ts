import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { mailToken } from '../../server/domain/customers/mail-token.ts'
import type { Story } from '../harness.ts'
import { giveEmail, happened, openLetters, rowsOf, signedIn, tell } from '../letters.ts'
import { deeds, happens, putRules } from '../rules.ts'

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
    4,
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
