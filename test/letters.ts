import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setEmail } from '../server/domain/customers/email.ts'
import { enqueue } from '../server/engines/messages/outbox.ts'
import { type Customer, type HouseOptions, openStory, type Story } from './harness.ts'

const PACK = `
sms:
  note: { template: SMS_NOTE, text: '\${name}，\${text}' }
  slip: { template: SMS_NOTE, text: '\${name}，\${text}', words: messages/sms.note }
  both: { template: SMS_NOTE, text: '\${name}，\${text}', words: messages/sms.note }
ways:
  note: [subscribe, sms, mail]
  slip: [sms, mail]
  both: { each: [mail, sms] }
`
const SUBSCRIBE = `  note: { template: TPL_RESULT, title: 处理结果通知, page: 'pages/me/me', words: messages/note.words }
`
const NOTE = `words:
  character_string1: '1'
  thing2: '{{text}}'
  thing3: 请查看
  time4: '{{stamp now}}'
`
const SMS = `note: { name: '{{name}}', text: '{{text}}' }
`
const MAIL = `<mjml lang="zh-CN"><mj-head><mj-title>{{text}}</mj-title></mj-head><mj-body><mj-section><mj-column>
<mj-text>{{name}}，{{text}} <a href="https://shop.example/a?x=1&amp;y=2">看看</a> <a href="{{link}}">链接</a></mj-text>
<mj-button href="{{base}}/app/">打开</mj-button><mj-text><a href="{{unsubscribe}}">退订</a></mj-text>
</mj-column></mj-section></mj-body></mjml>
`

/** A house whose pack tells customers by all three ways: a note by the first that works, a slip not by WeChat, `both`. */
export async function openLetters(options: HouseOptions = {}): Promise<Story> {
  const story = await openStory(options)
  const { templates } = story
  const pack = join(templates, 'packs/service-desk/pack.yaml')
  await appendFile(pack, SUBSCRIBE + PACK)
  await writeFile(join(templates, 'messages/note.yaml'), NOTE)
  await appendFile(join(templates, 'messages/sms.yaml'), SMS)
  await mkdir(join(templates, 'mail'), { recursive: true })
  for (const kind of ['note', 'slip', 'both', 'letter']) await writeFile(join(templates, `mail/${kind}.mjml`), MAIL)
  const { words, shelf, db } = story.running.house
  words.reload()
  const problems = await shelf.load(db)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return story
}

/** Signs a customer in and returns their id. */
export async function signedIn(customer: Customer): Promise<string> {
  await customer.signIn()
  return (await customer.call<{ customer: { id: string } }>('GET', '/api/me')).body.customer.id
}

export function giveEmail(story: Story, customerId: string, address: string): Promise<boolean> {
  return story.db.write((tx) => setEmail(tx, customerId, address))
}

interface Letter {
  kind: string
  text: string
  via?: string
  data?: Record<string, unknown>
}

/** Puts a message to a customer into the outbox and lets happen what is due. */
export async function tell(story: Story, customerId: string, letter: Letter): Promise<void> {
  const { kind, text, via, data } = letter
  await story.db.write((tx) =>
    enqueue(tx, {
      key: `${kind}:${text}`,
      channel: 'customer',
      to: customerId,
      kind,
      via,
      subjectId: customerId,
      data: { text, link: 'https://shop.example/b', ...data },
    }),
  )
  await story.settle()
}

/** How the messages of a kind stand, oldest first. */
export function rowsOf(story: Story, kind: string) {
  return story.db.read((tx) =>
    tx.query<{ state: string; via: string | null; attempts: number; error: string | null }>(
      'SELECT state, via, attempts, error FROM messages WHERE kind = ? ORDER BY id',
      [kind],
    ),
  )
}

/** What happened to a customer, by the name of the event. */
export function happened(story: Story, name: string): Promise<Record<string, unknown>[]> {
  return story.db.read(async (tx) => {
    const rows = await tx.query<{ data: string; customerId: string }>(
      'SELECT data, customerId FROM events WHERE name = ? ORDER BY id',
      [name],
    )
    return rows.map(({ data, customerId }) => ({ customerId, ...(JSON.parse(data) as Record<string, unknown>) }))
  })
}
