import { z } from 'zod'
import type { WxApi } from './wx-api.ts'

/** Who opened a page from the workbench: a member, or somebody from outside. */
export type WecomVisitor = { userid: string } | { openid: string }

const AUTHORIZE = 'https://open.weixin.qq.com/connect/oauth2/authorize'

/** The old path answers `UserId` and `OpenId` (PLATFORMS.md §1.6). */
const visitorShape = z
  .object({
    userid: z.string().optional(),
    UserId: z.string().optional(),
    openid: z.string().optional(),
    OpenId: z.string().optional(),
  })
  .transform((answer): WecomVisitor => {
    const userid = answer.userid ?? answer.UserId
    return userid ? { userid } : { openid: answer.openid ?? answer.OpenId ?? '' }
  })

/** Who stands behind the code of a redirect: good once, for five minutes; else PlatformError 40029. */
export function fetchVisitor(api: WxApi, code: string): Promise<WecomVisitor> {
  return api.json(visitorShape, { path: '/cgi-bin/auth/getuserinfo', query: { code } })
}

/** Where to send a browser for such a code; `state` is `[a-zA-Z0-9]`, up to 128 bytes. */
export function authorizeUrl(app: { corpId: string; agentId: number }, redirectUri: string, state: string): string {
  const query = new URLSearchParams({
    appid: app.corpId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'snsapi_base',
    state,
    agentid: String(app.agentId),
  })
  return `${AUTHORIZE}?${query}#wechat_redirect`
}
