import { z } from 'zod'
import { parseJson } from './json.ts'
import { REFUND_STATES, type RefundNews, type Trade, tradeShape } from './wechatpay.ts'
import { keysOf, type SignedHeaders, signatureFault, type WechatpayConfig } from './wechatpay-api.ts'
import { openSealed, type Sealed } from './wechatpay-cipher.ts'
import { CallbackRefused } from './wx-crypto.ts'

/** What WeChat Pay tells by itself. */
export type WechatpayNews =
  | { kind: 'paid'; trade: Trade }
  | { kind: 'refund'; refund: RefundNews }
  /** A customer has agreed to an order of pay score: its out_order_no. */
  | { kind: 'agreed'; number: string }
  | { kind: 'other' }

/** The door of one merchant; `open` throws CallbackRefused, which carries the HTTP status. */
export interface WechatpayNotify {
  /** Checks the signature over the body as it came, opens what is sealed, reads it. Answer within five seconds. */
  open(headers: SignedHeaders, rawBody: string): WechatpayNews
}

const MAX_BODY_BYTES = 64 * 1024

const envelope = z.object({
  event_type: z.string(),
  resource: z.object({
    algorithm: z.literal('AEAD_AES_256_GCM'),
    ciphertext: z.string().min(1),
    nonce: z.string().min(1),
    associated_data: z.string().optional(),
  }),
})
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))
/** Notifications call it refund_status, answers call it status. */
const refundShape = z.object({
  mchid: z.string(),
  out_refund_no: z.string().min(1),
  refund_id: z.string().min(1),
  refund_status: z.enum(REFUND_STATES),
  success_time: instant.optional(),
  amount: z.object({ refund: z.int() }),
})
/** What is told of an order of pay score. Source: pay.weixin.qq.com, 微信支付分, 确认订单回调通知. */
const scoreShape = z.object({ mchid: z.string(), out_order_no: z.string().min(1).max(32) })

/** Opens notifications of one merchant. `realNow` is the machine's time on purpose: signatures are not in our clock. */
export function wechatpayNotify(
  config: Omit<WechatpayConfig, 'serial' | 'apiBase'>,
  maxAgeS: number,
  realNow: () => number = Date.now,
): WechatpayNotify {
  const keys = keysOf(config)
  const { publicKeyId, apiV3Key, mchId } = config

  function unsealed(sealed: Sealed): unknown {
    try {
      return json(openSealed(sealed, apiV3Key))
    } catch (error) {
      if (error instanceof CallbackRefused) throw error
      throw new CallbackRefused('cipher', '', { cause: error })
    }
  }

  return {
    open(headers, rawBody) {
      if (Buffer.byteLength(rawBody) > MAX_BODY_BYTES) throw new CallbackRefused('size')
      const age = { now: realNow(), maxAgeMs: maxAgeS * 1000 }
      const fault = signatureFault(headers, rawBody, { publicKeyId, publicKey: keys().publicKey }, age)
      if (fault) throw new CallbackRefused(fault === 'serial' ? 'signature' : fault, headers.serial.slice(0, 60))
      const { event_type, resource } = parsed(envelope, json(rawBody))
      if (event_type === 'TRANSACTION.SUCCESS') {
        const { mchId: of, ...trade } = parsed(tradeShape, unsealed(resource))
        checkMerchant(of)
        return { kind: 'paid', trade }
      }
      if (event_type === 'PAYSCORE.USER_CONFIRM') {
        const { mchid, out_order_no: number } = parsed(scoreShape, unsealed(resource))
        checkMerchant(mchid)
        return { kind: 'agreed', number }
      }
      if (!event_type.startsWith('REFUND.')) return { kind: 'other' }
      const refund = parsed(refundShape, unsealed(resource))
      checkMerchant(refund.mchid)
      const { out_refund_no: number, refund_id: refundId, refund_status: state, success_time: doneAt } = refund
      return { kind: 'refund', refund: { number, refundId, state, amount: refund.amount.refund, doneAt } }
    },
  }

  function checkMerchant(id: string): void {
    if (id !== mchId) throw new CallbackRefused('receiveid', id.slice(0, 40))
  }
}

function parsed<T>(shape: z.ZodType<T>, value: unknown): T {
  const result = shape.safeParse(value)
  if (!result.success) throw new CallbackRefused('content', result.error.message.slice(0, 200))
  return result.data
}

function json(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    throw new CallbackRefused('json', '', { cause: error })
  }
}
