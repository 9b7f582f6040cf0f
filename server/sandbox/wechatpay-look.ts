import type { PayRefund, PayTrade } from './wechatpay.ts'
import { type PayWorld, stamp } from './wechatpay-world.ts'

const STATES: Record<PayTrade['state'], string> = {
  NOTPAY: '订单未支付',
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款',
  CLOSED: '订单已关闭',
}

/** A trade as queries and notifications show it. */
export function tradeLook({ account }: PayWorld, trade: PayTrade): Record<string, unknown> {
  const paid = trade.paidAt !== null && {
    transaction_id: trade.transactionId,
    trade_type: 'JSAPI',
    bank_type: 'OTHERS',
    attach: '',
    success_time: stamp(trade.paidAt),
    payer: { openid: trade.openid },
    amount: { total: trade.total, payer_total: trade.total, currency: 'CNY', payer_currency: 'CNY' },
  }
  return {
    appid: account.appId,
    mchid: account.mchId,
    out_trade_no: trade.number,
    trade_state: trade.state,
    trade_state_desc: STATES[trade.state],
    ...paid,
  }
}

/** A refund as answers show it. */
export function refundLook(world: PayWorld, refund: PayRefund): Record<string, unknown> {
  const trade = world.state.trades.find(({ number }) => number === refund.trade)
  const { amount, doneAt } = refund
  const total = trade?.total ?? 0
  return {
    refund_id: refund.refundId,
    out_refund_no: refund.number,
    transaction_id: trade?.transactionId,
    out_trade_no: refund.trade,
    channel: 'ORIGINAL',
    user_received_account: '支付用户零钱',
    ...(doneAt !== null && { success_time: stamp(doneAt) }),
    create_time: stamp(refund.takenAt),
    status: refund.state,
    funds_account: 'AVAILABLE',
    amount: {
      ...{ total, refund: amount, payer_total: total, payer_refund: amount },
      ...{ settlement_refund: amount, settlement_total: total, discount_refund: 0, currency: 'CNY' },
    },
  }
}

/** A refund as notifications show it: its state has another name there. */
export function refundNotice(world: PayWorld, refund: PayRefund): Record<string, unknown> {
  const { status, transaction_id, user_received_account, success_time } = refundLook(world, refund)
  const { total } = world.state.trades.find(({ number }) => number === refund.trade) ?? { total: 0 }
  return {
    mchid: world.account.mchId,
    out_trade_no: refund.trade,
    transaction_id,
    out_refund_no: refund.number,
    refund_id: refund.refundId,
    refund_status: status,
    ...(refund.state === 'SUCCESS' && { success_time }),
    user_received_account,
    amount: { total, refund: refund.amount, payer_total: total, payer_refund: refund.amount },
  }
}
