import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'
import { type Answer, type Call, callBytes } from './call.ts'
import { BLOCKED, blocked, dingtalkError, httpError, isBadToken } from './dingtalk-errors.ts'
import { parseJson } from './json.ts'
import { limit } from './limit.ts'
import { type TokenCache, tokenCache } from './token.ts'

/** Who calls, and where DingTalk's two API generations are. */
export interface DingtalkAccess {
  appKey: string
  appSecret: string
  /** The new API: codes of words under an HTTP status, the token in a header. */
  apiBase: string
  /** The old API: errcode under HTTP 200, the token in the query. */
  oapiBase: string
}

export interface DingtalkRequest {
  path: string
  method?: 'PUT'
  query?: Record<string, string>
  json?: unknown
  form?: FormData
}

/** Calls that carry a token, renew it once when it was dropped early, and run at most twenty at a time. */
export interface DingtalkApi {
  /** The new API. */
  v1<T>(shape: z.ZodType<T>, request: DingtalkRequest): Promise<T>
  /** The old API. */
  old<T>(shape: z.ZodType<T>, request: DingtalkRequest): Promise<T>
}

const PARALLEL = 20

const newToken = z
  .object({ accessToken: z.string().min(1), expireIn: z.number().positive() })
  .transform((answer) => ({ token: answer.accessToken, expiresInS: answer.expireIn }))
const oldToken = z
  .object({ access_token: z.string().min(1), expires_in: z.number().positive() })
  .transform((answer) => ({ token: answer.access_token, expiresInS: answer.expires_in }))

/** A client of both API generations; a token is fetched only when it is needed (PLATFORMS.md §5.1). */
export function dingtalkApi(access: DingtalkAccess, clock: Clock): DingtalkApi {
  const { appKey, appSecret, apiBase, oapiBase } = access
  const inTurn = limit(PARALLEL)
  // Said to be interchangeable, by one source only: each generation keeps its own.
  const newTokens = tokenCache(
    () => askV1(apiBase, newToken, { path: '/v1.0/oauth2/accessToken', json: { appKey, appSecret } }),
    clock,
  )
  const oldTokens = tokenCache(
    () => askOld(oapiBase, oldToken, { path: '/gettoken', query: { appkey: appKey, appsecret: appSecret } }),
    clock,
  )

  async function withToken<T>(tokens: TokenCache, run: (token: string) => Promise<T>): Promise<T> {
    const token = await tokens.get()
    try {
      return await inTurn(() => run(token))
    } catch (error) {
      // Once: a second refusal is not the token's fault.
      if (!isBadToken(error)) throw error
      tokens.drop(token)
      const renewed = await tokens.get()
      return inTurn(() => run(renewed))
    }
  }

  return {
    v1: (shape, request) => withToken(newTokens, (token) => askV1(apiBase, shape, request, token)),
    old: (shape, request) =>
      withToken(oldTokens, (token) =>
        askOld(oapiBase, shape, { ...request, query: { access_token: token, ...request.query } }),
      ),
  }
}

const v1Refusal = z.object({ code: z.coerce.string().default(''), message: z.string().default('') })

/** One call of the new API, with or without a token. */
export async function askV1<T>(
  base: string,
  shape: z.ZodType<T>,
  request: DingtalkRequest,
  token?: string,
): Promise<T> {
  const headers = { accept: 'application/json', ...(token && { 'x-acs-dingtalk-access-token': token }) }
  const { answer, json } = await ask(base, request, headers)
  if (answer.status < 400) return shaped(shape, json, request.path)
  const refusal = v1Refusal.safeParse(json)
  throw httpError(answer, refusal.data?.code ?? '', refusal.data?.message ?? '')
}

const oldRefusal = z.object({
  errcode: z.coerce.number().default(0),
  errmsg: z.string().default(''),
  sub_code: z.coerce.string().optional(),
  subCode: z.coerce.string().optional(),
})

/** 88 is only a wrapper: what is the matter stands in its sub code. */
const WRAPPED = 88

/** One call of the old API, with its token in the query if it needs one. */
export async function askOld<T>(base: string, shape: z.ZodType<T>, request: DingtalkRequest): Promise<T> {
  const { answer, json } = await ask(base, request, {})
  if (answer.status >= 400) throw httpError(answer, '', request.path)
  const parsed = oldRefusal.safeParse(json)
  if (!parsed.success) throw new PlatformError('dingtalk', 'bad_answer', true, 'no errcode that can be read')
  const { errcode, errmsg, sub_code, subCode } = parsed.data
  if (errcode === 0) return shaped(shape, json, request.path)
  const sub = Number(sub_code ?? subCode)
  throw dingtalkError(errcode === WRAPPED && sub ? sub : errcode, errmsg)
}

async function ask(base: string, request: DingtalkRequest, headers: Record<string, string>) {
  const { path, query, ...rest } = request
  const url = new URL(base.replace(/\/+$/, '') + path)
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value)
  const call: Call = { platform: 'dingtalk', url: url.href, headers, keepRefusals: true, ...rest }
  const answer = await callBytes(call)
  return { answer, json: readJson(answer) }
}

const blockShape = z.object({ status: z.literal(BLOCKED), wait: z.coerce.number().optional() })

/** The answer's JSON. The wall before both APIs answers for them, in HTML or in JSON of its own (§5.10). */
function readJson(answer: Answer): unknown {
  const text = answer.body.toString('utf8')
  if (answer.status < 500 && text.trimStart().startsWith('<')) throw blocked()
  const json = jsonOrNothing(text)
  const block = blockShape.safeParse(json)
  if (block.success) throw blocked(block.data.wait)
  if (json === undefined && answer.status < 400) {
    throw new PlatformError('dingtalk', 'not_json', true, `${answer.body.length} bytes`)
  }
  return json
}

function jsonOrNothing(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function shaped<T>(shape: z.ZodType<T>, json: unknown, path: string): T {
  const parsed = shape.safeParse(json)
  if (parsed.success) return parsed.data
  throw new PlatformError('dingtalk', 'bad_answer', true, `${path}: ${z.prettifyError(parsed.error)}`)
}
