import { type Environment, wholeOrNothing } from './environment.ts'
import type { DingtalkSettings, WecomBotSettings, WecomSettings } from './settings.ts'

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

/** WeCom's application, whole or not at all. */
export function wecomSettings(env: Partial<Environment>, problems: string[]): WecomSettings | undefined {
  if (!wholeOrNothing(env, WECOM_NEEDS, problems)) return undefined
  return {
    corpId: env.WECOM_CORP_ID as string,
    agentId: env.WECOM_AGENT_ID as number,
    secret: env.WECOM_SECRET as string,
    token: env.WECOM_TOKEN as string,
    encodingAesKey: env.WECOM_ENCODING_AES_KEY as string,
    apiBase: env.WECOM_API_BASE ?? 'https://qyapi.weixin.qq.com',
  }
}

/** The AI bot in one of its two modes: by its secret, or by token and key. */
export function botSettings(env: Partial<Environment>, problems: string[]): WecomBotSettings | undefined {
  const [secret, token, encodingAesKey] = [env.WECOM_BOT_SECRET, env.WECOM_BOT_TOKEN, env.WECOM_BOT_ENCODING_AES_KEY]
  if (!env.WECOM_BOT_ID && !secret && !token) return undefined
  if (!env.WECOM_BOT_ID) problems.push('WECOM_BOT_ID: missing, while another value of the bot is set')
  if (!secret && !(token && encodingAesKey)) {
    problems.push('WECOM_BOT_SECRET: missing; give it, or WECOM_BOT_TOKEN and WECOM_BOT_ENCODING_AES_KEY')
  }
  return { botId: env.WECOM_BOT_ID ?? '', secret, token, encodingAesKey, wsUrl: env.WECOM_BOT_WS_URL }
}

/** DingTalk's robot with its cards, whole or not at all. */
export function dingtalkSettings(env: Partial<Environment>, problems: string[]): DingtalkSettings | undefined {
  if (!wholeOrNothing(env, DINGTALK_NEEDS, problems)) return undefined
  return {
    appKey: env.DINGTALK_APP_KEY as string,
    appSecret: env.DINGTALK_APP_SECRET as string,
    robotCode: env.DINGTALK_ROBOT_CODE as string,
    cardTemplateId: env.DINGTALK_CARD_TEMPLATE_ID as string,
    callbackToken: env.DINGTALK_CALLBACK_TOKEN,
    callbackAesKey: env.DINGTALK_CALLBACK_AES_KEY,
    corpId: env.DINGTALK_CORP_ID,
    agentId: env.DINGTALK_AGENT_ID,
    apiBase: env.DINGTALK_API_BASE ?? 'https://api.dingtalk.com',
    oapiBase: env.DINGTALK_OAPI_BASE ?? 'https://oapi.dingtalk.com',
    stream: env.DINGTALK_STREAM === 'on',
    roomGroup: env.DINGTALK_ROOM_GROUP,
  }
}
