import { generateKeyPairSync } from 'node:crypto'
import { type Clock, HOUR } from '../lib/clock.ts'
import { fresh } from './listener.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import type { PayNotice, PayRefund, PayScoreOrder, PayTrade, WechatpayFaults } from './wechatpay.ts'

export interface PayAccount {
  appId: string
  mchId: string
  serial: string
  publicKeyId: string
  apiV3Key: string
  /** Pay score: the service to which the merchant was admitted, and the APIv2 key. */
  score?: { serviceId: string; key: string }
}

/** Both sides' keys, PEM. */
export interface PayKeys {
  merchantPrivate: string
  merchantPublic: string
  platformPrivate: string
  platformPublic: string
}

/** What WeChat Pay remembers over a restart. */
export interface PayState {
  keys: PayKeys | null
  trades: PayTrade[]
  refunds: PayRefund[]
  notices: PayNotice[]
  /** Absent in what was remembered before there were any. */
  scores?: PayScoreOrder[]
  sequence: number
}

/** The stand-in's inside. */
export interface PayWorld {
  readonly account: PayAccount
  readonly clock: Clock
  readonly state: PayState
  readonly memory: Memory
  readonly live: Live
  readonly faults: WechatpayFaults
  readonly calls: Map<string, number>
  readonly nonces: Set<string>
  /** Of the mini-program's users. */
  readonly isUser: (openid: string) => boolean
  /** Where this platform stands. */
  readonly base: () => string
}

/** An error in WeChat Pay's way: a status, a code and a sentence. */
export class PayRefusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

const PREPAY_LIFE = 2 * HOUR

/** Made once in a process, for whoever has none yet: a pair takes a moment. */
let usual: PayKeys | undefined

/** The keys of both sides. */
export function keysOf({ state, memory }: PayWorld): PayKeys {
  if (!state.keys) {
    usual ??= newKeys()
    state.keys = usual
    memory.touch()
  }
  return state.keys
}

function newKeys(): PayKeys {
  const [merchant, platform] = [newPair(), newPair()]
  return {
    merchantPrivate: merchant.privateKey,
    merchantPublic: merchant.publicKey,
    platformPrivate: platform.privateKey,
    platformPublic: platform.publicKey,
  }
}

function newPair() {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}

