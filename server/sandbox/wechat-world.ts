import { type Clock, HOUR, MINUTE } from '../lib/clock.ts'
import type { Cipher } from './cipher.ts'
import { fresh } from './listener.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import type { WechatUser } from './people.ts'
import type { InboxItem, MediaCheck, OcrPapers, SubscribeSend, SubscribeTemplate, WechatFaults } from './wechat.ts'

interface Token {
  value: string
  expiresAt: number
}

/** What WeChat remembers over a restart. */
export interface WechatState {
  users: WechatUser[]
  stable: Token | null
  /** Tokens of /cgi-bin/token: the newest one, and the one before during its overlap. */
  plain: Token[]
  codes: Record<string, { use: 'login' | 'phone'; openid: string; expiresAt: number; used: boolean }>
  sessionKeys: Record<string, string>
  /** openid → when the mini-program was last open. */
  visits: Record<string, number>
  /** openid + template id → messages that may still be sent. */
  allowed: Record<string, number>
  inbox: Record<string, InboxItem[]>
  sequence: number
}

/** The stand-in's inside. */
export interface WechatWorld {
  readonly app: { appId: string; appSecret: string; pushToken: string; pushAesKey: string }
  readonly pushUrl: () => string
  readonly clock: Clock
  readonly cipher: Cipher
  readonly state: WechatState
  readonly templates: SubscribeTemplate[]
  readonly memory: Memory
  readonly live: Live
  readonly faults: WechatFaults
  readonly sent: SubscribeSend[]
  readonly mediaChecks: MediaCheck[]
  readonly papers: OcrPapers
  readonly calls: Map<string, number>
  /** Timers of verdicts that are still to be pushed. */
  readonly timers: Set<NodeJS.Timeout>
}

export const EMPTY_WECHAT: Omit<WechatState, 'users'> = {
  stable: null,
  plain: [],
  codes: {},
  sessionKeys: {},
  visits: {},
  allowed: {},
  inbox: {},
  sequence: 0,
}

const CODE_LIFE = 5 * MINUTE
/** Content checks want the user to have opened the mini-program within this time, else 61010. */
export const VISIT_LIFE = 2 * HOUR

/** The user with this openid, or undefined. */
export function findUser(world: WechatWorld, openid: unknown): WechatUser | undefined {
  return world.state.users.find((user) => user.openid === openid)
}

/** A new code of wx.login or of the phone button: 5 minutes, one use. */
export function newCode(world: WechatWorld, use: 'login' | 'phone', openid: string): string {
  if (!findUser(world, openid)) throw new Error(`no user ${openid}`)
  const code = fresh('0', 24)
  const now = world.clock.now()
  for (const [old, { expiresAt }] of Object.entries(world.state.codes))
    if (expiresAt < now) delete world.state.codes[old]
  world.state.codes[code] = { use, openid, expiresAt: now + CODE_LIFE, used: false }
  world.state.visits[openid] = now
  world.memory.touch()
  return code
}

/** Key of the counter of messages that a user still allows. */
export function allowance(openid: string, templateId: string): string {
  return `${openid} ${templateId}`
}

export const TEMPLATES: SubscribeTemplate[] = [
  {
    id: 'TPL_PROGRESS',
    title: '服务进度通知',
    keywords: {
      character_string1: '工单编号',
      thing2: '服务事项',
      phrase3: '当前状态',
      thing4: '说明',
      time5: '更新时间',
    },
  },
  {
    id: 'TPL_RESULT',
    title: '处理结果通知',
    keywords: { character_string1: '工单编号', thing2: '处理结果', thing3: '温馨提示', time4: '完成时间' },
  },
  {
    id: 'TPL_QUESTION',
    title: '待您回复',
    keywords: { character_string1: '工单编号', thing2: '问题', thing3: '温馨提示', time4: '时间' },
  },
]
