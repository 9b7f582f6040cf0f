import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type Koa from 'koa'
import { type Clock, HOUR } from '../lib/clock.ts'
import { openDesk } from './desk.ts'
import type { DeskFinding } from './desk-api.ts'
import type { AskCity } from './desk-city.ts'
import type { DingtalkApp, DingtalkStandIn } from './dingtalk.ts'
import { openDingtalk } from './dingtalk-open.ts'
import { Live } from './live.ts'
import type { LockStandIn } from './lock.ts'
import { openLocks } from './lock-open.ts'
import { type Memory, openMemory } from './memory.ts'
import { PEOPLE, type Person } from './people.ts'
import type { SmsStandIn } from './sms.ts'
import { openSms } from './sms-open.ts'
import type { SmsAccount } from './sms-world.ts'
import type { SmtpStandIn } from './smtp.ts'
import { openSmtp } from './smtp-open.ts'
import type { SubscribeTemplate, WechatStandIn } from './wechat.ts'
import { wechatApp } from './wechat-api.ts'
import { wechatClient } from './wechat-client.ts'
import { openWechat } from './wechat-open.ts'
import type { WechatpayStandIn } from './wechatpay.ts'
import { openWechatpay } from './wechatpay-open.ts'
import type { PayAccount, PayKeys } from './wechatpay-world.ts'
import type { WecomStandIn } from './wecom.ts'
import { wecomApp } from './wecom-api.ts'
import type { WecomBotStandIn } from './wecom-bot.ts'
import { openWecomBot } from './wecom-bot-open.ts'
import type { BotApp } from './wecom-bot-world.ts'
import { wecomClient } from './wecom-client.ts'
import { openWecom } from './wecom-open.ts'
import { sweep } from './wecom-world.ts'

export interface SandboxOptions {
  /** The process's clock, which the desk moves ahead (`ShiftedClock`, or a `FixedClock` in tests). */
  clock: Clock & { advance(ms: number): void }
  /** File that keeps the sandbox's memory over a restart; none = memory only. */
  store?: string
  /** Port of the loopback listener for the platform APIs; 0 or none = any free one. */
  port?: number
  /** Where callbacks go: `${productUrl}/callbacks/wecom` and `/callbacks/wechat`; a function if not known yet. */
  productUrl: string | (() => string)
  wecom: { corpId: string; agentId: number; secret: string; token: string; encodingAesKey: string }
  /** Without it there is no AI bot. */
  wecomBot?: BotApp
  /** Without it there is no DingTalk. */
  dingtalk?: DingtalkApp
  wechat: {
    appId: string
    appSecret: string
    pushToken: string
    pushAesKey: string
    templates?: SubscribeTemplate[]
  }
  /** Without it nothing can be paid. */
  wechatpay?: PayAccount
  /** Without it there are no text messages. */
  sms?: SmsAccount
  /** Whether there is a mail server. */
  mail?: boolean
  /** Without it there is no lock service. */
  lock?: { key: string }
  /** Default: four staff of a service desk. */
  people?: Person[]
  /** Moves the product's time ahead through every deadline on the way; default: moves the clock. */
  advance?: (ms: number) => Promise<void>
  /** The next instant at which the product has something to do. */
  nextDue?: () => Promise<number | undefined>
  /** What the product's auditor has found and still stands. */
  findings?: () => Promise<DeskFinding[]>
  /** The city in which vehicles stand, for the desk's map. */
  city?: AskCity
}

export interface Sandbox {
  /** Base URL for WECOM_API_BASE, without a trailing slash. */
  wecomBase: string
  /** Base URL for WECHAT_API_BASE, without a trailing slash. */
  wechatBase: string
  /** Base URL for WECHATPAY_API_BASE, without a trailing slash; empty without WeChat Pay. */
  wechatpayBase: string
  /** The keys of both sides of WeChat Pay, made when they are first asked for. */
  wechatpayKeys?: () => PayKeys
  /** Base URL for both API hosts of DingTalk, without a trailing slash; empty without DingTalk. */
  dingtalkBase: string
  /** Where the AI bot's long connection goes; empty without a bot. */
  wecomBotUrl: string
  /** Base URL for SMS_API_BASE, without a trailing slash; empty without text messages. */
  smsBase: string
  /** Where mails go, for SMTP_URL; empty without a mail server. */
  smtpUrl: string
  /** Base URL for LOCK_API_BASE, without a trailing slash; empty without a lock service. */
  lockBase: string
  wecom: WecomStandIn
  wecomBot?: WecomBotStandIn
  wechat: WechatStandIn
  wechatpay?: WechatpayStandIn
  dingtalk?: DingtalkStandIn
  sms?: SmsStandIn
  smtp?: SmtpStandIn
  locks?: LockStandIn
  /** Serves /desk/…; passes everything else on. */
  desk: Koa.Middleware
  close(): Promise<void>
}

