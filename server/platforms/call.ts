import { PlatformError } from '../lib/errors.ts'
import { parseJson } from './json.ts'

/** One HTTP call to an outside system. `json` and `form` exclude each other; with either the method is POST. */
export interface Call {
  platform: string
  url: string
  /** In place of GET, or with `json` in place of POST. */
  method?: 'PUT' | 'POST'
  json?: unknown
  form?: FormData
  headers?: Record<string, string>
  /** Time for the whole exchange, the body included, in ms. */
  timeoutMs?: number
  /** The largest body that is read, in bytes. */
  maxBytes?: number
  /** Gives back a 4xx or 5xx like any other answer: for platforms whose error codes stand in the body. */
  keepRefusals?: boolean
}

/** What came back, already whole and within its size. */
export interface Answer {
  status: number
  headers: Headers
  body: Buffer
}

const TIMEOUT_MS = 10_000
const MAX_BYTES = 4 * 1024 * 1024

/**
 * Makes one call and reads the whole body; throws a PlatformError for a timeout, a broken connection, a 4xx, a 5xx or
 * a body over `maxBytes`. A timeout says nothing about whether the platform acted: the caller's retry must be safe.
 */
export async function callBytes(call: Call): Promise<Answer> {
  try {
    const response = await fetch(call.url, request(call))
    if (!response.ok && !call.keepRefusals) await refuse(call, response)
    return { status: response.status, headers: response.headers, body: await readUpTo(call, response) }
  } catch (error) {
    throw error instanceof PlatformError ? error : brokenCall(call.platform, error)
  }
}

/** Makes one call and parses the answer as JSON, whatever Content-Type it claims (WeChat says text/plain at times). */
export async function callJson(call: Call): Promise<unknown> {
  const { body } = await callBytes(call)
  try {
    return parseJson(body.toString('utf8'))
  } catch (error) {
    throw new PlatformError(call.platform, 'not_json', true, `${body.length} bytes`, undefined, { cause: error })
  }
}

function request(call: Call): RequestInit {
  const common = {
    signal: AbortSignal.timeout(call.timeoutMs ?? TIMEOUT_MS),
    // Tokens travel in the query: they must not follow a redirect to another host.
    redirect: 'error' as const,
  }
  if (call.form) return { ...common, method: 'POST', body: call.form, headers: { ...call.headers } }
  if (call.json === undefined) return { ...common, method: call.method ?? 'GET', headers: { ...call.headers } }
  return {
    ...common,
    method: call.method ?? 'POST',
    body: rawJson(call.json),
    headers: { 'content-type': 'application/json; charset=utf-8', ...call.headers },
  }
}

/**
 * JSON without a single `\uXXXX`, which WeCom refuses (40033): control characters fall away and a torn half of a
 * surrogate pair becomes U+FFFD. All else is raw UTF-8 already.
 */
export function rawJson(value: unknown): string {
  const text = JSON.stringify(value)
  if (!text.includes('\\u')) return text
  return text.replace(/\\(u[0-9a-f]{4}|.)/g, (written, code: string) => {
    if (code.length === 1) return written
    return code.startsWith('ud') ? '\ufffd' : ''
  })
}

async function refuse(call: Call, response: Response): Promise<never> {
  const detail = response.status < 500 ? (await readUpTo(call, response)).toString('utf8').slice(0, 300) : ''
  await response.body?.cancel().catch(() => undefined)
  throw httpRefusal(call.platform, response, detail)
}

/** The error of an answer that tells no more than its HTTP status; busy and broken platforms may be asked again. */
export function httpRefusal(platform: string, answer: Pick<Answer, 'status' | 'headers'>, detail = ''): PlatformError {
  const retryable = answer.status >= 500 || answer.status === 429 || answer.status === 408
  return new PlatformError(platform, answer.status, retryable, `HTTP ${detail}`, retryAfterMs(answer.headers))
}

/** The wait that an answer's Retry-After asks for, in ms. */
export function retryAfterMs(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return seconds > 0 ? seconds * 1000 : undefined
}

async function readUpTo(call: Call, response: Response): Promise<Buffer> {
  const limit = call.maxBytes ?? MAX_BYTES
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > limit) throw new PlatformError(call.platform, 'too_large', false, `over ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

function brokenCall(platform: string, error: unknown): PlatformError {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new PlatformError(platform, 'timeout', true, 'no answer in time', undefined, { cause: error })
  }
  const code = causeCode(error) ?? 'network'
  return new PlatformError(platform, code, true, 'connection failed', undefined, { cause: error })
}

/** Node's fetch hides the socket's own code (ECONNREFUSED …) one level down. */
function causeCode(error: unknown): string | undefined {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : undefined
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
}
