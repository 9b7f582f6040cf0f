/** A payment as WeChat Pay has it. */
export interface PayTrade {
  /** out_trade_no */
  number: string
  title: string
  /** In fen. */
  total: number
  openid: string
  notifyUrl: string
  /** ms UTC on the sandbox's clock. */
  expireAt: number
  prepayId: string
  prepaidAt: number
  state: 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED'
  transactionId: string
  paidAt: number | null
  refunded: number
}

/** A refund as WeChat Pay has it. */
export interface PayRefund {
  /** out_refund_no */
  number: string
  trade: string
  refundId: string
  amount: number
  reason: string
  notifyUrl: string
  state: 'PROCESSING' | 'SUCCESS' | 'ABNORMAL' | 'CLOSED'
  takenAt: number
  /** When it comes to an end by itself. */
  endsAt: number
  doneAt: number | null
}

/** A rental without a deposit (微信支付分), as WeChat Pay has it. */
export interface PayScoreOrder {
  /** out_order_no */
  number: string
  title: string
  /** In fen. */
  amount: number
  state: 'CREATED' | 'DOING' | 'DONE' | 'REVOKED' | 'EXPIRED'
  orderId: string
  /** What the mini-program opens WeChat's page with. */
  package: string
  /** Absent in what was remembered before orders were told of. */
  notifyUrl?: string
  at: number
}

/** A notification that is on its way: sent again until it is taken. */
export interface PayNotice {
  id: string
  url: string
  event: string
  resource: string
  plain: Record<string, unknown>
  at: number
  tries: number
  /** null: taken, or given up. */
  nextAt: number | null
}

/** Switches that make the platform misbehave. */
export interface WechatpayFaults {
  down: false | 'reset' | '503'
  slowMs: number
  /** Error codes answered to the next calls, one each. */
  codes: string[]
  /** The next n calls are carried out, but the connection is cut before the answer. */
  loseAnswers: number
  /** The next n answers are signed by somebody else. */
  forge: number
  /** Each notification is sent so many times more. */
  notifyTwice: number
  /** Notifications are not sent. */
  notifyNever: boolean
  /** Notifications begin so much later. */
  notifyLateMs: number
  /** Notifications wait for `release`. */
  hold: boolean
  /** The next refunds end like this. */
  refunds: ('ABNORMAL' | 'CLOSED')[]
  /** How long a refund takes, on the sandbox's clock. */
  refundMs: number
  /** The next payments come with these amounts. */
  amounts: number[]
}

/** What a phone pays by, as `wx.requestPayment` is given it. */
export interface PaySheet {
  timeStamp: string
  nonceStr: string
  package: string
  signType: string
  paySign: string
}

/** What a phone opens the page of pay score with, as `wx.openBusinessView` is given it. */
export interface ScoreAsk {
  mch_id: string
  package: string
  timestamp: string
  nonce_str: string
  sign_type: string
  sign: string
}

/** WeChat Pay as one merchant sees it, with the payers' phones. */
export interface WechatpayStandIn {
  readonly faults: WechatpayFaults
  readonly trades: PayTrade[]
  readonly refunds: PayRefund[]
  readonly notices: PayNotice[]
  readonly scores: PayScoreOrder[]
  /** Calls by `METHOD path`, numbers left out. */
  readonly calls: Map<string, number>
  /** What a phone shows before it pays; throws when it would refuse. */
  look(openid: string, sheet: PaySheet): { title: string; total: number }
  /** A phone pays; the notification has been tried once when it returns. */
  pay(openid: string, sheet: PaySheet): Promise<PayTrade>
  /** What the page of pay score shows; throws when it would refuse. */
  lookAtScore(ask: ScoreAsk): PayScoreOrder
  /** A phone agrees to a rental without a deposit; the notification has been tried once when it returns. */
  agree(ask: ScoreAsk): Promise<PayScoreOrder>
  /** Does what is due: refunds arrive, notifications are sent (again). Returns how much it did. */
  tick(): Promise<number>
  /** When there is something to do next. */
  nextAt(): number | undefined
  /** Sends the notifications that are held, in this order or the other way round. Returns the statuses that came back. */
  release(reverse?: boolean): Promise<number[]>
  /** Sends all notifications that are held at one moment. Returns the statuses that came back. */
  releaseAtOnce(): Promise<number[]>
  /** Sends what is no notification: a probe that must be refused. Returns the status. */
  probe(): Promise<number>
  /** An abnormal refund is put right at the merchant's pages. */
  mend(refundNumber: string): void
}
