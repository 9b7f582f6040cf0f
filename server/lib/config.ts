import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

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
  PACKS: z.string().default('service-desk'),
  TRUST_PROXY: z.enum(['on', 'off']).default('off'),
  CALLBACK_MAX_AGE_S: z.coerce.number().int().min(0).default(300),
  WECOM_CORP_ID: z.string().optional(),
  WECOM_AGENT_ID: z.coerce.number().int().positive().optional(),
  WECOM_SECRET: z.string().optional(),
  WECOM_TOKEN: z.string().optional(),
  WECOM_ENCODING_AES_KEY: aesKey.optional(),
  WECOM_API_BASE: url.optional(),
  WECHAT_APP_ID: z.string().optional(),
  WECHAT_APP_SECRET: z.string().optional(),
  WECHAT_API_BASE: url.optional(),
  WECHAT_PUSH_TOKEN: z.string().optional(),
  WECHAT_PUSH_AES_KEY: aesKey.optional(),
  SANDBOX: z.enum(['on', 'off']).optional(),
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
})
export const VARIABLES = Object.keys(environment.shape)

const WECOM_NEEDS = [
  'WECOM_CORP_ID',
  'WECOM_AGENT_ID',
  'WECOM_SECRET',
  'WECOM_TOKEN',
  'WECOM_ENCODING_AES_KEY',
] as const
const WECHAT_NEEDS = ['WECHAT_APP_ID', 'WECHAT_APP_SECRET'] as const

/** What the sandbox's stand-ins are called when nothing is configured. */
const SANDBOX_DEFAULTS = {
  WECOM_CORP_ID: 'ww0sandbox0corp0001',
  WECOM_AGENT_ID: 1_000_002,
  WECOM_SECRET: 'sandbox-wecom-secret',
  WECOM_TOKEN: 'SandboxWecomToken',
  WECOM_ENCODING_AES_KEY: 'c2FuZGJveC13ZWNvbS1lbmNvZGluZy1hZXMta2V5LTA',
  WECHAT_APP_ID: 'wx0sandbox0app0001',
  WECHAT_APP_SECRET: 'sandbox-wechat-secret',
  WECHAT_PUSH_TOKEN: 'SandboxWechatToken',
  WECHAT_PUSH_AES_KEY: 'c2FuZGJveC13ZWNoYXQtcHVzaC1hZXMta2V5LTAwMDA',
}

export interface WecomSettings {
  corpId: string
  agentId: number
  secret: string
  token: string
  encodingAesKey: string
  apiBase: string
}

export interface WechatSettings {
  appId: string
  appSecret: string
  apiBase: string
  pushToken: string
  pushAesKey?: string
}

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
  wechat?: WechatSettings
  /** Set when the sandbox is on: where its listener stands, and which bases the configuration already names. */
  sandbox?: { port: number; wecomBase?: string; wechatBase?: string }
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
  const full = sandboxOn ? { ...SANDBOX_DEFAULTS, ...dropEmpty(env) } : env
  const wecom = wholeOrNothing(full, WECOM_NEEDS, problems)
  const wechat = wholeOrNothing(full, WECHAT_NEEDS, problems)
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
    packs: env.PACKS.split(',').map((name) => name.trim()),
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
    wechat: wechat
      ? {
          appId: full.WECHAT_APP_ID as string,
          appSecret: full.WECHAT_APP_SECRET as string,
          apiBase: env.WECHAT_API_BASE ?? 'https://api.weixin.qq.com',
          pushToken: full.WECHAT_PUSH_TOKEN ?? '',
          pushAesKey: full.WECHAT_PUSH_AES_KEY,
        }
      : undefined,
    sandbox: sandboxOn
      ? { port: env.SANDBOX_PORT, wecomBase: env.WECOM_API_BASE, wechatBase: env.WECHAT_API_BASE }
      : undefined,
  })
}

type Environment = z.infer<typeof environment>

/** Whether a real platform (or somebody's own stand-in) is configured, which turns the sandbox off by default. */
function anyPlatform(env: Environment): boolean {
  return Boolean(
    env.WECOM_API_BASE ||
      env.WECHAT_API_BASE ||
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
