import type { WechatUser } from '../../server/sandbox/people.ts'
import type { WechatStandIn } from '../../server/sandbox/wechat.ts'
import { until } from '../processes.ts'
import type { Case } from './crash-cases.ts'

/** How long a customer waits for anything at all; far beyond what the story needs. */
const LIFETIME_MS = 800_000
const TRIES_MS = 180_000
/** A customer who asks again while the first answer is under way does the thing twice. */
const ANSWER_MS = 60_000
const GLANCE_MS = 200

/** What arrives on the customers' phones, by ticket number. */
export class Post {
  private read = 0
  private readonly byNumber = new Map<string, string[]>()

  constructor(readonly wechat: WechatStandIn) {}

  /** Whether a message of this template about this ticket has arrived. */
  has(number: string, templateId: string): boolean {
    for (; this.read < this.wechat.sent.length; this.read++) {
      const sent = this.wechat.sent[this.read]
      if (sent?.errcode !== 0) continue
      const about = sent.data.character_string1?.value ?? ''
      this.byNumber.set(about, [...(this.byNumber.get(about) ?? []), sent.templateId])
    }
    return this.byNumber.get(number)?.includes(templateId) ?? false
  }
}

/** One customer: tries again whatever was not answered, each time with the same key. */
export class Shopper {
  readonly user: WechatUser
  private token = ''

  constructor(
    private readonly post: Post,
    private readonly url: () => string,
    private readonly place: number,
  ) {
    this.user = post.wechat.addUser(`顾客${place}`, `138${String(place).padStart(8, '0')}`)
  }

  /** Signs in, gives the phone number and allows plenty of messages. */
  async signIn(): Promise<void> {
    const { wechat } = this.post
    const { openid } = this.user
    const session = await this.ask<{ token: string }>('POST', '/api/session', () => ({ code: wechat.login(openid) }))
    this.token = session.token
    await this.ask('POST', '/api/me/phone', () => ({ code: wechat.phoneCode(openid) }))
    await wechat.accept(openid, Array(60).fill(['TPL_PROGRESS', 'TPL_QUESTION', 'TPL_RESULT']).flat())
  }

  /** Files a complaint and follows it to its end, or to where it is left. */
  async live(matter: Case): Promise<void> {
    const answers = {
      type: 'quality',
      urgency: matter.urgent ? 'urgent' : 'normal',
      description: `${matter.tag}：车锁打不开`,
    }
    const form = matter.fate === 'late' || matter.fate === 'forsaken' ? 'hasty' : 'complaint'
    const body = { form, answers }
    const ticket = await this.ask<{ id: string; number: string }>('POST', '/api/tickets', () => body, matter.tag)
    matter.id = ticket.id
    matter.number = ticket.number
    const path = `/api/tickets/${ticket.id}`
    if (matter.fate === 'withdrawn') {
      await this.ask('POST', `${path}/withdraw`, () => ({ reason: '已自行解决' }))
      return
    }
    if (matter.fate === 'forsaken') return
    if (matter.fate === 'asked' || matter.fate === 'silent') {
      await this.arrived(matter, 'TPL_QUESTION')
      matter.asked = true
      if (matter.fate === 'silent') return
      await this.ask('POST', `${path}/remarks`, () => ({ text: '左边那把锁' }), `answer ${matter.tag}`)
      matter.answered = true
    }
    await this.arrived(matter, 'TPL_RESULT')
    await this.ask('POST', `${path}/rating`, () => ({ csat: 5, nps: 9 }), undefined, [409])
  }

  private async arrived({ tag, number = '' }: Case, templateId: string): Promise<void> {
    await until(`${templateId} about ${tag}`, () => this.post.has(number, templateId), LIFETIME_MS, GLANCE_MS)
  }

  /** Asks until there is an answer. `done`: refusals that say that an earlier try has done it. */
  ask<T = unknown>(method: string, path: string, body: () => unknown, key?: string, done: number[] = []): Promise<T> {
    let lost = 0
    return until(
      `${method} ${path} is answered`,
      async () => {
        const answer = await this.once(method, path, body(), key)
        // Some networks lose what was answered: the phone asks again with the same key.
        if (answer && key && this.place % 5 === 0 && !lost++) return undefined
        if (!answer || answer.status >= 500) return undefined
        // A code that was spent by a try whose answer got lost: the next try brings a fresh one.
        if (path.endsWith('/session') || path.endsWith('/phone')) {
          if (answer.status === 422) return undefined
        }
        if (answer.status >= 400 && !done.includes(answer.status)) {
          throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
        }
        return answer.body as T
      },
      TRIES_MS,
      GLANCE_MS,
    )
  }

  private async once(method: string, path: string, body: unknown, key?: string) {
    try {
      const response = await fetch(this.url() + path, {
        method,
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': `10.1.0.${this.place}`,
          ...(this.token && { authorization: `Bearer ${this.token}` }),
          ...(key && { 'idempotency-key': encodeURIComponent(key) }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_MS),
      })
      return { status: response.status, body: (await response.json()) as unknown }
    } catch {
      return undefined
    }
  }
}
