import type Router from 'koa-router'
import { HOUR, SECOND } from '../lib/clock.ts'
import { NewRefusal } from './dingtalk-listener.ts'
import type { DingtalkWorld } from './dingtalk-world.ts'
import { fresh, jsonBody } from './listener.ts'

const TOKEN_LIFE = 2 * HOUR

/** Sign-in of a person in a browser. Source: DingTalk docs obtain-user-token, dingtalk-retrieve-user-information. */
export function oauthApi(world: DingtalkWorld, routes: Router): void {
  routes.post('/v1.0/oauth2/userAccessToken', async (ctx) => {
    const { clientId, clientSecret, code, grantType } = await jsonBody(ctx)
    if (clientId !== world.app.appKey || clientSecret !== world.app.appSecret)
      throw new NewRefusal('invalidClientIdOrSecret', '无效的clientId或者clientSecret')
    if (grantType !== 'authorization_code') throw new NewRefusal('invalidParameter.grantType')
    const kept = spend(world, String(code))
    const token = fresh('', 32)
    world.state.oauth[keyOf(token)] = { userid: kept.userid, expiresAt: world.clock.now() + TOKEN_LIFE }
    world.memory.touch()
    ctx.body = {
      accessToken: token,
      refreshToken: fresh('', 32),
      expireIn: TOKEN_LIFE / SECOND,
      corpId: world.app.corpId,
    }
  })
  routes.get('/v1.0/contact/users/me', (ctx) => {
    const kept = world.state.oauth[keyOf(ctx.get('x-acs-dingtalk-access-token'))]
    if (!kept || kept.expiresAt <= world.clock.now())
      throw new NewRefusal('InvalidAuthentication', '不合法的access_token')
    const person = world.people.find(({ userid }) => userid === kept.userid)
    // Somebody from outside the company signs in as well: it is for the application to find that out.
    const unionId = person?.unionid ?? `unOutside${kept.userid}`
    ctx.body = { nick: person?.name ?? kept.userid, unionId, openId: `open${kept.userid}`, stateCode: '86' }
  })
}

function spend(world: DingtalkWorld, code: string) {
  const kept = code.startsWith(keyOf('')) ? undefined : world.state.oauth[code]
  if (!kept || kept.expiresAt <= world.clock.now())
    throw new NewRefusal('invalidParameter.authCode.notFound', '不合法的临时授权码')
  delete world.state.oauth[code]
  return kept
}

/** Tokens are kept beside the codes. */
function keyOf(token: string): string {
  return `token:${token}`
}
