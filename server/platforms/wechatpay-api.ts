import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { z } from 'zod'
import { MINUTE } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'
import { type Answer, callBytes, rawJson } from './call.ts'
import { parseJson } from './json.ts'
import { limit } from './limit.ts'
import { wechatpayError } from './wechatpay-errors.ts'
import { authorization, linesOf, rsaHolds } from './wechatpay-sign.ts'

export interface WechatpayConfig {
  mchId: string
  /** Of the merchant's certificate. */
  serial: string
  /** PEM; not read before it is needed, which may be never. */
  readonly privateKey: string
  /** WeChat Pay's own key, PEM, and what it calls itself in `Wechatpay-Serial`. */
  readonly publicKey: string
  publicKeyId: string
  apiV3Key: string
  /** Pay score, where the merchant was admitted to it: its service, and the APIv2 key. */
  score?: { serviceId: string; key: string }
  apiBase: string
}

/** Both keys, read once. */
export interface WechatpayKeys {
  privateKey: KeyObject
  publicKey: KeyObject
}

/** The header fields by which WeChat Pay signs what it sends. */
export interface SignedHeaders {
  timestamp: string
  nonce: string
  signature: string
  serial: string
}

interface Ask<T> {
  method: 'GET' | 'POST'
  /** With its query, percent-encoded as it is sent. */
  path: string
  json?: unknown
  shape: z.ZodType<T>
}

export interface WechatpayApi {
  /** One call; its answer's signature is checked. Throws PlatformError('wechatpay', code, …). */
  ask<T>(call: Ask<T>): Promise<T>
  /** A file, whose answer is not signed: whoever fetches it checks its digest. */
  bytes(url: string): Promise<Buffer>
}

const PARALLEL = 20
const MAX_AGE_MS = 5 * MINUTE
const MAX_FILE_BYTES = 256 * 1024 * 1024
const FILE_TIMEOUT_MS = 60_000

/** The keys of a configuration, read when they are first needed. */
export function keysOf(config: Pick<WechatpayConfig, 'privateKey' | 'publicKey'>): () => WechatpayKeys {
  let keys: WechatpayKeys | undefined
  return () => {
    keys ??= { privateKey: createPrivateKey(config.privateKey), publicKey: createPublicKey(config.publicKey) }
    return keys
  }
}

/**
 * Why something is not signed by WeChat Pay, or undefined: by the one key that is configured, within five minutes of the
 * machine's own time. Its probes (`WECHATPAY/SIGNTEST/…`) fail like any other wrong signature, as they must.
 */
export function signatureFault(
  headers: SignedHeaders,
  body: string,
  { publicKeyId, publicKey }: { publicKeyId: string; publicKey: KeyObject },
  { now = Date.now(), maxAgeMs = MAX_AGE_MS }: { now?: number; maxAgeMs?: number } = {},
): 'serial' | 'stale' | 'signature' | undefined {
  const { timestamp, nonce, signature, serial } = headers
  if (serial !== publicKeyId) return 'serial'
  if (!/^\d{1,12}$/.test(timestamp)) return 'stale'
  if (maxAgeMs > 0 && Math.abs(now - Number(timestamp) * 1000) > maxAgeMs) return 'stale'
  return rsaHolds(linesOf(timestamp, nonce, body), signature, publicKey) ? undefined : 'signature'
}

/** The signed conversation with WeChat Pay. */
export function wechatpayApi(config: WechatpayConfig, keys: () => WechatpayKeys): WechatpayApi {
  const inTurn = limit(PARALLEL)
  const signer = () => ({ mchId: config.mchId, serial: config.serial, privateKey: keys().privateKey })

  function send(method: 'GET' | 'POST', url: string, json?: unknown): Promise<Answer> {
    const target = targetOf(url, config.apiBase)
    const body = json === undefined ? '' : rawJson(json)
    const file = json === undefined && { maxBytes: MAX_FILE_BYTES, timeoutMs: FILE_TIMEOUT_MS }
    return inTurn(() =>
      callBytes({
        platform: 'wechatpay',
        url,
        method: method === 'POST' ? 'POST' : undefined,
        json,
        headers: {
          accept: 'application/json',
          'user-agent': 'yingke',
          'wechatpay-serial': config.publicKeyId,
          authorization: authorization(signer(), { method, target, body }),
        },
        keepRefusals: true,
        ...file,
      }),
    )
  }

  return {
    async ask({ method, path, json, shape }) {
      const answer = await send(method, `${config.apiBase}${path}`, json)
      if (answer.status < 200 || answer.status > 299) throw wechatpayError(answer)
      const text = answer.body.toString('utf8')
      const fault = signatureFault(
        headersOf((name) => answer.headers.get(name) ?? ''),
        text,
        {
          publicKeyId: config.publicKeyId,
          publicKey: keys().publicKey,
        },
      )
      // Whoever answered is not WeChat Pay: nothing of it is believed.
      if (fault) throw new PlatformError('wechatpay', `answer_${fault}`, true, 'an answer that is not WeChat Pay’s')
      const parsed = shape.safeParse(text === '' ? {} : jsonOf(text))
      if (!parsed.success) throw new PlatformError('wechatpay', 'shape', true, parsed.error.message.slice(0, 200))
      return parsed.data
    },
    async bytes(url) {
      const answer = await send('GET', url)
      if (answer.status !== 200) throw wechatpayError(answer)
      return answer.body
    },
  }
}

/** What is signed of an address: its path behind that of the base (which a gateway may have), and its query. */
function targetOf(url: string, apiBase: string): string {
  const { pathname, search } = new URL(url)
  const before = new URL(apiBase).pathname.replace(/\/$/, '')
  return `${pathname.startsWith(`${before}/`) ? pathname.slice(before.length) : pathname}${search}`
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** The four header fields, as whoever holds the headers reads them. */
export function headersOf(get: (name: string) => string): SignedHeaders {
  return {
    timestamp: get('wechatpay-timestamp'),
    nonce: get('wechatpay-nonce'),
    signature: get('wechatpay-signature'),
    serial: get('wechatpay-serial'),
  }
}
