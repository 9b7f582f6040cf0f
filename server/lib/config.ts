import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type GroupRobotSettings, readGroupRobots } from './group-robots.ts'
import { type LockSettings, lockSettings } from './lock-settings.ts'
import { type MailSettings, mailSettings, SMS_NEEDS, type SmsSettings, smsSettings } from './message-settings.ts'
import {
  type DingtalkSettings,
  SANDBOX_DEFAULTS,
  type WechatSettings,
  type WecomBotSettings,
  type WecomSettings,
} from './settings.ts'
import { readWebhooks, type WebhookSettings } from './webhook-settings.ts'

/** The folder that holds package.json, whether we run from source or from dist. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)))

function findRoot(from: string): string {
  try {
    readFileSync(join(from, 'package.json'))
    return from
  } catch {
    return findRoot(dirname(from))
  }
}

const aesKey = z.string().length(43, 'must be 43 characters')
const url = z.url().transform((value) => value.replace(/\/+$/, ''))
const wsUrl = z.string().regex(/^wss?:\/\/.+/, 'must begin with ws:// or wss://')

/** Every variable that is read, in the order of `.env.example`. */
const environment = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  HOST: z.string().optional(),
  BASE_URL: url.optional(),
  DATA_DIR: z.string().default('data'),
  DATABASE_URL: z
    .string()
    .regex(/^(sqlite:.+|mysql:\/\/.+)/, 'must begin with sqlite: or mysql://')
    .optional(),
  DATA_KEYS: z.string().optional(),
  TEMPLATES_DIR: z.string().default(join(ROOT, 'templates')),
  PACKS: z.string().optional(),
  TRUST_PROXY: z.enum(['on', 'off']).default('off'),
  CALLBACK_MAX_AGE_S: z.coerce.number().int().min(0).default(300),
  WECOM_CORP_ID: z.string().optional(),
  WECOM_AGENT_ID: z.coerce.number().int().positive().optional(),
  WECOM_SECRET: z.string().optional(),
  WECOM_TOKEN: z.string().optional(),
  WECOM_ENCODING_AES_KEY: aesKey.optional(),
  WECOM_API_BASE: url.optional(),
  WECOM_BOT_ID: z.string().optional(),
  WECOM_BOT_SECRET: z.string().optional(),
  WECOM_BOT_TOKEN: z.string().optional(),
  WECOM_BOT_ENCODING_AES_KEY: aesKey.optional(),
  WECOM_BOT_WS_URL: wsUrl.optional(),
  WECOM_GROUP_ROBOT_KEYS: z.string().optional(),
  DINGTALK_APP_KEY: z.string().optional(),
  DINGTALK_APP_SECRET: z.string().optional(),
  DINGTALK_ROBOT_CODE: z.string().optional(),
  DINGTALK_CARD_TEMPLATE_ID: z.string().optional(),
  DINGTALK_CALLBACK_TOKEN: z.string().optional(),
  DINGTALK_CALLBACK_AES_KEY: aesKey.optional(),
  DINGTALK_CORP_ID: z.string().optional(),
  DINGTALK_AGENT_ID: z.coerce.number().int().positive().optional(),
  DINGTALK_API_BASE: url.optional(),
  DINGTALK_OAPI_BASE: url.optional(),
  DINGTALK_STREAM: z.enum(['on', 'off']).default('on'),
  DINGTALK_GROUP_ROBOTS: z.string().optional(),
  DINGTALK_ROOM_GROUP: z.string().optional(),
  WECHAT_APP_ID: z.string().optional(),
  WECHAT_APP_SECRET: z.string().optional(),
  WECHAT_API_BASE: url.optional(),
  WECHAT_PUSH_TOKEN: z.string().optional(),
  WECHAT_PUSH_AES_KEY: aesKey.optional(),
  SMS_ACCESS_KEY_ID: z.string().optional(),
  SMS_ACCESS_KEY_SECRET: z.string().optional(),
  SMS_SIGN_NAME: z.string().optional(),
  SMS_REPORT_TOKEN: z
    .string()
    .regex(/^[\w-]{16,64}$/, 'must be 16 to 64 letters, digits, _ and -')
    .optional(),
  SMS_API_BASE: url.optional(),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/.+/, 'must begin with smtp:// or smtps://')
    .optional(),
  MAIL_FROM: z.string().optional(),
  LOCK_API_BASE: url.optional(),
  LOCK_KEY: z.string().min(16, 'must be 16 characters or more').optional(),
  HEARTBEAT_URL: url.optional(),
  WEBHOOKS: z.string().optional(),
  WEBHOOKS_PRIVATE: z.enum(['on', 'off']).default('off'),
  SANDBOX: z.enum(['on', 'off']).optional(),
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
})
export const VARIABLES = Object.keys(environment.shape)

const PACKS = 'service-desk'
/** The sandbox shows a small city with bikes as well. */
const SANDBOX_PACKS = 'service-desk,bike-share'

const WECOM_NEEDS = [
  'WECOM_CORP_ID',
  'WECOM_AGENT_ID',
  'WECOM_SECRET',
  'WECOM_TOKEN',
  'WECOM_ENCODING_AES_KEY',
] as const
const DINGTALK_NEEDS = [
  'DINGTALK_APP_KEY',
  'DINGTALK_APP_SECRET',
  'DINGTALK_ROBOT_CODE',
  'DINGTALK_CARD_TEMPLATE_ID',
] as const
const WECHAT_NEEDS = ['WECHAT_APP_ID', 'WECHAT_APP_SECRET'] as const

