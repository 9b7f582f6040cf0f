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
  /** Makes it known; returns the `package` with which the mini-program opens WeChat's page. The same again is the same. */
  create(order: ScoreOrder): Promise<string>
  /** How it stands; undefined: the platform does not know it. */
  query(number: string): Promise<ScoreState | undefined>
  /** Ends it without charging anything. */
  cancel(number: string, reason: string): Promise<void>
}

interface Service {
  appId: string
  serviceId: string
  notifyUrl: string
}

const UNKNOWN = new Set(['ORDER_NOT_EXIST', 'RESOURCE_NOT_EXISTS', 'NOT_FOUND'])
const PATH = '/v3/payscore/serviceorder'

/**
 * A client of pay score, in the mode in which the customer agrees to each order. Source: pay.weixin.qq.com, 微信支付分,
 * 创建, 查询, 取消支付分订单.
 */
export function payScore(api: WechatpayApi, { appId, serviceId, notifyUrl }: Service): PayScore {
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
      return answer.package
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
