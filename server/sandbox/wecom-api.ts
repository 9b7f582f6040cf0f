import type Koa from 'koa'
import Router from 'koa-router'
import { SECOND } from '../lib/clock.ts'
import { fresh, jsonBody, platformApp, Refusal } from './listener.ts'
import { botCalls } from './wecom-bot-http.ts'
import type { BotWorld } from './wecom-bot-world.ts'
import { groupChats } from './wecom-groups.ts'
import { downloadMedia, uploadMedia } from './wecom-media.ts'
import { appMenu } from './wecom-menu.ts'
import { addressBook } from './wecom-people.ts'
import { groupRobots } from './wecom-robots.ts'
import { sendMessage } from './wecom-send.ts'
import { recallMessage, updateCard } from './wecom-update.ts'
import type { WecomWorld } from './wecom-world.ts'

const TOKEN_LIFE_S = 7200
const OK = { errcode: 0, errmsg: 'ok' }
const TOKEN_PATH = '/cgi-bin/gettoken'

/** The API host of WeCom, as far as a self-built application, its AI bot and group robots use it. */
export function wecomApp(world: WecomWorld, bot?: BotWorld): Koa {
  const routes = new Router()
  routes.get(TOKEN_PATH, (ctx) => {
    ctx.body = getToken(world, ctx.query)
  })
  groupRobots(world, routes)
  if (bot) botCalls(bot, routes)
  routes.use(async (ctx, next) => {
    if (world.faults.ipNotListed) throw new Refusal(60020, 'not allow to access from your ip')
    checkToken(world, ctx.query.access_token)
    await next()
  })
  routes.post('/cgi-bin/message/send', async (ctx) => {
    ctx.body = sendMessage(world, await jsonBody(ctx))
  })
  routes.post('/cgi-bin/message/update_template_card', async (ctx) => {
    ctx.body = updateCard(world, await jsonBody(ctx))
  })
  routes.post('/cgi-bin/message/recall', async (ctx) => {
    ctx.body = recallMessage(world, await jsonBody(ctx))
  })
  routes.post('/cgi-bin/media/upload', async (ctx) => {
    ctx.body = await uploadMedia(world, ctx)
  })
  routes.get('/cgi-bin/media/get', async (ctx) => {
    await downloadMedia(world, ctx)
  })
  addressBook(world, routes)
  appMenu(world, routes)
  groupChats(world, routes)
  routes.get('/cgi-bin/auth/getuserinfo', (ctx) => {
    ctx.body = { ...OK, userid: spendOauthCode(world, ctx.query.code) }
  })
  routes.get('/cgi-bin/user/getuserinfo', (ctx) => {
    ctx.body = { ...OK, UserId: spendOauthCode(world, ctx.query.code), DeviceId: '' }
  })

  return platformApp({
    faults: world.faults,
    calls: world.calls,
    routes,
    spared: new Set([TOKEN_PATH]),
    decorate: ({ errcode, errmsg }) =>
      `${errmsg}, hint: [${Math.floor(Date.now() / 1000)}_1_${fresh('', 12)}], from ip: 127.0.0.1, ` +
      `more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`,
  })
}

function getToken(world: WecomWorld, query: Koa.Context['query']): Record<string, unknown> {
  if (query.corpid !== world.app.corpId) throw new Refusal(40013, 'invalid corpid')
  if (query.corpsecret !== world.app.secret) throw new Refusal(40001, 'invalid credential')
  const now = world.clock.now()
  if (!world.state.token || world.state.token.expiresAt <= now) {
    world.state.token = { value: fresh('', 60), expiresAt: now + TOKEN_LIFE_S * SECOND }
    world.memory.touch()
  }
  const { value, expiresAt } = world.state.token
  return { ...OK, access_token: value, expires_in: Math.max(1, Math.floor((expiresAt - now) / SECOND)) }
}

function checkToken(world: WecomWorld, token: unknown): void {
  if (typeof token !== 'string' || token === '') throw new Refusal(41001, 'access_token missing')
  if (token !== world.state.token?.value) throw new Refusal(40014, 'invalid access_token')
  if (world.state.token.expiresAt <= world.clock.now()) throw new Refusal(42001, 'access_token expired')
}

function spendOauthCode(world: WecomWorld, code: unknown): string {
  const known = typeof code === 'string' ? world.state.oauth[code] : undefined
  if (!known || known.expiresAt <= world.clock.now()) throw new Refusal(40029, 'invalid code')
  delete world.state.oauth[code as string]
  return known.userid
}
