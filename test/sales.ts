import { describeWorker } from '../server/engines/dispatch/workers.ts'
import { SYSTEM } from '../server/engines/events/events.ts'
import { Staff } from '../server/engines/staff/staff.ts'
import { type Detail, type HouseOptions, type Story, Worker } from './harness.ts'

/** What a lead says who wants twenty seats of the middle plan. */
export const WISH = {
  want: 'quote',
  plan: 'pro',
  quantity: 20,
  company: '杭州云帆智能制造有限公司',
  name: '顾明喆',
  phone: '13800001234',
  region: 'east',
  industry: 'manufacturing',
  source: 'expo',
}

/** A house that sells: two consultants, of whom 沈佳 knows the east and manufacturing, and their lead. */
export class Sales {
  readonly shen: Worker
  readonly luo: Worker
  readonly gao: Worker

  private constructor(readonly story: Story) {
    this.shen = new Worker(story, 'shenjia')
    this.luo = new Worker(story, 'luoyi')
    this.gao = new Worker(story, 'gaolan')
  }

  static async open(open: (options?: HouseOptions) => Promise<Story>, options: HouseOptions = {}): Promise<Sales> {
    const story = await open({ ...options, env: { PACKS: 'service-desk,b2b', ...options.env } })
    for (const [name, called, position] of [
      ['shenjia', '沈佳', '客户经理'],
      ['luoyi', '罗毅', '客户经理'],
      ['gaolan', '高岚', '销售主管'],
    ] as const) {
      story.hire(name, called)
      const leader = name === 'gaolan' ? 'hejianguo' : 'gaolan'
      Object.assign(story.people.at(-1) as object, { position, departments: [1], directLeaders: [leader] })
    }
    await story.restart()
    await story.settle()
    const sales = new Sales(story)
    await story.db.write(async (tx) => {
      const shen = await tx.first(Staff, 'WHERE name = ?', ['沈佳'])
      await describeWorker(tx, shen?.id ?? '', { skills: ['华东', '制造'] }, SYSTEM)
    })
    return sales
  }

  /** A customer asks in the mini-program; it reaches whoever is sent. */
  async ask(more: Record<string, unknown> = {}, customer = this.story.wang): Promise<Detail> {
    if (!customer.token) await customer.signIn()
    const answers = { ...WISH, ...more }
    const { status, body } = await customer.call<Detail>('POST', '/api/tickets', { form: 'lead', answers })
    if (status !== 201) throw new Error(`ask: ${status} ${JSON.stringify(body)}`)
    await this.story.later('5 s')
    return body
  }

  /** Somebody records what came of a talk, and answers what the bot asks about it. */
  async record(who: Worker, step: string, outcome: string, ...said: string[]): Promise<void> {
    await who.press(step, 'finish', { outcome })
    for (const words of said) await who.says(words)
    await this.story.later('5 s')
  }

  /** Somebody asks on the campaign's page; returns the page as it was shown and the answer. */
  async askOnWeb(more: Record<string, string> = {}, query = ''): Promise<{ page: string; answer: string }> {
    const { story } = this
    const page = await (await fetch(`${story.running.url}/f/lead${query}`)).text()
    const [, token = ''] = /name="_token" value="([^"]+)"/.exec(page) ?? []
    await story.later('10 s')
    const fields = { ...WISH, quantity: '20', ...more, _token: token }
    const sent = await fetch(`${story.running.url}/f/lead`, { method: 'POST', body: new URLSearchParams(fields) })
    const answer = await sent.text()
    await story.later('5 s')
    return { page, answer }
  }

  /** The newest card of somebody that contains these words, as text. */
  face(who: Worker, words: string): string {
    return JSON.stringify(who.card(words).card).replaceAll('\\"', '"')
  }

  /** Rows of a table, for what no chat shows. */
  rows<T>(sql: string): Promise<T[]> {
    return this.story.db.read((tx) => tx.query<T>(sql))
  }
}
