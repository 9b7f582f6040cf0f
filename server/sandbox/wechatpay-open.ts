import { verify } from 'node:crypto'
import { type Clock, SECOND } from '../lib/clock.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import type { PaySheet, PayTrade, WechatpayStandIn } from './wechatpay.ts'
import { wechatpayApp } from './wechatpay-api.ts'
import { noticePaid, noticeRefund, probe, send, sendDue } from './wechatpay-notify.ts'
import { agree, lookAtScore } from './wechatpay-score.ts'
import { keysOf, type PayAccount, type PayState, type PayWorld, payable, sequence } from './wechatpay-world.ts'

interface Needs {
  account: PayAccount
  clock: Clock
  memory: Memory
  live: Live
  isUser: (openid: string) => boolean
  base: () => string
  productUrl: () => string
}

const EMPTY: PayState = { keys: null, trades: [], refunds: [], notices: [], scores: [], sequence: 0 }

/** Opens the stand-in of WeChat Pay: its API, and the phones that pay. */
export function openWechatpay({ account, clock, memory, live, isUser, base, productUrl }: Needs) {
  const world: PayWorld = {
    account,
    clock,
    state: memory.part('wechatpay', structuredClone(EMPTY)),
    memory,
    live,
    faults: {
      down: false,
      slowMs: 0,
      codes: [],
      loseAnswers: 0,
      forge: 0,
      notifyTwice: 0,
      notifyNever: false,
      notifyLateMs: 0,
      hold: false,
      refunds: [],
      refundMs: 5 * SECOND,
      amounts: [],
    },
    calls: new Map(),
    nonces: new Set(),
    isUser,
    base,
  }
  return { serve: wechatpayApp(world).callback(), client: clientOf(world, productUrl), keys: () => keysOf(world) }
}

function clientOf(world: PayWorld, productUrl: () => string): WechatpayStandIn {
  const { state, faults, clock, memory } = world
  return {
    faults,
    trades: state.trades,
    refunds: state.refunds,
    notices: state.notices,
    get scores() {
      return state.scores ?? []
    },
    calls: world.calls,

    look(openid, sheet) {
      const { title, total } = asked(world, openid, sheet)
      return { title, total }
    },

    async pay(openid, sheet) {
      const trade = asked(world, openid, sheet)
      trade.state = 'SUCCESS'
      trade.total = faults.amounts.shift() ?? trade.total
      trade.transactionId = `4200${sequence(world, 24)}`
      // The platform knows seconds.
      trade.paidAt = Math.floor(clock.now() / SECOND) * SECOND
      noticePaid(world, trade)
      await sendDue(world)
      return trade
    },

    lookAtScore: (ask) => lookAtScore(world, ask),
    async agree(ask) {
      const order = agree(world, ask)
      await sendDue(world)
      return order
    },

    async tick() {
      const ending = state.refunds.filter((one) => one.state === 'PROCESSING' && one.endsAt <= clock.now())
      for (const refund of ending) {
        refund.state = faults.refunds.shift() ?? 'SUCCESS'
        refund.doneAt = refund.state === 'SUCCESS' ? clock.now() : null
        noticeRefund(world, refund)
      }
      return ending.length + (await sendDue(world))
    },

    nextAt() {
      const waiting = faults.notifyNever || faults.hold ? [] : state.notices.flatMap(({ nextAt }) => nextAt ?? [])
      const ending = state.refunds.flatMap((one) => (one.state === 'PROCESSING' ? one.endsAt : []))
      const all = [...waiting, ...ending]
      return all.length > 0 ? Math.min(...all) : undefined
    },

    async release(reverse = false) {
      faults.hold = false
      const held = state.notices.filter(({ nextAt }) => nextAt !== null)
      const statuses: number[] = []
      for (const notice of reverse ? held.reverse() : held) statuses.push(await send(world, notice))
      return statuses
    },

    releaseAtOnce() {
      faults.hold = false
      const held = state.notices.filter(({ nextAt }) => nextAt !== null)
      return Promise.all(held.map((notice) => send(world, notice)))
    },

    probe: () => probe(world, `${productUrl()}/callbacks/wechatpay`),

    mend(number) {
      const refund = state.refunds.find((one) => one.number === number)
      if (refund?.state !== 'ABNORMAL') throw new Error(`no abnormal refund ${number}`)
      refund.state = 'PROCESSING'
      refund.endsAt = clock.now()
      memory.touch()
    },
  }
}

/** The trade that a sheet asks for; the phone checks the merchant's signature before it shows anything. */
function asked(world: PayWorld, openid: string, sheet: PaySheet): PayTrade {
  const { timeStamp, nonceStr, package: prepaid, signType, paySign } = sheet
  const message = [world.account.appId, timeStamp, nonceStr, prepaid].map((line) => `${line}\n`).join('')
  const key = keysOf(world).merchantPublic
  if (signType !== 'RSA' || !verify('RSA-SHA256', Buffer.from(message), key, Buffer.from(paySign, 'base64')))
    throw new Error('支付验证签名失败')
  return payable(world, openid, prepaid.replace(/^prepay_id=/, ''))
}
