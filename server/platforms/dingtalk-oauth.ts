import { z } from 'zod'
import { PlatformError } from '../lib/errors.ts'
import { askV1, type DingtalkAccess, type DingtalkApi } from './dingtalk-api.ts'

const AUTHORIZE = 'https://login.dingtalk.com/oauth2/auth'

const tokenShape = z.object({ accessToken: z.string().min(1) })
const meShape = z.object({ unionId: z.string().min(1) })
const memberShape = z.object({ result: z.object({ userid: z.string() }) })

/** No member of this company has this union id. */
const NOBODY = 60121

/**
 * The user id of whoever stands behind the code of a redirect, which is good once and for five minutes; undefined for
 * somebody who is not of this company. Source: DingTalk docs obtain-user-token, dingtalk-retrieve-user-information,
 * query-a-user-by-the-union-id.
 */
export async function fetchDingtalkVisitor(
  api: DingtalkApi,
  { appKey, appSecret, apiBase }: DingtalkAccess,
  code: string,
): Promise<string | undefined> {
  const json = { clientId: appKey, clientSecret: appSecret, code, grantType: 'authorization_code' }
  const { accessToken } = await askV1(apiBase, tokenShape, { path: '/v1.0/oauth2/userAccessToken', json })
  const { unionId } = await askV1(apiBase, meShape, { path: '/v1.0/contact/users/me' }, accessToken)
  try {
    const request = { path: '/topapi/user/getbyunionid', json: { unionid: unionId } }
    return (await api.old(memberShape, request)).result.userid
  } catch (error) {
    if (error instanceof PlatformError && error.code === NOBODY) return undefined
    throw error
  }
}

/** Where to send a browser for such a code; it comes back as `authCode`. */
export function dingtalkAuthorizeUrl(appKey: string, redirectUri: string, state: string): string {
  const query = new URLSearchParams({
    redirect_uri: redirectUri,
    response_type: 'code',
    client_id: appKey,
    scope: 'openid',
    state,
    prompt: 'consent',
  })
  return `${AUTHORIZE}?${query}`
}
