import { z } from 'zod'
import type { WechatpayStandIn } from './wechatpay.ts'

/** What may be switched at WeChat Pay. */
export const paySwitches = z.object({
  down: z.union([z.literal(false), z.literal('reset'), z.literal('503')]),
  codes: z.array(z.string().max(60)).max(20),
  loseAnswers: z.int().min(0).max(20),
  notifyNever: z.boolean(),
  notifyTwice: z.int().min(0).max(3),
  refunds: z.array(z.enum(['ABNORMAL', 'CLOSED'])).max(20),
})

const asked = z.object({
  openid: z.string(),
  timeStamp: z.string(),
  nonceStr: z.string(),
  package: z.string(),
  signType: z.string(),
  paySign: z.string(),
})

/** What the phone shows before it pays. */
export function lookAtPay(standIn: WechatpayStandIn | undefined, body: unknown) {
  const { openid, ...sheet } = asked.parse(body)
  return there(standIn).look(openid, sheet)
}

/** The phone pays. */
export async function pay(standIn: WechatpayStandIn | undefined, body: unknown): Promise<object> {
  const { openid, ...sheet } = asked.parse(body)
  await there(standIn).pay(openid, sheet)
  return {}
}

const scoreAsk = z.object({
  mch_id: z.string(),
  package: z.string(),
  timestamp: z.string(),
  nonce_str: z.string(),
  sign_type: z.string(),
  sign: z.string(),
})

/** What the page of pay score shows. */
export function lookAtScore(standIn: WechatpayStandIn | undefined, body: unknown) {
  const { title, amount } = there(standIn).lookAtScore(scoreAsk.parse(body))
  return { title, amount }
}

/** The customer agrees there. */
export async function agreeToScore(standIn: WechatpayStandIn | undefined, body: unknown): Promise<object> {
  await there(standIn).agree(scoreAsk.parse(body))
  return {}
}

function there(standIn: WechatpayStandIn | undefined): WechatpayStandIn {
  if (!standIn) throw new Error('there is no WeChat Pay')
  return standIn
}