/** JSAPI 下单. Source: PLATFORMS 7.2. */
export function prepay(world: PayWorld, body: Record<string, unknown>): Record<string, unknown> {
  const { account, clock, state } = world
  if (body.appid !== account.appId || body.mchid !== account.mchId)
    throw new PayRefusal(400, 'APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配')
  const number = text(body, 'out_trade_no', /^[\w\-|*]{6,32}$/)
  const title = text(body, 'description', /^[\s\S]{1,127}$/)
  const notifyUrl = text(body, 'notify_url', /^https?:\/\/[^?#]{1,240}$/)
  const expireAt = instant(text(body, 'time_expire', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/))
  const total = amountOf(body, 'total')
  const openid = text(part(body, 'payer'), 'openid', /^.{1,128}$/)
  if (!world.isUser(openid)) throw new PayRefusal(400, 'PARAM_ERROR', '无效的openid')
  const known = tradeOf(world, number)
  if (known) {
    if (known.state === 'SUCCESS' || known.state === 'REFUND') throw new PayRefusal(400, 'ORDERPAID', '该订单已支付')
    if (known.state === 'CLOSED') throw new PayRefusal(400, 'ORDER_CLOSED', '该订单已关闭')
    if (known.total !== total || known.openid !== openid || known.title !== title)
      throw new PayRefusal(400, 'INVALID_REQUEST', '请求重入时，参数与首次请求时不一致')
    known.prepayId = fresh('wx')
    known.prepaidAt = clock.now()
    return { prepay_id: known.prepayId }
  }
  if (expireAt <= clock.now()) throw new PayRefusal(400, 'PARAM_ERROR', 'time_expire已过期')
  const trade: PayTrade = {
    ...{ number, title, total, openid, notifyUrl, expireAt, prepayId: fresh('wx'), prepaidAt: clock.now() },
    ...{ state: 'NOTPAY' as const, transactionId: '', paidAt: null, refunded: 0 },
  }
  state.trades.push(trade)
  world.memory.touch()
  return { prepay_id: trade.prepayId }
}

/** A trade by its number, as it stands now: what nobody has paid in time is closed. */
export function tradeOf(world: PayWorld, number: string): PayTrade | undefined {
  const trade = world.state.trades.find((one) => one.number === number)
  if (trade?.state === 'NOTPAY' && trade.expireAt <= world.clock.now()) trade.state = 'CLOSED'
  return trade
}

/** The trade that a phone is asked to pay, if it still can be. */
export function payable(world: PayWorld, openid: string, prepayId: string): PayTrade {
  const found = world.state.trades.find((one) => one.prepayId === prepayId)
  const trade = found && tradeOf(world, found.number)
  if (!trade || trade.prepaidAt + PREPAY_LIFE <= world.clock.now()) throw new Error('prepay_id expired')
  if (trade.openid !== openid) throw new Error('another user')
  if (trade.state !== 'NOTPAY') throw new Error(`the order is ${trade.state}`)
  return trade
}

/** 关闭订单. */
export function close(world: PayWorld, number: string): void {
  const trade = tradeOf(world, number)
  if (!trade) throw new PayRefusal(404, 'ORDER_NOT_EXIST', '订单不存在')
  if (trade.state === 'SUCCESS' || trade.state === 'REFUND') throw new PayRefusal(400, 'ORDERPAID', '该订单已支付')
  trade.state = 'CLOSED'
  world.memory.touch()
}

/** 申请退款: the same number again is the same refund. Source: PLATFORMS 7.3. */
export function refund(world: PayWorld, body: Record<string, unknown>): PayRefund {
  const { clock, state, faults } = world
  const number = text(body, 'out_refund_no', /^[\w\-|*@]{1,64}$/)
  const trade = tradeOf(world, text(body, 'out_trade_no', /^[\w\-|*]{6,32}$/))
  if (!trade || trade.paidAt === null) throw new PayRefusal(404, 'RESOURCE_NOT_EXISTS', '订单不存在')
  const amount = amountOf(body, 'refund')
  const known = state.refunds.find((one) => one.number === number)
  if (known && (known.trade !== trade.number || known.amount !== amount))
    throw new PayRefusal(400, 'INVALID_REQUEST', '订单金额或退款金额与之前请求不一致，请核实后再试')
  if (known) return known
  if (amountOf(body, 'total') !== trade.total) throw new PayRefusal(400, 'INVALID_REQUEST', '订单总金额与支付时不一致')
  if (trade.refunded + amount > trade.total) throw new PayRefusal(400, 'INVALID_REQUEST', '退款金额大于可退金额')
  const made: PayRefund = {
    ...{ number, trade: trade.number, refundId: `5${sequence(world, 27)}`, amount },
    reason: text(body, 'reason', /^[\s\S]{0,80}$/),
    notifyUrl: text(body, 'notify_url', /^https?:\/\/[^?#]{1,240}$/),
    ...{ state: 'PROCESSING' as const, takenAt: clock.now(), endsAt: clock.now() + faults.refundMs, doneAt: null },
  }
  trade.refunded += amount
  trade.state = 'REFUND'
  state.refunds.push(made)
  world.memory.touch()
  return made
}

/** A number of the platform's own. */
export function sequence({ state }: PayWorld, digits: number): string {
  state.sequence += 1
  return String(state.sequence).padStart(digits, '0')
}

/** ms UTC as the platform writes it: China's time, to the second. */
export function stamp(at: number): string {
  return `${new Date(at + 8 * HOUR).toISOString().slice(0, 19)}+08:00`
}

function instant(stamped: string): number {
  return Date.parse(stamped)
}

function text(body: Record<string, unknown>, name: string, pattern: RegExp): string {
  const value = body[name]
  if (typeof value !== 'string' || !pattern.test(value))
    throw new PayRefusal(400, 'PARAM_ERROR', `参数错误：${name} 格式不正确`)
  return value
}

function part(body: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = body[name]
  if (typeof value !== 'object' || value === null) throw new PayRefusal(400, 'PARAM_ERROR', `参数错误：缺少 ${name}`)
  return value as Record<string, unknown>
}

function amountOf(body: Record<string, unknown>, name: string): number {
  const value = part(body, 'amount')[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
    throw new PayRefusal(400, 'PARAM_ERROR', `参数错误：amount.${name}`)
  return value
}
