import { cpSync, lstatSync, unlinkSync } from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TicketDetail } from '../server/domain/tickets/view.ts'
import { runUntilQuiet } from '../server/duties.ts'
import { FixedClock } from '../server/lib/clock.ts'
import { ROOT, readConfig } from '../server/lib/config.ts'
import { type Running, start } from '../server/main.ts'
import type { CardItem, ChatItem } from '../server/sandbox/chat.ts'
import { PEOPLE, type Person } from '../server/sandbox/people.ts'
import { houseDatabase } from './database.ts'
import { describe, toldFile } from './suite.ts'

/** A plain working Monday, 10:00 in Shanghai. */
export const MONDAY_10 = Date.parse('2026-11-23T10:00:00+08:00')

/** The work chats on which every story of the complaint runs. */
export const CHATS = ['wecom', 'dingtalk'] as const
export type ChatName = (typeof CHATS)[number]

/** With one of a platform's values given the sandbox plays that platform only. */
const ONLY: Record<ChatName, Record<string, string>> = {
  wecom: { WECOM_AGENT_ID: '1000002' },
  dingtalk: { DINGTALK_APP_KEY: 'dingsandboxapp0001' },
}

/**
 * Tells the same stories on every work chat; `open` opens a house on that one. On MySQL each file has one of them, by
 * turns, unless CHATS=all: that a story holds on every chat is shown on SQLite, that it holds on MySQL is shown there.
 */
export function onEachChat(tell: (open: (options?: HouseOptions) => Promise<Story>, chat: ChatName) => void): void {
  const one = CHATS[toldFile().length % CHATS.length] as ChatName
  const told = process.env.TEST_DATABASE_URL && process.env.CHATS !== 'all' ? [one] : CHATS
  for (const chat of told) describe(`on ${chat}`, () => tell((options) => openStory({ chat, ...options }), chat))
}

export interface HouseOptions {
  at?: string
  /** The work chat of this company; both: people are in both address books. */
  chat?: ChatName | 'both'
  env?: Record<string, string>
  /** Runs the real timetable instead of duties on demand. */
  jobs?: boolean
  /** What is done before the house is opened: people are hired, packs are changed. */
  prepare?: (story: Story) => Promise<void> | void
}

/** A whole house for one story: real database, real doors, stand-in platforms, a clock that stands still. */
export async function openStory(options: HouseOptions = {}): Promise<Story> {
  const folder = await mkdtemp(join(tmpdir(), 'yingke-'))
  await symlink(join(ROOT, 'templates'), join(folder, 'templates'))
  const database = await houseDatabase(folder)
  const story = new Story(folder, database, options)
  await options.prepare?.(story)
  await story.open()
  return story
}

export class Story {
  running: Running
  /** The company's people, this story's own. */
  readonly people = structuredClone(PEOPLE)
  readonly clock: FixedClock
  /** 林小雨, front line. */
  readonly lin = new Worker(this, 'linxiaoyu')
  /** 周敏, supervisor. */
  readonly zhou = new Worker(this, 'zhoumin')
  /** 陈志远, engineer. */
  readonly chen = new Worker(this, 'chenzhiyuan')
  /** 何建国, director. */
  readonly he = new Worker(this, 'hejianguo')
  /** 王晓梅, a customer. */
  readonly wang = new Customer(this, 0)
  /** 李强, another customer. */
  readonly li = new Customer(this, 1)

  constructor(
    readonly folder: string,
    private readonly database: { url: string; drop: () => Promise<void> },
    private readonly options: HouseOptions,
  ) {
    this.clock = new FixedClock(options.at ? Date.parse(options.at) : MONDAY_10)
  }

  /** This story's own templates, to be changed: copied when it first asks for them, since most only read. */
  get templates(): string {
    const own = join(this.folder, 'templates')
    if (!this.hasOwnTemplates) {
      unlinkSync(own)
      cpSync(join(ROOT, 'templates'), own, { recursive: true })
    }
    return own
  }

  private get hasOwnTemplates(): boolean {
    return !lstatSync(join(this.folder, 'templates')).isSymbolicLink()
  }

  /** Where this story's data is: other processes can open it as well. */
  get databaseUrl(): string {
    return this.database.url
  }

  /** The work chat that the people of this story use. */
  get chat() {
    return this.options.chat === 'dingtalk' ? this.dingtalk : this.wecom
  }

  get wecom() {
    return this.sandbox.wecom
  }

  get dingtalk() {
    const { dingtalk } = this.sandbox
    if (!dingtalk) throw new Error('this story runs without DingTalk')
    return dingtalk
  }

  get wechat() {
    return this.sandbox.wechat
  }

  get db() {
    return this.running.house.db
  }

  get sandbox() {
    const { sandbox } = this.running
    if (!sandbox) throw new Error('this story runs without a sandbox')
    return sandbox
  }

