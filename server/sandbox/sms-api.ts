import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import Koa from 'koa'
import { MINUTE } from '../lib/clock.ts'
import { faultDoor } from './fault-door.ts'
import { fresh } from './listener.ts'
import { SmsRefusal, type SmsWorld, sendDetails, sendSms } from './sms-world.ts'

const VERSION = '2017-05-25'
const MAX_SKEW_MS = 15 * MINUTE
const ACTIONS: Record<string, (world: SmsWorld, query: URLSearchParams) => Record<string, unknown>> = {
  SendSms: sendSms,
  QuerySendDetails: sendDetails,
}

/** The API host of Dysmsapi: the V3 signature, then one action. Errors are JSON with Code and Message. */
export function smsApp(world: SmsWorld): Koa {
  const app = new Koa()
  app.silent = true
  app.use(faultDoor(world.faults, (ctx) => ctx.status < 400 && ctx.get('x-acs-action') === 'SendSms'))
  app.use(async (ctx) => {
    const RequestId = fresh('', 18)
    try {
      const query = new URLSearchParams(ctx.querystring)
      checkSignature(world, ctx, query)
      const name = ctx.get('x-acs-action')
      world.calls.set(name, (world.calls.get(name) ?? 0) + 1)
      const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
      if (!action || ctx.get('x-acs-version') !== VERSION)
        throw new SmsRefusal('InvalidAction.NotFound', 'Specified api is not found', 404)
      ctx.body = { ...action(world, query), Code: 'OK', Message: 'OK', RequestId }
    } catch (error) {
      if (!(error instanceof SmsRefusal)) throw error
      ctx.status = error.status
      ctx.body = { Code: error.code, Message: error.message, RequestId }
    }
  })
  return app
}

/** ACS3-HMAC-SHA256 over the request as it came. Source: V3 版本请求体 & 签名机制. */
function checkSignature(world: SmsWorld, ctx: Koa.Context, query: URLSearchParams): void {
  const [, id = '', names = '', signature = ''] =
    /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/.exec(
      ctx.get('Authorization'),
    ) ?? []
  if (id !== world.account.accessKeyId)
    throw new SmsRefusal('InvalidAccessKeyId.NotFound', 'Specified access key is not found.', 404)
  const date = Date.parse(ctx.get('x-acs-date'))
  if (!(Math.abs(Date.now() - date) <= MAX_SKEW_MS))
    throw new SmsRefusal('InvalidTimeStamp.Expired', 'Specified time stamp is expired.', 400)
  const nonce = ctx.get('x-acs-signature-nonce')
  if (nonce === '' || world.nonces.has(nonce))
    throw new SmsRefusal('SignatureNonceUsed', 'Specified signature nonce was used already.', 400)
  world.nonces.add(nonce)
  const signed = names.split(';')
  const must = ['host', 'x-acs-action', 'x-acs-content-sha256', 'x-acs-date', 'x-acs-signature-nonce', 'x-acs-version']
  const headers = signed.map((name) => `${name}:${ctx.get(name).trim()}\n`).join('')
  const canonical = [
    ctx.method,
    ctx.path,
    [...query].map(pair).sort().join('&'),
    headers,
    names,
    ctx.get('x-acs-content-sha256'),
  ].join('\n')
  const expected = createHmac('sha256', world.account.accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${createHash('sha256').update(canonical).digest('hex')}`)
    .digest('hex')
  const same = signature.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected))
  if (!same || must.some((name) => !signed.includes(name)))
    throw new SmsRefusal('SignatureDoesNotMatch', 'Specified signature is not matched with our calculation.', 400)
}

function pair([name, value]: [string, string]): string {
  return `${strict(name)}=${strict(value)}`
}

function strict(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
}