export interface Config {
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
  const wecom = wholeOrNothing(full, WECOM_NEEDS, problems)
  const dingtalk = wholeOrNothing(full, DINGTALK_NEEDS, problems)
  const wechat = wholeOrNothing(full, WECHAT_NEEDS, problems)
  const sms = wholeOrNothing(full, SMS_NEEDS, problems)
  const mail = mailSettings(full, sandboxOn, problems)
  const lock = lockSettings(full, sandboxOn, problems)
  const wecomBot = botSettings(full, problems)
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
    wecom: wecom
      ? {
          corpId: full.WECOM_CORP_ID as string,
          agentId: full.WECOM_AGENT_ID as number,
          secret: full.WECOM_SECRET as string,
          token: full.WECOM_TOKEN as string,
          encodingAesKey: full.WECOM_ENCODING_AES_KEY as string,
          apiBase: env.WECOM_API_BASE ?? 'https://qyapi.weixin.qq.com',
        }
      : undefined,
    wecomBot,
    groupRobots,
    dingtalk: dingtalk
      ? {
          appKey: full.DINGTALK_APP_KEY as string,
          appSecret: full.DINGTALK_APP_SECRET as string,
          robotCode: full.DINGTALK_ROBOT_CODE as string,
          cardTemplateId: full.DINGTALK_CARD_TEMPLATE_ID as string,
          callbackToken: full.DINGTALK_CALLBACK_TOKEN,
          callbackAesKey: full.DINGTALK_CALLBACK_AES_KEY,
          corpId: full.DINGTALK_CORP_ID,
          agentId: full.DINGTALK_AGENT_ID,
          apiBase: env.DINGTALK_API_BASE ?? 'https://api.dingtalk.com',
          oapiBase: env.DINGTALK_OAPI_BASE ?? 'https://oapi.dingtalk.com',
          stream: env.DINGTALK_STREAM === 'on',
          roomGroup: env.DINGTALK_ROOM_GROUP,
        }
      : undefined,
    heartbeatUrl: env.HEARTBEAT_URL,
    webhooks: { hooks, privateToo: env.WEBHOOKS_PRIVATE === 'on' },
    wechat: wechat
      ? {
          appId: full.WECHAT_APP_ID as string,
          appSecret: full.WECHAT_APP_SECRET as string,
          apiBase: env.WECHAT_API_BASE ?? 'https://api.weixin.qq.com',
          pushToken: full.WECHAT_PUSH_TOKEN ?? '',
          pushAesKey: full.WECHAT_PUSH_AES_KEY,
        }
      : undefined,
    sms: sms ? smsSettings(full) : undefined,
    mail,
    lock,
    sandbox: sandboxOn
      ? {
          port: env.SANDBOX_PORT,
          wecomBase: env.WECOM_API_BASE,
          wechatBase: env.WECHAT_API_BASE,
          dingtalkBase: env.DINGTALK_API_BASE,
          dingtalkOapiBase: env.DINGTALK_OAPI_BASE,
          smsBase: env.SMS_API_BASE,
          smtpUrl: env.SMTP_URL,
          lockBase: env.LOCK_API_BASE,
        }
      : undefined,
  })
}

type Environment = z.infer<typeof environment>

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
      return !off || !name.startsWith(off)
    }),
  )
}

/** The AI bot in one of its two modes: by its secret, or by token and key. */
function botSettings(env: Partial<Environment>, problems: string[]): WecomBotSettings | undefined {
  const [secret, token, encodingAesKey] = [env.WECOM_BOT_SECRET, env.WECOM_BOT_TOKEN, env.WECOM_BOT_ENCODING_AES_KEY]
  if (!env.WECOM_BOT_ID && !secret && !token) return undefined
  if (!env.WECOM_BOT_ID) problems.push('WECOM_BOT_ID: missing, while another value of the bot is set')
  if (!secret && !(token && encodingAesKey)) {
    problems.push('WECOM_BOT_SECRET: missing; give it, or WECOM_BOT_TOKEN and WECOM_BOT_ENCODING_AES_KEY')
  }
  return { botId: env.WECOM_BOT_ID ?? '', secret, token, encodingAesKey, wsUrl: env.WECOM_BOT_WS_URL }
}

/** Whether a real platform (or somebody's own stand-in) is configured, which turns the sandbox off by default. */
function anyPlatform(env: Environment): boolean {
  return Boolean(
    env.WECOM_API_BASE ||
      env.WECHAT_API_BASE ||
      env.DINGTALK_API_BASE ||
      (env.WECOM_BOT_ID && (env.WECOM_BOT_SECRET || env.WECOM_BOT_TOKEN)) ||
      (env.DINGTALK_APP_KEY && env.DINGTALK_APP_SECRET) ||
      (env.WECOM_CORP_ID && env.WECOM_SECRET) ||
      (env.WECHAT_APP_ID && env.WECHAT_APP_SECRET),
  )
}

function wholeOrNothing(env: Partial<Environment>, needs: readonly (keyof Environment)[], problems: string[]): boolean {
  const missing = needs.filter((name) => env[name] === undefined)
  if (missing.length === needs.length) return false
  for (const name of missing) problems.push(`${name}: missing, while ${needs.find((n) => env[n] !== undefined)} is set`)
  return missing.length === 0
}

function dropEmpty<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
}