  /**
   * Another colleague joins the company, like 林小雨 but for what is told; its address books say so after a restart or
   * their next reading.
   */
  hire(name: string, called: string, as: Partial<Person> = {}): Worker {
    const [like] = this.people
    if (!like) throw new Error('nobody to be like')
    const place = String(this.people.length + 1).padStart(3, '0')
    const [mobile, jobNumber] = [`13700000${place}`, `YK${place}`]
    this.people.push({ ...like, userid: name, name: called, mobile, jobNumber, ...as })
    return new Worker(this, name)
  }

  async open(): Promise<void> {
    const config = readConfig({
      PORT: '0',
      DATA_DIR: this.folder,
      DATABASE_URL: this.database.url,
      TEMPLATES_DIR: join(this.folder, 'templates'),
      // One pack, so that no story pays for a city that it does not look at.
      PACKS: 'service-desk',
      ...(this.options.chat === 'both' ? {} : ONLY[this.options.chat ?? 'wecom']),
      ...this.options.env,
    })
    this.running = await start(config, { clock: this.clock, people: this.people, jobs: this.options.jobs ?? false })
    this.restTemplates()
    this.wechat.faults.mediaManual = true
    if (config.dingtalk?.stream) await this.dingtalk.linked()
  }

  /** Templates that are everybody's do not change: to ask each of their files at every turn is a twentieth of a story. */
  private restTemplates(): void {
    const duty = this.running.duties.find(({ name }) => name === 'reload templates')
    if (!duty) throw new Error('nobody reads templates again')
    const { run } = duty
    duty.run = async () => (this.hasOwnTemplates ? run() : 0)
  }

  /** Lets everything happen that is due now. */
  settle(): Promise<number> {
    return runUntilQuiet(this.db, this.running.duties)
  }

