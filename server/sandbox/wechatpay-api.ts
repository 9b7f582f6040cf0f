import { generateKeyPairSync, verify } from 'node:crypto'
import Koa from 'koa'
import Router from 'koa-router'
import { MINUTE } from '../lib/clock.ts'
import { faultDoor } from './fault-door.ts'
import { bodyBytes } from './listener.ts'
import { billFile, billOf } from './wechatpay-bill.ts'
import { refundLook, tradeLook } from './wechatpay-look.ts'
import { signed } from './wechatpay-notify.ts'
import { scoreRoutes } from './wechatpay-score.ts'
import { close, keysOf, PayRefusal, type PayWorld, prepay, refund, tradeOf } from './wechatpay-world.ts'

const MAX_SKEW = 5 * MINUTE
const MAX_BODY = 1024 * 1024

/** The API host of WeChat Pay: every request is signed by the merchant, every answer by the platform. */
export function wechatpayApp(world: PayWorld): Koa {
  const app = new Koa()
  app.silent = true
  app.use((ctx, next) => {
    const { calls } = world
    const name = `${ctx.method} ${ctx.path.replace(/\/[PRS]\w{20,}/, '/:number')}`
    calls.set(name, (calls.get(name) ?? 0) + 1)
    return next()
  })
  app.use(faultDoor(world.faults))
  app.use((ctx, next) => answer(world, ctx, next))
  app.use(routesOf(world).routes())
  return app
}

async function answer(world: PayWorld, ctx: Koa.Context, next: Koa.Next): Promise<void> {
  const { faults } = world
  try {
    const body = (await bodyBytes(ctx, MAX_BODY)).toString('utf8')
    checkSignature(world, ctx, body)
    ctx.state.json = body === '' ? {} : JSON.parse(body)
    const queued = faults.codes.shift()
    if (queued) throw new PayRefusal(STATUSES[queued] ?? 400, queued, 'fault')
    await next()
    if (ctx.status === 404 && ctx.body === undefined) throw new PayRefusal(404, 'NOT_FOUND', '接口不存在')
  } catch (error) {
    if (!(error instanceof PayRefusal)) throw error
    ctx.status = error.status
    ctx.body = { code: error.code, message: error.message }
  }
  // A bill is sent as it is.
  if (typeof ctx.body === 'string') return
  const text = ctx.status === 204 ? '' : JSON.stringify(ctx.body)
  if (ctx.status !== 204) {
    ctx.body = text
    ctx.type = 'application/json'
  }
  const forged = faults.forge > 0
  if (forged) faults.forge--
  ctx.set(signed(world, text, forged ? somebodyElse() : undefined))
}

function routesOf(world: PayWorld): Router {
  const routes = new Router()
  routes.post('/v3/pay/transactions/jsapi', (ctx) => {
    ctx.body = prepay(world, ctx.state.json)
  })
  routes.get('/v3/pay/transactions/out-trade-no/:number', (ctx) => {
    if (ctx.query.mchid !== world.account.mchId) throw new PayRefusal(400, 'PARAM_ERROR', 'mchid')
    const trade = tradeOf(world, String(ctx.params.number))
    if (!trade) throw new PayRefusal(404, 'ORDER_NOT_EXIST', '订单不存在')
    ctx.body = tradeLook(world, trade)
  })
  routes.post('/v3/pay/transactions/out-trade-no/:number/close', (ctx) => {
    if (ctx.state.json.mchid !== world.account.mchId) throw new PayRefusal(400, 'PARAM_ERROR', 'mchid')
    close(world, String(ctx.params.number))
    ctx.status = 204
  })
  routes.post('/v3/refund/domestic/refunds', (ctx) => {
    ctx.body = refundLook(world, refund(world, ctx.state.json))
  })
  routes.get('/v3/refund/domestic/refunds/:number', (ctx) => {
    const known = world.state.refunds.find(({ number }) => number === ctx.params.number)
    if (!known) throw new PayRefusal(404, 'RESOURCE_NOT_EXISTS', '退款单不存在')
    ctx.body = refundLook(world, known)
  })
  scoreRoutes(routes, world)
  routes.get('/v3/bill/tradebill', (ctx) => {
    ctx.body = billOf(world, String(ctx.query.bill_date ?? ''))
  })
  routes.get('/v3/billdownload/file', (ctx) => {
    const file = billFile(world, String(ctx.query.token ?? ''))
    if (!file) throw new PayRefusal(404, 'NOT_FOUND', '文件不存在')
    ctx.body = file
    ctx.type = 'text/plain'
  })
  return routes
}

/** The header Authorization, over the request as it came. Source: PLATFORMS 7.1. */
function checkSignature(world: PayWorld, ctx: Koa.Context, body: string): void {
  const refuse = (why: string) => new PayRefusal(401, 'SIGN_ERROR', why)
  const [, text = ''] = /^WECHATPAY2-SHA256-RSA2048 (.+)$/.exec(ctx.get('Authorization')) ?? []
  const of = Object.fromEntries(
    [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [String(name), value ?? '']),
  )
  const { mchid, nonce_str: nonce = '', timestamp = '', serial_no, signature = '' } = of
  if (mchid !== world.account.mchId || serial_no !== world.account.serial) throw refuse('商户号或证书序列号不正确')
  if (!(Math.abs(Date.now() - Number(timestamp) * 1000) <= MAX_SKEW)) throw refuse('时间戳已过期')
  if (ctx.get('Accept') !== 'application/json' || ctx.get('User-Agent') === '')
    throw refuse('缺少 Accept 或 User-Agent')
  if (nonce === '' || world.nonces.has(nonce)) throw refuse('随机串重复')
  world.nonces.add(nonce)
  const message = [ctx.method, ctx.url, timestamp, nonce, body].map((line) => `${line}\n`).join('')
  const holds = verify(
    'RSA-SHA256',
    Buffer.from(message),
    keysOf(world).merchantPublic,
    Buffer.from(signature, 'base64'),
  )
  if (!holds) throw refuse('签名错误')
}

function somebodyElse(): string {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey
}

const STATUSES: Record<string, number> = {
  SIGN_ERROR: 401,
  NO_AUTH: 403,
  NOT_ENOUGH: 403,
  RULE_LIMIT: 403,
  USER_ACCOUNT_ABNORMAL: 403,
  ORDER_NOT_EXIST: 404,
  RESOURCE_NOT_EXISTS: 404,
  FREQUENCY_LIMITED: 429,
  SYSTEM_ERROR: 500,
  BANK_ERROR: 500,
}
