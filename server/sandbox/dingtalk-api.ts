import type Koa from 'koa'
import Router from 'koa-router'
import { SECOND } from '../lib/clock.ts'
import { cardApi } from './dingtalk-cards.ts'
import { openConnection } from './dingtalk-gateway.ts'
import { dingtalkListener, NewRefusal } from './dingtalk-listener.ts'
import { mediaApi } from './dingtalk-media.ts'
import { noticeApi } from './dingtalk-notice.ts'
import { oauthApi } from './dingtalk-oauth.ts'
import { contactsApi } from './dingtalk-people.ts'
import { robotApi } from './dingtalk-robot.ts'
import { webhookApi } from './dingtalk-webhook.ts'
import type { DingtalkWorld } from './dingtalk-world.ts'
import { fresh, jsonBody, Refusal } from './listener.ts'

const TOKEN_LIFE_S = 7200

/** Both API hosts of DingTalk, as far as an in-house application uses them. */
export function dingtalkApp(world: DingtalkWorld): Koa {
  const routes = new Router()
  routes.post('/v1.0/oauth2/accessToken', async (ctx) => {
    const { appKey, appSecret } = await jsonBody(ctx)
    if (appKey !== world.app.appKey || appSecret !== world.app.appSecret)
      throw new NewRefusal('invalidClientIdOrSecret', '无效的clientId或者clientSecret')
    const { value, left } = token(world)
    ctx.body = { accessToken: value, expireIn: left }
  })
  routes.get('/gettoken', (ctx) => {
    if (ctx.query.appkey !== world.app.appKey) throw new Refusal(40096, '不合法的appKey')
    if (ctx.query.appsecret !== world.app.appSecret) throw new Refusal(40001, '不合法的appSecret')
    const { value, left } = token(world)
    ctx.body = { errcode: 0, errmsg: 'ok', access_token: value, expires_in: left }
  })
  routes.post('/v1.0/gateway/connections/open', async (ctx) => {
    const answer = openConnection(world, await jsonBody(ctx))
    // Without this header the platform answers XML, which no client of ours reads.
    if (ctx.get('accept').includes('json')) ctx.body = answer
    else {
      ctx.type = 'application/xml'
      ctx.body = `<Response><endpoint>${answer.endpoint}</endpoint><ticket>${answer.ticket}</ticket></Response>`
    }
  })
  robotApi(world, routes)
  cardApi(world, routes)
  noticeApi(world, routes)
  contactsApi(world, routes)
  mediaApi(world, routes)
  oauthApi(world, routes)
  webhookApi(world, routes)
  return dingtalkListener(world, routes)
}

/** The same token while it is valid, for both generations of the API. Source: PLATFORMS.md §5.1. */
function token(world: DingtalkWorld): { value: string; left: number } {
  const now = world.clock.now()
  if (!world.state.token || world.state.token.expiresAt <= now) {
    world.state.token = { value: fresh('', 24), expiresAt: now + TOKEN_LIFE_S * SECOND }
    world.memory.touch()
  }
  const { value, expiresAt } = world.state.token
  return { value, left: Math.max(1, Math.floor((expiresAt - now) / SECOND)) }
}