  /** Lets time pass, through every deadline on the way. */
  async later(span: string): Promise<void> {
    const [, amount = '', unit = ''] = /^([\d.]+) ?(min|h|d|s)/.exec(span) ?? []
    const size = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }[unit]
    if (!size) throw new Error(`not a span: ${span}`)
    await this.running.advance(Number(amount) * size)
  }

  /** Closes the process's part and opens it again on the same data, as after a restart. */
  async restart(): Promise<void> {
    await this.running.close()
    await this.open()
  }

  async close(): Promise<void> {
    await this.running.close()
    await this.database.drop()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** One person in the work chat. */
export class Worker {
  constructor(
    private readonly story: Story,
    readonly name: string,
  ) {}

  /** Their id on the platform of this story; the two address books do not agree on ids. */
  get userid(): string {
    return this.story.chat === this.story.sandbox.wecom ? this.name : `dt-${this.name}`
  }

  /** Everything in this person's chat, oldest first. */
  chat(): ChatItem[] {
    return this.story.chat.chat(this.userid) as ChatItem[]
  }

  /** The newest card that contains these words. */
  card(words: string): CardItem {
    const card = this.cards().findLast((item) => JSON.stringify(item.card).includes(words))
    if (!card) throw new Error(`${this.userid} has no card with "${words}":\n${this.read()}`)
    return card
  }

  /** The id of a drop-down's entry on the newest card that contains these words. */
  option(words: string, text: string): string {
    const option = this.card(words).selects[0]?.options.find((one) => one.text === text)
    if (!option) throw new Error(`no entry "${text}":\n${this.read()}`)
    return option.id
  }

  cards(): CardItem[] {
    return this.story.chat.cards(this.userid) as CardItem[]
  }

  /** The lines that the bot wrote, oldest first. */
  lines(): string[] {
    return this.chat().flatMap((item) => (item.kind === 'text' && item.from === 'app' ? [item.text] : []))
  }

  /** The address behind the newest link in this chat. */
  link(): string {
    for (const item of this.chat().toReversed()) {
      const url = /https?:\/\/[^"\s<]+/.exec(JSON.stringify(item).replaceAll('\\"', '"'))?.[0]
      if (url) return url
    }
    throw new Error(`no link:\n${this.read()}`)
  }

  /** The last line that the bot wrote. */
  lastLine(): string {
    return this.lines().at(-1) ?? ''
  }

  /** Presses a button of the newest card that contains these words, and lets follow what follows. */
  async press(words: string, key: string, chosen?: Record<string, string>): Promise<CardItem> {
    const { taskId } = this.card(words)
    return this.pressCard(taskId, key, chosen)
  }

  async pressCard(taskId: string, key: string, chosen?: Record<string, string>, stale = false): Promise<CardItem> {
    const selected = chosen && Object.fromEntries(Object.entries(chosen).map(([name, id]) => [name, [id]]))
    const result = await this.story.chat.press(this.userid, taskId, key, selected, { stale })
    if (result.status !== 200 || result.refused) throw new Error(`press: ${JSON.stringify(result)}`)
    await this.story.settle()
    return result.card as CardItem
  }

  async pressMenu(words: string, key: string): Promise<void> {
    const result = await this.story.chat.pressMenu(this.userid, this.card(words).taskId, key)
    if (result.status !== 200) throw new Error(`menu: ${JSON.stringify(result)}`)
    await this.story.settle()
  }

  async says(text: string): Promise<void> {
    const result = await this.story.chat.say(this.userid, text)
    if (result.status !== 200) throw new Error(`say: ${JSON.stringify(result)}`)
    await this.story.settle()
  }

  async sends(picture: Buffer): Promise<void> {
    const result = await this.story.chat.sendImage(this.userid, picture, 'image/jpeg')
    if (result.status !== 200) throw new Error(`picture: ${JSON.stringify(result)}`)
    await this.story.settle()
  }

  /** The chat as a person reads it, for messages of failing tests. */
  read(): string {
    return this.chat()
      .map((item) => {
        if (item.kind === 'text') return `${item.from}: ${item.text}`
        if (item.kind !== 'card') return `${item.from}: [${item.kind}]`
        const ways = item.buttons.filter(({ alive }) => alive).map(({ key }) => key)
        return `card ${item.taskId} ${item.replaced ?? ''} [${ways}] ${JSON.stringify(item.card)}`
      })
      .join('\n')
  }
}

/** A ticket as its customer sees it. */
export type Detail = TicketDetail

export interface Answer<T = unknown> {
  status: number
  body: T
}

/** One customer with the mini-program. */
export class Customer {
  token = ''

  constructor(
    private readonly story: Story,
    private readonly place: number,
  ) {}

  get user() {
    const user = this.story.wechat.users[this.place]
    if (!user) throw new Error('no such WeChat user')
    return user
  }

  /** Signs in with one tap and gives the phone number. */
  async signIn(): Promise<void> {
    this.token = ''
    const session = await this.call<{ token: string }>('POST', '/api/session', {
      code: this.story.wechat.login(this.user.openid),
    })
    this.token = session.body.token
    await this.call('POST', '/api/me/phone', { code: this.story.wechat.phoneCode(this.user.openid) })
    await this.call('PATCH', '/api/me', { nickname: this.user.nickname })
    // Stories of what customers have not agreed to say so themselves.
    const consents = { marketing_sms: true, marketing_mail: true, location: true }
    await this.call('PUT', '/api/me/consents', { consents })
    await this.story.wechat.accept(
      this.user.openid,
      Array(8).fill(['TPL_PROGRESS', 'TPL_QUESTION', 'TPL_RESULT']).flat(),
    )
  }

  /** A request to the customer's door, with the answer whatever its status. */
  async call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    again = true,
  ): Promise<Answer<T>> {
    const response = await fetch(this.story.running.url + path, {
      method,
      headers: {
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    if (response.status === 401 && this.token && again) {
      await this.signIn()
      return this.call(method, path, body, headers, false)
    }
    const text = await response.text()
    return { status: response.status, body: (text ? JSON.parse(text) : undefined) as T }
  }

  /** Files a complaint and lets it reach staff. */
  async complain(description: string, more: Record<string, unknown> = {}): Promise<Detail> {
    if (!this.token) await this.signIn()
    const answers = { type: 'quality', urgency: 'normal', description, ...more }
    const { status, body } = await this.call<Detail>('POST', '/api/tickets', { form: 'complaint', answers })
    if (status !== 201) throw new Error(`complain: ${status} ${JSON.stringify(body)}`)
    await this.story.settle()
    return body
  }

  async ticket(id: string): Promise<Detail> {
    return (await this.call<Detail>('GET', `/api/tickets/${id}`)).body
  }

  /** Files a case with any form and lets it reach staff. */
  async files(form: string, answers: Record<string, unknown>): Promise<Detail> {
    if (!this.token) await this.signIn()
    const { status, body } = await this.call<Detail>('POST', '/api/tickets', { form, answers })
    if (status !== 201) throw new Error(`${form}: ${status} ${JSON.stringify(body)}`)
    // Nobody is sent more than some cards at one instant.
    await this.story.later('1 min')
    return body
  }

  /** Does something with a ticket (remarks, urge, withdraw, rating) and lets follow what follows. */
  async does(id: string, what: string, body: unknown = {}): Promise<Answer<Detail>> {
    const answer = await this.call<Detail>('POST', `/api/tickets/${id}/${what}`, body)
    await this.story.settle()
    return answer
  }

  async upload(bytes: Buffer, name = 'photo.jpg', query = ''): Promise<Answer<{ id: string; url: string }>> {
    const form = new FormData()
    form.append('file', new Blob([bytes]), name)
    const response = await fetch(`${this.story.running.url}/api/uploads${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}` },
      body: form,
    })
    return { status: response.status, body: (await response.json()) as { id: string; url: string } }
  }

  /** The subscribe messages that arrived, as the templates' values. */
  inbox(): string[] {
    return this.story.wechat.inbox(this.user.openid).map((item) => JSON.stringify(item))
  }
}
