import { createHmac } from 'node:crypto'
import type Router from 'koa-router'
import { fresh } from './listener.ts'
import type { PayScoreOrder, ScoreAsk } from './wechatpay.ts'
import { noticeScore } from './wechatpay-notify.ts'
import { PayRefusal, type PayWorld } from './wechatpay-world.ts'

const PATH = '/v3/payscore/serviceorder'
/** What the customer has not agreed to for so long is over. */
const LAPSES_MS = 30 * 86_400_000

/** The part of the API by which one rents without a deposit (微信支付分). Source: PLATFORMS 7.5. */
export function scoreRoutes(routes: Router, world: PayWorld): void {
  routes.post(PATH, (ctx) => {
    ctx.body = create(world, ctx.state.json)
  })
  routes.get(PATH, (ctx) => {
    ctx.body = lookOf(world, orderOf(world, String(ctx.query.out_order_no ?? '')))
  })
  routes.post(`${PATH}/:number/cancel`, (ctx) => {
    const order = orderOf(world, String(ctx.params.number))
    const { reason } = ctx.state.json
    if (typeof reason !== 'string' || reason === '') throw new PayRefusal(400, 'PARAM_ERROR', '参数错误：reason')
    if (order.state === 'DONE' || order.state === 'EXPIRED')
      throw new PayRefusal(400, 'INVALID_ORDER_STATE', '单据状态错误')
    order.state = 'REVOKED'
    world.memory.touch()
    const { account } = world
    ctx.body = { appid: account.appId, mchid: account.mchId, out_order_no: order.number, order_id: order.orderId }
  })
}

/** What WeChat's page shows; throws where the merchant has not signed for it, or there is nothing to agree to. */
export function lookAtScore(world: PayWorld, { sign, ...fields }: ScoreAsk): PayScoreOrder {
  const { mchId, score } = world.account
  const key = score?.key ?? ''
  const line = Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
  const holds =
    createHmac('sha256', key)
      .update(`${line.join('&')}&key=${key}`)
      .digest('hex')
      .toUpperCase() === sign
  if (!score || fields.mch_id !== mchId || fields.sign_type !== 'HMAC-SHA256' || !holds) throw new Error('签名错误')
  const order = world.state.scores?.find((one) => one.package === fields.package)
  if (!order) throw new Error('no such order')
  if (stateOf(world, order) !== 'CREATED') throw new Error(`the order is ${order.state}`)
  return order
}

/** The customer agrees on WeChat's page; throws where it shows something else. */
export function agree(world: PayWorld, ask: ScoreAsk): PayScoreOrder {
  const order = lookAtScore(world, ask)
  order.state = 'DOING'
  if (order.notifyUrl) noticeScore(world, order.notifyUrl, lookOf(world, order))
  world.memory.touch()
  return order
}

function create(world: PayWorld, body: Record<string, unknown>): Record<string, unknown> {
  const { account, clock, state } = world
  const {
    out_order_no,
    appid,
    service_id,
    service_introduction,
    risk_fund,
    time_range,
    need_user_confirm,
    notify_url,
  } = body
  const fund = risk_fund as { name?: unknown; amount?: unknown } | undefined
  const start = (time_range as { start_time?: unknown } | undefined)?.start_time
  if (appid !== account.appId) throw new PayRefusal(400, 'APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配')
  if (service_id !== account.score?.serviceId) throw new PayRefusal(403, 'NO_AUTH', '无服务权限')
  const number = String(out_order_no ?? '')
  const title = String(service_introduction ?? '')
  const amount = Number(fund?.amount)
  const fits = /^[\w\-|]{1,32}$/.test(number) && title.length > 0 && title.length <= 20 && start === 'OnAccept'
  if (typeof notify_url !== 'string' || !/^https?:\/\/[^?#]{1,240}$/.test(notify_url))
    throw new PayRefusal(400, 'PARAM_ERROR', '参数错误：notify_url')
  if (!fits || fund?.name !== 'DEPOSIT' || !Number.isSafeInteger(amount) || amount < 1 || need_user_confirm !== true)
    throw new PayRefusal(400, 'PARAM_ERROR', '参数错误')
  state.scores ??= []
  const known = state.scores.find((one) => one.number === number)
  if (known && (known.amount !== amount || known.title !== title))
    throw new PayRefusal(400, 'INVALID_REQUEST', '请求重入时，参数与首次请求时不一致')
  const order: PayScoreOrder = known ?? {
    ...{
      number,
      title,
      amount,
      state: 'CREATED',
      orderId: fresh('1500000000'),
      package: fresh('score'),
      notifyUrl: String(notify_url),
      at: clock.now(),
    },
  }
  if (!known) state.scores.push(order)
  world.memory.touch()
  return { ...lookOf(world, order), package: order.package }
}

function orderOf(world: PayWorld, number: string): PayScoreOrder {
  const order = world.state.scores?.find((one) => one.number === number)
  if (!order) throw new PayRefusal(404, 'ORDER_NOT_EXIST', '订单不存在')
  stateOf(world, order)
  return order
}

function stateOf({ clock }: PayWorld, order: PayScoreOrder): PayScoreOrder['state'] {
  if (order.state === 'CREATED' && order.at + LAPSES_MS <= clock.now()) order.state = 'EXPIRED'
  return order.state
}

function lookOf({ account }: PayWorld, { number, orderId, state, title, amount }: PayScoreOrder) {
  return {
    ...{ appid: account.appId, mchid: account.mchId, out_order_no: number, order_id: orderId, state },
    ...(state === 'DOING' && { state_description: 'USER_CONFIRM' }),
    service_introduction: title,
    risk_fund: { name: 'DEPOSIT', amount },
  }
}
