import { createHmac, randomBytes } from 'node:crypto'
import type Koa from 'koa'
import Router from 'koa-router'
import { MINUTE, SECOND } from '../lib/clock.ts'
import { fresh, jsonBody, platformApp, Refusal } from './listener.ts'
import { checkMedia, checkText } from './wechat-checks.ts'
import { ocrIdCard, ocrLicence } from './wechat-ocr.ts'
import { sendSubscribe } from './wechat-subscribe.ts'
import { findUser, type WechatWorld } from './wechat-world.ts'

const TOKEN_LIFE_S = 7200
/** After /cgi-bin/token gave a new token, the old one is good for this long. */
const OVERLAP = 5 * MINUTE
const LOGIN = '/sns/jscode2session'
const TOKEN = '/cgi-bin/token'
const STABLE = '/cgi-bin/stable_token'

/** The API host of WeChat, as far as the mini-program's server uses it. */
export function wechatApp(world: WechatWorld): Koa {
  const routes = new Router()
  routes.get(LOGIN, (ctx) => {
    // The platform answers JSON under this type, and no errcode when all is well.
    ctx.type = 'text/plain'
    ctx.body = JSON.stringify(openSession(world, ctx.query))
  })
  routes.get(TOKEN, (ctx) => {
    checkApp(world, ctx.query)
    ctx.body = plainToken(world)
  })
  routes.post(STABLE, async (ctx) => {
    const body = await jsonBody(ctx)
    checkApp(world, body)
    ctx.body = stableToken(world, body.force_refresh === true)
  })
  routes.use(async (ctx, next) => {
    checkToken(world, ctx.query.access_token)
    await next()
  })
  routes.post('/wxa/business/getuserphonenumber', async (ctx) => {
    const { code } = await jsonBody(ctx)
    ctx.body = phoneNumber(world, code)
  })
  routes.post('/cgi-bin/message/subscribe/send', async (ctx) => {
    ctx.body = sendSubscribe(world, await jsonBody(ctx))
    ctx.type = 'application/json'
  })
  routes.post('/wxa/msg_sec_check', async (ctx) => {
    ctx.body = checkText(world, await jsonBody(ctx))
  })
  routes.post('/wxa/media_check_async', async (ctx) => {
    ctx.body = checkMedia(world, await jsonBody(ctx))
  })
  routes.post('/cv/ocr/idcard', async (ctx) => {
    ctx.body = await ocrIdCard(world, ctx)
  })
  routes.post('/cv/ocr/drivinglicense', async (ctx) => {
    ctx.body = await ocrLicence(world, ctx)
  })
  routes.get('/wxa/checksession', (ctx) => {
    const { openid, signature } = ctx.query
    const sessionKey = world.state.sessionKeys[String(openid)]
    if (!sessionKey || signature !== createHmac('sha256', sessionKey).digest('hex'))
      throw new Refusal(87009, 'invalid signature')
    ctx.body = { errcode: 0, errmsg: 'ok' }
  })

  return platformApp({
    faults: world.faults,
    calls: world.calls,
    routes,
    spared: new Set([LOGIN, TOKEN, STABLE]),
    decorate: ({ errmsg }) => `${errmsg} rid: ${fresh('', 12)}`,
  })
}

function checkApp(world: WechatWorld, { appid, secret, grant_type }: Record<string, unknown>): void {
  if (grant_type !== 'client_credential') throw new Refusal(40002, 'invalid grant_type')
  if (appid !== world.app.appId) throw new Refusal(40013, 'invalid appid')
  if (secret !== world.app.appSecret) throw new Refusal(40125, 'invalid appsecret')
}

function openSession(world: WechatWorld, query: Koa.Context['query']): Record<string, unknown> {
  if (query.grant_type !== 'authorization_code') throw new Refusal(40002, 'invalid grant_type')
  if (query.appid !== world.app.appId) throw new Refusal(40013, 'invalid appid')
  if (query.secret !== world.app.appSecret) throw new Refusal(40125, 'invalid appsecret')
  const { openid } = spendCode(world, 'login', query.js_code)
  const user = findUser(world, openid)
  const sessionKey = randomBytes(16).toString('base64')
  world.state.sessionKeys[openid] = sessionKey
  return { session_key: sessionKey, openid, unionid: user?.unionid }
}

function spendCode(world: WechatWorld, use: 'login' | 'phone', code: unknown): { openid: string } {
  const known = typeof code === 'string' ? world.state.codes[code] : undefined
  if (!known || known.use !== use || known.expiresAt <= world.clock.now()) throw new Refusal(40029, 'invalid code')
  if (known.used) throw new Refusal(40163, 'code been used')
  known.used = true
  world.memory.touch()
  return known
}

function phoneNumber(world: WechatWorld, code: unknown): Record<string, unknown> {
  const { openid } = spendCode(world, 'phone', code)
  const phone = findUser(world, openid)?.phone ?? ''
  return {
    errcode: 0,
    errmsg: 'ok',
    phone_info: {
      phoneNumber: phone,
      purePhoneNumber: phone,
      countryCode: '86',
      watermark: { timestamp: Math.floor(world.clock.now() / 1000), appid: world.app.appId },
    },
  }
}

function newToken(world: WechatWorld): { value: string; expiresAt: number } {
  world.memory.touch()
  return { value: fresh('', 80), expiresAt: world.clock.now() + TOKEN_LIFE_S * SECOND }
}

function wireToken(world: WechatWorld, token: { value: string; expiresAt: number }): Record<string, unknown> {
  return { access_token: token.value, expires_in: Math.floor((token.expiresAt - world.clock.now()) / SECOND) }
}

function plainToken(world: WechatWorld): Record<string, unknown> {
  const now = world.clock.now()
  const old = world.state.plain.at(-1)
  const token = newToken(world)
  world.state.plain = [...(old ? [{ ...old, expiresAt: Math.min(old.expiresAt, now + OVERLAP) }] : []), token]
  return wireToken(world, token)
}

function stableToken(world: WechatWorld, force: boolean): Record<string, unknown> {
  const { stable } = world.state
  // The platform renews it five minutes before its end.
  if (force || !stable || stable.expiresAt - OVERLAP <= world.clock.now()) world.state.stable = newToken(world)
  return wireToken(world, world.state.stable as { value: string; expiresAt: number })
}

function checkToken(world: WechatWorld, token: unknown): void {
  if (typeof token !== 'string' || token === '') throw new Refusal(41001, 'access_token missing')
  const { stable, plain } = world.state
  const known = [...plain, ...(stable ? [stable] : [])].find((one) => one.value === token)
  if (!known) throw new Refusal(40001, 'invalid credential, access_token is invalid or not latest')
  if (known.expiresAt <= world.clock.now()) throw new Refusal(42001, 'access_token expired')
}
