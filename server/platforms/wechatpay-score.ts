import { createHmac, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { PlatformError } from '../lib/errors.ts'
import type { WechatpayApi } from './wechatpay-api.ts'

/** A rental without a deposit, by the customer's pay score (微信支付分), as the platform is asked for it. */
export interface ScoreOrder {
  /** out_order_no: up to 32 of 0-9A-Za-z_-| */
  number: string
  /** What it is for, as the customer reads it; at most 20 characters. */
  title: string
  /** What the deposit would be, in fen. */
  amount: number
}

/** created: the customer has not agreed yet; doing: they have; the others are over. */
export const SCORE_STATES = ['CREATED', 'DOING', 'DONE', 'REVOKED', 'EXPIRED'] as const
export type ScoreState = (typeof SCORE_STATES)[number]

/** Pay score for one merchant. Every call may throw a PlatformError('wechatpay', code, …). */
export interface PayScore {
  /** Makes it known; returns what the mini-program opens WeChat's page with. The same again is the same order. */
  create(order: ScoreOrder): Promise<ScoreSheet>
  /** How it stands; undefined: the platform does not know it. */
  query(number: string): Promise<ScoreState | undefined>
  /** Ends it without charging anything. */
  cancel(number: string, reason: string): Promise<void>
}

/** What `wx.openBusinessView` is called with, so that the customer agrees. */
export interface ScoreSheet {
  businessType: 'wxpayScoreUse'
  extraData: {
    mch_id: string
    package: string
    /** In seconds, as text. */
    timestamp: string
    nonce_str: string
    sign_type: 'HMAC-SHA256'
    sign: string
  }
}

interface Service {
  appId: string
  mchId: string
  serviceId: string
  /** The APIv2 key. */
  key: string
  notifyUrl: string
}

const UNKNOWN = new Set(['ORDER_NOT_EXIST', 'RESOURCE_NOT_EXISTS', 'NOT_FOUND'])
const PATH = '/v3/payscore/serviceorder'

/**
 * A client of pay score, in the mode in which the customer agrees to each order. Source: pay.weixin.qq.com, 微信支付分,
 * 创建, 查询, 取消支付分订单.
 */
export function payScore(api: WechatpayApi, { appId, mchId, serviceId, key, notifyUrl }: Service): PayScore {
  return {
    async create({ number, title, amount }) {
      const answer = await api.ask({
        method: 'POST',
        path: PATH,
        shape: z.object({ out_order_no: z.string(), package: z.string().min(1) }),
        json: {
          out_order_no: number,
          appid: appId,
          service_id: serviceId,
          service_introduction: title.slice(0, 20),
          time_range: { start_time: 'OnAccept' },
          risk_fund: { name: 'DEPOSIT', amount },
          notify_url: notifyUrl,
          need_user_confirm: true,
        },
      })
      return scoreSheet({ mchId, key }, answer.package)
    },

    async query(number) {
      const query = new URLSearchParams({ out_order_no: number, service_id: serviceId, appid: appId })
      try {
        const shape = z.object({ state: z.enum(SCORE_STATES) })
        return (await api.ask({ method: 'GET', path: `${PATH}?${query}`, shape })).state
      } catch (error) {
        if (error instanceof PlatformError && UNKNOWN.has(String(error.code))) return undefined
        throw error
      }
    },

    async cancel(number, reason) {
      await api.ask({
        method: 'POST',
        path: `${PATH}/${encodeURIComponent(number)}/cancel`,
        shape: z.object({}),
        json: { appid: appId, service_id: serviceId, reason: reason.slice(0, 50) },
      })
    },
  }
}

/** What a phone opens WeChat's page with. Source: pay.weixin.qq.com/doc/v3/merchant/4012587949, wx.openBusinessView. */
export function scoreSheet(
  { mchId, key }: Pick<Service, 'mchId' | 'key'>,
  prepared: string,
  { now = Date.now(), nonce = randomBytes(16).toString('hex') } = {},
): ScoreSheet {
  const fields = {
    mch_id: mchId,
    package: prepared,
    timestamp: String(Math.floor(now / 1000)),
    nonce_str: nonce,
    sign_type: 'HMAC-SHA256' as const,
  }
  return { businessType: 'wxpayScoreUse', extraData: { ...fields, sign: signScore(fields, key) } }
}

/** The signature of API v2: the fields by their names, and the key behind them. */
export function signScore(fields: Record<string, string>, key: string): string {
  const pairs = Object.keys(fields)
    .sort()
    .map((name) => `${name}=${fields[name]}`)
  return createHmac('sha256', key)
    .update([...pairs, `key=${key}`].join('&'))
    .digest('hex')
    .toUpperCase()
}
