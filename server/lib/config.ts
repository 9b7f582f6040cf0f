import { join, resolve } from 'node:path'
import { botSettings, dingtalkSettings, wecomSettings } from './chat-settings.ts'
import { type Environment, environment, wholeOrNothing } from './environment.ts'
import { type GroupRobotSettings, readGroupRobots } from './group-robots.ts'
import { type LockSettings, lockSettings } from './lock-settings.ts'
import { type MailSettings, mailSettings, SMS_NEEDS, type SmsSettings, smsSettings } from './message-settings.ts'
import { type PaperSettings, paperSettings } from './paper-settings.ts'
import {
  type DingtalkSettings,
  SANDBOX_DEFAULTS,
  type WechatSettings,
  type WecomBotSettings,
  type WecomSettings,
} from './settings.ts'
import { readWebhooks, type WebhookSettings } from './webhook-settings.ts'
import { type WechatpaySettings, wechatpaySettings, wechatSettings } from './wechat-settings.ts'

export { VARIABLES } from './environment.ts'
export { ROOT } from './root.ts'

const PACKS = 'service-desk'
/** The sandbox shows a small city with bikes as well. */
const SANDBOX_PACKS = 'service-desk,bike-share'

export interface Config extends PaperSettings {
  production: boolean
  port: number
  host: string
  /** Our address as others reach it; empty: the one we listen on. */
  baseUrl: string
  dataDir: string
  databaseUrl: string
  dataKeys?: string
  templatesDir: string
  packs: string[]
  trustProxy: boolean
  callbackMaxAgeS: number
  wecom?: WecomSettings
  wecomBot?: WecomBotSettings
  /** By the names that packs use. */
  groupRobots: Record<string, GroupRobotSettings>
  dingtalk?: DingtalkSettings
  wechat?: WechatSettings
  wechatpay?: WechatpaySettings
  sms?: SmsSettings
  mail?: MailSettings
  /** The service that opens the locks of vehicles. */
  lock?: LockSettings
  /** Called when the auditor has found all well. */
  heartbeatUrl?: string
  /** The outside systems that rules may call, by the names that packs use; and whether they may stand in a private network. */
  webhooks: { hooks: Record<string, WebhookSettings>; privateToo: boolean }
  /** Set when the sandbox is on: where its listener stands, and which bases the configuration already names. */
  sandbox?: {
    port: number
    wecomBase?: string
    wechatBase?: string
    wechatpayBase?: string
    dingtalkBase?: string
    dingtalkOapiBase?: string
    smsBase?: string
    smtpUrl?: string
    lockBase?: string
  }
}

/** The environment cannot be used; `problems` is the whole list. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
  }
}

/** Reads the configuration from an environment; throws ConfigError with everything that is wrong or missing. */
export function readConfig(source: Record<string, string | undefined>): Readonly<Config> {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''))
  const parsed = environment.safeParse(given)
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`))
  }
  const env = parsed.data
  const sandboxOn = env.SANDBOX ? env.SANDBOX === 'on' : !anyPlatform(env)
  const problems: string[] = []
  if (sandboxOn && env.NODE_ENV === 'production') {
    problems.push(
      'SANDBOX: the sandbox does not start with NODE_ENV=production; configure a platform or set SANDBOX=off',
    )
  }
  const full = sandboxOn ? { ...sandboxDefaults(env), ...dropEmpty(env) } : env
  const platforms = {
    wecom: wecomSettings(full, problems),
    wecomBot: botSettings(full, problems),
    dingtalk: dingtalkSettings(full, problems),
    wechat: wechatSettings(full, problems),
    wechatpay: wechatpaySettings(full, sandboxOn, problems),
    sms: wholeOrNothing(full, SMS_NEEDS, problems) ? smsSettings(full) : undefined,
    mail: mailSettings(full, sandboxOn, problems),
    ...paperSettings(full, problems),
    lock: lockSettings(full, sandboxOn, problems),
  }
  const groupRobots = readGroupRobots(env, problems)
  const hooks = readWebhooks(env.WEBHOOKS, problems)
  if (problems.length > 0) throw new ConfigError(problems)

  const dataDir = resolve(env.DATA_DIR)
  return Object.freeze({
    production: env.NODE_ENV === 'production',
    port: env.PORT,
    host: env.HOST ?? (sandboxOn ? '127.0.0.1' : '0.0.0.0'),
    baseUrl: env.BASE_URL ?? '',
    dataDir,
    databaseUrl: env.DATABASE_URL ?? `sqlite:${join(dataDir, 'yingke.db')}`,
    dataKeys: env.DATA_KEYS,
    templatesDir: resolve(env.TEMPLATES_DIR),
    packs: (env.PACKS ?? (sandboxOn ? SANDBOX_PACKS : PACKS)).split(',').map((name) => name.trim()),
    trustProxy: env.TRUST_PROXY === 'on',
    callbackMaxAgeS: env.CALLBACK_MAX_AGE_S,
    ...platforms,
    groupRobots,
    heartbeatUrl: env.HEARTBEAT_URL,
    webhooks: { hooks, privateToo: env.WEBHOOKS_PRIVATE === 'on' },
    sandbox: sandboxOn
      ? {
          port: env.SANDBOX_PORT,
          wecomBase: env.WECOM_API_BASE,
          wechatBase: env.WECHAT_API_BASE,
          wechatpayBase: env.WECHATPAY_API_BASE,
          dingtalkBase: env.DINGTALK_API_BASE,
          dingtalkOapiBase: env.DINGTALK_OAPI_BASE,
          smsBase: env.SMS_API_BASE,
          smtpUrl: env.SMTP_URL,
          lockBase: env.LOCK_API_BASE,
        }
      : undefined,
  })
}

/** Where one work chat is configured, the sandbox plays that one; where none is, it plays both. */
function sandboxDefaults(env: Environment): Partial<typeof SANDBOX_DEFAULTS> {
  const named = (prefix: string) =>
    Object.entries(env).some(([name, value]) => value !== undefined && name.startsWith(prefix))
  const [wecom, dingtalk] = [named('WECOM_'), named('DINGTALK_APP_')]
  const off = wecom === dingtalk ? undefined : wecom ? 'DINGTALK_' : 'WECOM_'
  return Object.fromEntries(
    Object.entries(SANDBOX_DEFAULTS).filter(([name]) => {
      // A bot that is called back has no connection of its own.
      if (name === 'WECOM_BOT_SECRET' && env.WECOM_BOT_TOKEN) return false
      // A merchant of one's own was admitted to pay score, or was not.
      if (name.startsWith('WECHATPAY_SCORE_') && env.WECHATPAY_MCH_ID) return false
      return !off || !name.startsWith(off)
    }),
  )
}

/** Whether a real platform (or somebody's own stand-in) is configured, which turns the sandbox off by default. */
function anyPlatform(env: Environment): boolean {
  return Boolean(
    env.WECOM_API_BASE ||
      env.WECHAT_API_BASE ||
      env.WECHATPAY_API_BASE ||
      env.DINGTALK_API_BASE ||
      (env.WECOM_BOT_ID && (env.WECOM_BOT_SECRET || env.WECOM_BOT_TOKEN)) ||
      (env.DINGTALK_APP_KEY && env.DINGTALK_APP_SECRET) ||
      (env.WECOM_CORP_ID && env.WECOM_SECRET) ||
      (env.WECHAT_APP_ID && env.WECHAT_APP_SECRET),
  )
}

function dropEmpty<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
}
