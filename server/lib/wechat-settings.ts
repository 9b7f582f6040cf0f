import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Environment, wholeOrNothing } from './environment.ts'
import type { WechatSettings } from './settings.ts'

/** A merchant of WeChat Pay, by the API v3 with WeChat Pay's public key. */
export interface WechatpaySettings {
  mchId: string
  /** Of the merchant's certificate. */
  serial: string
  /** PEM; empty in the sandbox, whose stand-in makes its own. */
  readonly privateKey: string
  /** WeChat Pay's, PEM; likewise. */
  readonly publicKey: string
  publicKeyId: string
  apiV3Key: string
  /** Pay score (支付分), if WeChat has admitted the merchant to it: the service, and the merchant's APIv2 key. */
  score?: { serviceId: string; key: string }
  apiBase: string
}

const WECHAT_NEEDS = ['WECHAT_APP_ID', 'WECHAT_APP_SECRET'] as const
const WECHATPAY_KEYS = ['WECHATPAY_PRIVATE_KEY', 'WECHATPAY_PUBLIC_KEY'] as const
const WECHATPAY_NEEDS = [
  'WECHATPAY_MCH_ID',
  'WECHATPAY_SERIAL',
  'WECHATPAY_PRIVATE_KEY',
  'WECHATPAY_PUBLIC_KEY',
  'WECHATPAY_PUBLIC_KEY_ID',
  'WECHATPAY_APIV3_KEY',
] as const
const SCORE_NEEDS = ['WECHATPAY_SCORE_SERVICE_ID', 'WECHATPAY_SCORE_KEY'] as const

/** The mini-program, whole or not at all. */
export function wechatSettings(env: Partial<Environment>, problems: string[]): WechatSettings | undefined {
  if (!wholeOrNothing(env, WECHAT_NEEDS, problems)) return undefined
  return {
    appId: env.WECHAT_APP_ID as string,
    appSecret: env.WECHAT_APP_SECRET as string,
    apiBase: env.WECHAT_API_BASE ?? 'https://api.weixin.qq.com',
    pushToken: env.WECHAT_PUSH_TOKEN ?? '',
    pushAesKey: env.WECHAT_PUSH_AES_KEY,
  }
}

/** The merchant, whole or not at all; in the sandbox the keys may be missing. Somebody must be there to pay, and to be told. */
export function wechatpaySettings(
  env: Partial<Environment>,
  sandbox: boolean,
  problems: string[],
): WechatpaySettings | undefined {
  const own = sandbox && !env.WECHATPAY_API_BASE
  const needs = WECHATPAY_NEEDS.filter((name) => !own || !(WECHATPAY_KEYS as readonly string[]).includes(name))
  if (!wholeOrNothing(env, needs, problems)) return undefined
  if (!env.WECHAT_APP_ID) problems.push('WECHAT_APP_ID: missing, while WECHATPAY_MCH_ID is set')
  if (!sandbox && !env.BASE_URL?.startsWith('https://'))
    problems.push('BASE_URL: must be an https:// address where WeChat Pay reaches us, while WECHATPAY_MCH_ID is set')
  return {
    mchId: env.WECHATPAY_MCH_ID as string,
    serial: env.WECHATPAY_SERIAL as string,
    privateKey: pem(env, 'WECHATPAY_PRIVATE_KEY', createPrivateKey, problems),
    publicKey: pem(env, 'WECHATPAY_PUBLIC_KEY', createPublicKey, problems),
    publicKeyId: env.WECHATPAY_PUBLIC_KEY_ID as string,
    apiV3Key: env.WECHATPAY_APIV3_KEY as string,
    score: scoreSettings(env, problems),
    apiBase: env.WECHATPAY_API_BASE ?? 'https://api.mch.weixin.qq.com',
  }
}

function scoreSettings(env: Partial<Environment>, problems: string[]): WechatpaySettings['score'] {
  if (!wholeOrNothing(env, SCORE_NEEDS, problems)) return undefined
  return { serviceId: env.WECHATPAY_SCORE_SERVICE_ID as string, key: env.WECHATPAY_SCORE_KEY as string }
}

/** A key as it is given: its text, in which line breaks may be written as \n, or the file in which it stands. */
function pem(
  env: Partial<Environment>,
  name: (typeof WECHATPAY_KEYS)[number],
  read: (text: string) => unknown,
  problems: string[],
): string {
  const given = env[name]
  if (given === undefined) return ''
  try {
    const text = given.includes('-----BEGIN') ? given.replaceAll('\\n', '\n') : readFileSync(given, 'utf8')
    read(text)
    return text
  } catch {
    problems.push(`${name}: must be a PEM key, or the path of a file with one`)
    return ''
  }
}
