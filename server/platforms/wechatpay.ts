import { DateTime } from 'luxon'
import { z } from 'zod'
import { PlatformError } from '../lib/errors.ts'
import { keysOf, type WechatpayConfig, wechatpayApi } from './wechatpay-api.ts'
import { type BillRow, readBill, sameDigest } from './wechatpay-bill.ts'
import { type PayScore, payScore } from './wechatpay-score.ts'
import { type PayParams, payParams } from './wechatpay-sign.ts'

export type { WechatpayConfig } from './wechatpay-api.ts'

/** For whom money is taken. */
export interface Merchant {
  /** The mini-program's. */
  appId: string
  /** Where we are told what became of payments and refunds. */
  notifyUrl: string
}

/** A payment as the platform is asked for it. */
export interface PayOrder {
  /** out_trade_no: 6 to 32 of 0-9A-Za-z_-|* */
  number: string
  title: string
  /** In fen. */
  amount: number
  openid: string
  /** Until when it can be paid. */
  until: number
}

export const TRADE_STATES = ['SUCCESS', 'REFUND', 'NOTPAY', 'CLOSED', 'REVOKED', 'USERPAYING', 'PAYERROR'] as const

/** What the platform says of a payment. */
export interface Trade {
  number: string
  state: (typeof TRADE_STATES)[number]
  /** The rest is told of what was paid. */
  transactionId?: string
  amount?: number
  currency?: string
  paidAt?: number
}

export interface RefundOrder {
  /** out_trade_no of the payment. */
  payment: string
  /** What was paid in all, in fen. */
  total: number
  /** out_refund_no: asked again with the same one it is the same refund. */
  number: string
  amount: number
  reason: string
}

export const REFUND_STATES = ['SUCCESS', 'CLOSED', 'PROCESSING', 'ABNORMAL'] as const

/** What the platform says of a refund. */
export interface RefundNews {
  number: string
  refundId: string
  state: (typeof REFUND_STATES)[number]
  amount: number
  /** When it was taken, when it arrived. */
  takenAt?: number
  doneAt?: number
}

/** WeChat Pay for one merchant. Every call may throw a PlatformError('wechatpay', code, …). */
export interface Wechatpay {
  /** Makes a payment known to the platform; returns its prepay_id, good for two hours. The same order again is the same. */
  prepay(order: PayOrder): Promise<string>
  /** What `wx.requestPayment` is called with; costs no call. */
  payParams(prepayId: string): PayParams
  /** How a payment stands; undefined: the platform does not know it. */
  query(number: string): Promise<Trade | undefined>
  /** Nobody can pay it from then on; ORDERPAID when somebody has. */
  close(number: string): Promise<void>
  /** Asks for a refund: taken is not done. */
  refund(order: RefundOrder): Promise<RefundNews>
  /** How a refund stands; undefined: the platform does not know it. */
  queryRefund(number: string): Promise<RefundNews | undefined>
  /** Everything that was paid and refunded on a day of China's (yyyy-MM-dd); undefined: there is no bill of it. */
  tradeBill(day: string): Promise<BillRow[] | undefined>
  /** Renting without a deposit; undefined where the merchant was not admitted to it. */
  readonly score?: PayScore
}

const UNKNOWN = new Set(['ORDER_NOT_EXIST', 'ORDERNOTEXIST', 'RESOURCE_NOT_EXISTS', 'NOT_FOUND'])
const NO_BILL = new Set(['NO_STATEMENT_EXIST'])

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))
const nothing = z.object({})
const prepaidShape = z.object({ prepay_id: z.string().min(1) })

/** A payment as it comes in answers and in notifications. */
export const tradeShape = z
  .object({
    mchid: z.string(),
    out_trade_no: z.string().min(1),
    trade_state: z.enum(TRADE_STATES),
    transaction_id: z.string().min(1).optional(),
    success_time: instant.optional(),
    amount: z.object({ total: z.int(), currency: z.string().default('CNY') }).optional(),
  })
  .transform((trade): Trade & { mchId: string } => ({
    mchId: trade.mchid,
    number: trade.out_trade_no,
    state: trade.trade_state,
    transactionId: trade.transaction_id,
    amount: trade.amount?.total,
    currency: trade.amount?.currency,
    paidAt: trade.success_time,
  }))

