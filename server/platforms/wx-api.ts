import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'
import { type Answer, callBytes, callJson } from './call.ts'
import { parseJson } from './json.ts'
import { limit } from './limit.ts'
import { type FreshToken, tokenCache } from './token.ts'

/*
 * What WeCom and WeChat have in common: JSON with errcode and errmsg under HTTP 200, an access_token in the query, and
 * three codes that say this token is no longer good.
 */

/** Whether a refused call may succeed later, and after how long (ms). */
export interface Reaction {
  retryable: boolean
  waitMs?: number
}

/** An outside system of this family: its name in errors, where it is, and what its codes mean. */
export interface WxPlatform {
  platform: string
  apiBase: string
  reaction: (code: number) => Reaction
}

export interface WxRequest {
  path: string
  query?: Record<string, string | number | undefined>
  json?: unknown
  form?: FormData
  /** Only for `bytes`: the largest body that is read. */
  maxBytes?: number
}

/** Calls that carry the access token, renew it once when it was dropped early, and run at most `parallel` at a time. */
export interface WxApi {
  json<T>(shape: z.ZodType<T>, request: WxRequest): Promise<T>
  /** For downloads: bytes on success, a PlatformError when the body is an error in JSON. */
  bytes(request: WxRequest): Promise<Answer>
}

const BAD_TOKEN = new Set<number | string>([40001, 40014, 42001])
const envelope = z.object({ errcode: z.coerce.number().default(0), errmsg: z.string().default('') })

/** A client for one application; `fetchToken` is asked only when no good token is at hand. */
export function wxApi(
  platform: WxPlatform,
  fetchToken: () => Promise<FreshToken>,
  parallel: number,
  clock: Clock,
): WxApi {
  const tokens = tokenCache(fetchToken, clock)
  const inTurn = limit(parallel)

  async function withToken<T>(run: (token: string) => Promise<T>): Promise<T> {
    const token = await tokens.get()
    try {
      return await inTurn(() => run(token))
    } catch (error) {
      // The platform may drop a token before its time (§1.1). Once: a second refusal is not the token's fault.
      if (!(error instanceof PlatformError) || !BAD_TOKEN.has(error.code)) throw error
      tokens.drop(token)
      const renewed = await tokens.get()
      return inTurn(() => run(renewed))
    }
  }

  return {
    json: (shape, request) => withToken((token) => askWx(platform, shape, signed(request, token))),
    bytes: (request) => withToken((token) => askWxBytes(platform, signed(request, token))),
  }
}

/** One call without an access token (the calls that fetch tokens and sessions themselves). */
export async function askWx<T>(platform: WxPlatform, shape: z.ZodType<T>, request: WxRequest): Promise<T> {
  const answer = await callJson({ platform: platform.platform, ...request, url: address(platform, request) })
  throwIfRefused(platform, answer)
  const parsed = shape.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new PlatformError(platform.platform, 'bad_answer', true, `${request.path}: ${z.prettifyError(parsed.error)}`)
}

async function askWxBytes(platform: WxPlatform, request: WxRequest): Promise<Answer> {
  const answer = await callBytes({ platform: platform.platform, ...request, url: address(platform, request) })
  // A JSON file that somebody uploaded comes with Content-Disposition; an error never does.
  const type = answer.headers.get('content-type') ?? ''
  if (/json|text\/plain/i.test(type) && !answer.headers.has('content-disposition')) {
    throwIfRefused(platform, jsonOrNothing(answer.body))
  }
  return answer
}

function jsonOrNothing(body: Buffer): unknown {
  try {
    return parseJson(body.toString('utf8'))
  } catch {
    return {}
  }
}

function throwIfRefused(platform: WxPlatform, answer: unknown): void {
  const parsed = envelope.safeParse(answer)
  if (!parsed.success) throw new PlatformError(platform.platform, 'bad_answer', true, 'no errcode that can be read')
  const { errcode, errmsg } = parsed.data
  if (errcode === 0) return
  const { retryable, waitMs } = platform.reaction(errcode)
  throw new PlatformError(platform.platform, errcode, retryable, errmsg, waitMs)
}

function signed(request: WxRequest, token: string): WxRequest {
  return { ...request, query: { access_token: token, ...request.query } }
}

function address(platform: WxPlatform, request: WxRequest): string {
  const url = new URL(platform.apiBase.replace(/\/+$/, '') + request.path)
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url.href
}