/** Starts the stand-ins on a loopback listener; refuses in production. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  if (process.env.NODE_ENV === 'production') throw new Error('the sandbox does not start with NODE_ENV=production')
  const memory = openMemory(options.store)
  keepTime(options.clock, memory)
  const live = new Live()
  const productUrl = () => (typeof options.productUrl === 'string' ? options.productUrl : options.productUrl())
  const common = { clock: options.clock, memory, live }
  const people = options.people ?? PEOPLE
  const callbacks = (platform: string) => () => `${productUrl()}/callbacks/${platform}`
  const wecomWorld = openWecom({ app: options.wecom, people, callbackUrl: callbacks('wecom'), ...common })
  const wechatWorld = openWechat({ app: options.wechat, pushUrl: callbacks('wechat'), ...common })
  const sweeping = setInterval(() => sweep(wecomWorld), HOUR).unref()
  let base = ''
  const dingtalk =
    options.dingtalk &&
    openDingtalk({ app: options.dingtalk, people, productUrl, base: () => `${base}/dingtalk`, ...common })

  const bot =
    options.wecomBot && openWecomBot(options.wecomBot, { people, productUrl, base: () => `${base}/wecom`, ...common })
  const sms = options.sms && openSms({ account: options.sms, productUrl, ...common })
  const isUser = (openid: string) => wechatWorld.state.users.some((user) => user.openid === openid)
  const pay =
    options.wechatpay &&
    openWechatpay({ account: options.wechatpay, productUrl, isUser, base: () => `${base}/wechatpay`, ...common })
  const smtp = options.mail ? await openSmtp(common) : undefined
  const locks = options.lock && openLocks({ key: options.lock.key, clock: options.clock, memory, productUrl })
  const platforms = new Map([
    ['/wecom', wecomApp(wecomWorld, bot?.world).callback()],
    ['/wechat', wechatApp(wechatWorld).callback()],
  ])
  if (sms) platforms.set('/sms', sms.serve)
  if (pay) platforms.set('/wechatpay', pay.serve)
  if (locks) platforms.set('/lock', locks.serve)
  if (dingtalk) platforms.set('/dingtalk', dingtalk.serve)
  const server = createServer((request, response) => {
    const [, prefix = '', rest = ''] = /^(\/\w+)(\/.*)$/.exec(request.url ?? '') ?? []
    const platform = platforms.get(prefix)
    if (!platform) return response.writeHead(404).end()
    request.url = rest
    void platform(request, response)
  })
  server.on('upgrade', (request, socket, head) => {
    if (bot?.server.upgrade(request, socket, head)) return
    if (dingtalk && request.url?.startsWith('/dingtalk/')) dingtalk.door.upgrade(request, socket, head)
    else socket.destroy()
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const wecom = wecomClient(wecomWorld)
  const wechat = wechatClient(wechatWorld)
  const desk = openDesk({
    wecom,
    wechat,
    wechatpay: pay?.client,
    dingtalk: dingtalk?.client,
    wecomBot: bot?.client,
    sms: sms?.client,
    smtp: smtp?.client,
    locks: locks?.client,
    live,
    clock: options.clock,
    departments: wecomWorld.departments,
    menu: () => wecomWorld.state.menu ?? [],
    advance: async (ms) => {
      await (options.advance?.(ms) ?? options.clock.advance(ms))
      memory.touch()
      live.tell({ type: 'clock', now: options.clock.now() })
    },
    nextDue: options.nextDue,
    findings: options.findings,
    city: options.city,
  })

  return {
    wecomBase: `${base}/wecom`,
    wechatBase: `${base}/wechat`,
    wecomBotUrl: bot ? `${base.replace(/^http/, 'ws')}${bot.path}` : '',
    wechatpayBase: pay ? `${base}/wechatpay` : '',
    wechatpayKeys: pay?.keys,
    dingtalkBase: dingtalk ? `${base}/dingtalk` : '',
    smsBase: sms ? `${base}/sms` : '',
    smtpUrl: smtp?.url ?? '',
    lockBase: locks ? `${base}/lock` : '',
    wecom,
    wecomBot: bot?.client,
    wechat,
    wechatpay: pay?.client,
    dingtalk: dingtalk?.client,
    sms: sms?.client,
    smtp: smtp?.client,
    locks: locks?.client,
    desk: desk.middleware,
    async close() {
      clearInterval(sweeping)
      for (const timer of wechatWorld.timers) clearTimeout(timer)
      desk.close()
      dingtalk?.close()
      bot?.server.close()
      await smtp?.close()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await memory.close()
    },
  }
}

/** A clock that was moved ahead is moved there again after a restart, or the kept deadlines would run backwards. */
function keepTime(clock: SandboxOptions['clock'], memory: Memory): void {
  const time = memory.part<{ ahead: number | null }>('time', { ahead: null })
  const ahead = () => clock.now() - Date.now()
  if (time.ahead !== null && time.ahead > ahead()) clock.advance(time.ahead - ahead())
  memory.beforeSave(() => {
    time.ahead = ahead()
  })
}