const refundShape = z
  .object({
    out_refund_no: z.string().min(1),
    refund_id: z.string().min(1),
    status: z.enum(REFUND_STATES),
    create_time: instant.optional(),
    success_time: instant.optional(),
    amount: z.object({ refund: z.int() }),
  })
  .transform(
    (refund): RefundNews => ({
      number: refund.out_refund_no,
      refundId: refund.refund_id,
      state: refund.status,
      amount: refund.amount.refund,
      takenAt: refund.create_time,
      doneAt: refund.success_time,
    }),
  )

const billShape = z.object({ download_url: z.url(), hash_type: z.literal('SHA1'), hash_value: z.string().min(1) })

/** A client of WeChat Pay. Nothing is called until something is asked of it. Source: PLATFORMS 7. */
export function wechatpay(config: WechatpayConfig, { appId, notifyUrl }: Merchant): Wechatpay {
  const keys = keysOf(config)
  const api = wechatpayApi(config, keys)
  const { mchId } = config
  const mch = `mchid=${encodeURIComponent(mchId)}`
  const trade = (number: string) => `/v3/pay/transactions/out-trade-no/${encodeURIComponent(number)}`

  return {
    ...(config.score && { score: payScore(api, { ...config.score, appId, mchId, notifyUrl }) }),

    async prepay({ number, title, amount, openid, until }) {
      const { prepay_id } = await api.ask({
        method: 'POST',
        path: '/v3/pay/transactions/jsapi',
        shape: prepaidShape,
        json: {
          appid: appId,
          mchid: mchId,
          description: title,
          out_trade_no: number,
          // To the second: fractions are refused.
          time_expire: DateTime.fromMillis(until, { zone: 'Asia/Shanghai' }).toFormat("yyyy-MM-dd'T'HH:mm:ssZZ"),
          notify_url: notifyUrl,
          amount: { total: amount, currency: 'CNY' },
          payer: { openid },
        },
      })
      return prepay_id
    },

    payParams: (prepayId) => payParams({ appId, privateKey: keys().privateKey }, prepayId),

    query: (number) =>
      known(UNKNOWN, () => api.ask({ method: 'GET', path: `${trade(number)}?${mch}`, shape: tradeShape })),

    async close(number) {
      await api.ask({ method: 'POST', path: `${trade(number)}/close`, json: { mchid: mchId }, shape: nothing })
    },

    refund: ({ payment, total, number, amount, reason }) =>
      api.ask({
        method: 'POST',
        path: '/v3/refund/domestic/refunds',
        shape: refundShape,
        json: {
          out_trade_no: payment,
          out_refund_no: number,
          reason,
          notify_url: notifyUrl,
          amount: { refund: amount, total, currency: 'CNY' },
        },
      }),

    queryRefund: (number) =>
      known(UNKNOWN, () =>
        api.ask({
          method: 'GET',
          path: `/v3/refund/domestic/refunds/${encodeURIComponent(number)}`,
          shape: refundShape,
        }),
      ),

    tradeBill: (day) =>
      known(NO_BILL, async () => {
        const path = `/v3/bill/tradebill?bill_date=${day}&bill_type=ALL`
        const { download_url, hash_value } = await api.ask({ method: 'GET', path, shape: billShape })
        const bytes = await api.bytes(download_url)
        if (!sameDigest(bytes, hash_value)) throw new PlatformError('wechatpay', 'digest', true, 'a torn bill')
        return readBill(bytes.toString('utf8'))
      }),
  }
}

/** What was asked for, or undefined where the platform says by one of these codes that there is none. */
async function known<T>(codes: ReadonlySet<string>, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof PlatformError && codes.has(String(error.code))) return undefined
    throw error
  }
}
