import { randomUUID } from 'node:crypto'
import Koa from 'koa'
import type Router from 'koa-router'
import { MINUTE } from '../lib/clock.ts'
import type { DingtalkWorld } from './dingtalk-world.ts'
import { faultDoor } from './fault-door.ts'
import { bodyBytes, Refusal } from './listener.ts'

/** An error of the new API: an HTTP status and a code in words. Source: PLATFORMS.md §5.10. */
export class NewRefusal extends Error {
  constructor(
    readonly code: string,
    message = code,
    readonly status = statusOf(code),
  ) {
    super(message)
  }
}

/** Paths that need no token. */
export const SPARED = new Set([
  '/v1.0/oauth2/accessToken',
  '/v1.0/oauth2/userAccessToken',
  // Asked with the token of a person, not of the application.
  '/v1.0/contact/users/me',
  '/gettoken',
  '/v1.0/gateway/connections/open',
  '/robot/send',
  '/robot/sendBySession',
])
const BLOCK_MINUTES = 5
const CALLS_WINDOW_MS = 20_000

/** The Koa application of both hosts, api and oapi, told apart by the path: faults first, errors in each one's form. */
export function dingtalkListener(world: DingtalkWorld, routes: Router): Koa {
  const { faults, calls } = world
  const app = new Koa()
  // A client that is gone in the middle of a request is no event worth a line.
  app.silent = true
  app.use((ctx, next) => {
    calls.set(ctx.path, (calls.get(ctx.path) ?? 0) + 1)
    return next()
  })
  app.use(faultDoor(faults, (ctx) => !isSpared(ctx) && !ctx.state.blocked))
  app.use(async (ctx, next) => {
    const spared = isSpared(ctx)
    if (blocked(world)) return answerBlocked(ctx, faults.ipBlocked || 'html')
    const isNew = ctx.path.startsWith('/v1.0/')
    const queued = spared ? undefined : faults.errcodes.shift()
    try {
      if (queued !== undefined) throw isNew ? newRefusal(queued) : oldRefusal(queued)
      if (!spared) checkToken(world, ctx, isNew)
      await next()
      if (ctx.status === 404 && ctx.body === undefined)
        throw isNew ? new NewRefusal('InvalidAction.NotFound', 'unknown api', 404) : new Refusal(22, '不合法ApiName')
    } catch (error) {
      answerError(ctx, error, isNew)
    }
  })
  app.use(routes.routes())
  return app
}

function isSpared({ path }: Koa.Context): boolean {
  return SPARED.has(path) || path.startsWith('/download/')
}

function answerError(ctx: Koa.Context, error: unknown, isNew: boolean): void {
  if (error instanceof NewRefusal) {
    ctx.status = error.status
    ctx.body = { code: error.code, message: error.message, requestid: randomUUID().toUpperCase() }
  } else if (error instanceof Refusal && isNew) {
    ctx.status = 400
    ctx.body = { code: 'InvalidParameter', message: error.errmsg, requestid: randomUUID().toUpperCase() }
  } else if (error instanceof Refusal) {
    ctx.status = 200
    ctx.body = { errcode: error.errcode, errmsg: error.errmsg, request_id: randomUUID().replaceAll('-', '') }
  } else throw error
}

function checkToken(world: DingtalkWorld, ctx: Koa.Context, isNew: boolean): void {
  if (world.faults.ipNotListed)
    throw isNew
      ? new NewRefusal('Forbidden.AccessDenied.IpNotInWhiteList', '访问ip不在白名单之中')
      : new Refusal(60020, '访问ip不在白名单之中')
  const given = isNew ? ctx.get('x-acs-dingtalk-access-token') : ctx.query.access_token
  const { token } = world.state
  const known = given !== '' && given !== undefined && given === token?.value
  if (known && token.expiresAt > world.clock.now()) return
  if (isNew) throw new NewRefusal('InvalidAuthentication', '不合法的access_token')
  throw known ? new Refusal(42001, 'access_token已过期') : new Refusal(40014, '不合法的access_token')
}

/** 10 000 calls in 20 s block the address for 5 minutes. Counted in real time, as the calls are. */
function blocked({ address, limits, faults, clock }: DingtalkWorld): boolean {
  const now = Date.now()
  address.calls.push(now)
  if (address.calls.length > limits.callsPer20s) {
    const first = address.calls.shift() ?? 0
    if (first > now - CALLS_WINDOW_MS) address.blockedUntil = clock.now() + BLOCK_MINUTES * MINUTE
  }
  return Boolean(faults.ipBlocked) || address.blockedUntil > clock.now()
}

function answerBlocked(ctx: Koa.Context, form: 'html' | 'json'): void {
  ctx.state.blocked = true
  ctx.status = form === 'html' ? 405 : 200
  ctx.body =
    form === 'html'
      ? '<!doctype html><html><body>Sorry, your request has been blocked as it may cause potential threats.</body></html>'
      : { status: 1111, wait: BLOCK_MINUTES, source: 'x5', punish: 'deny', uuid: randomUUID() }
}

function statusOf(code: string): number {
  if (code.startsWith('Forbidden')) return 403
  if (code === 'InvalidAuthentication') return 401
  if (code === 'system.busy') return 500
  return code === 'ServiceUnavailable' ? 503 : 400
}

const AS_NEW: Record<number, string> = {
  40014: 'InvalidAuthentication',
  42001: 'InvalidAuthentication',
  60020: 'Forbidden.AccessDenied.IpNotInWhiteList',
  90002: 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi',
}

function newRefusal(code: number | string): NewRefusal {
  return new NewRefusal(typeof code === 'string' ? code : (AS_NEW[code] ?? 'ServiceUnavailable'))
}

function oldRefusal(code: number | string): Refusal {
  const [known] = Object.entries(AS_NEW).find(([, name]) => name === code) ?? []
  return typeof code === 'number' ? new Refusal(code, 'error') : new Refusal(Number(known ?? -1), code)
}

/** The parameters of a call to the old API, which takes JSON and forms. */
export async function oldBody(ctx: Koa.Context): Promise<Record<string, unknown>> {
  const text = (await bodyBytes(ctx, 2 * 1024 * 1024)).toString('utf8')
  if (ctx.is('urlencoded')) return Object.fromEntries(new URLSearchParams(text))
  try {
    const value: unknown = JSON.parse(text || '{}')
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // refused below
  }
  throw new Refusal(43008, '参数需要multipart类型或JSON')
}
