import { join } from 'node:path'
import { z } from 'zod'
import { ROOT } from './root.ts'

const aesKey = z.string().length(43, 'must be 43 characters')
const url = z.url().transform((value) => value.replace(/\/+$/, ''))
const wsUrl = z.string().regex(/^wss?:\/\/.+/, 'must begin with ws:// or wss://')

/** Every variable that is read, in the order of `.env.example`. */
export const environment = z.object({
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
  WECHATPAY_MCH_ID: z
    .string()
    .regex(/^\d{8,10}$/, 'must be 8 to 10 digits')
    .optional(),
  WECHATPAY_SERIAL: z.string().optional(),
  WECHATPAY_PRIVATE_KEY: z.string().optional(),
  WECHATPAY_PUBLIC_KEY: z.string().optional(),
  WECHATPAY_PUBLIC_KEY_ID: z.string().optional(),
  WECHATPAY_APIV3_KEY: z.string().length(32, 'must be 32 characters').optional(),
  WECHATPAY_SCORE_SERVICE_ID: z
    .string()
    .regex(/^\d{1,32}$/, 'must be digits, as WeChat Pay has given it')
    .optional(),
  WECHATPAY_SCORE_KEY: z.string().length(32, 'must be 32 characters').optional(),
  WECHATPAY_API_BASE: url.optional(),
  SIGNING_P12: z.string().optional(),
  SIGNING_P12_PASSPHRASE: z.string().optional(),
  OCR: z.enum(['wechat', 'embedded', 'off']).default('embedded'),
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

export type Environment = z.infer<typeof environment>

/** Their names, in order. */
export const VARIABLES = Object.keys(environment.shape)

/** Whether all that belongs together is given; what is missing beside what is there goes into `problems`. */
export function wholeOrNothing(
  env: Partial<Environment>,
  needs: readonly (keyof Environment)[],
  problems: string[],
): boolean {
  const missing = needs.filter((name) => env[name] === undefined)
  if (missing.length === needs.length) return false
  for (const name of missing) problems.push(`${name}: missing, while ${needs.find((n) => env[n] !== undefined)} is set`)
  return missing.length === 0
}
