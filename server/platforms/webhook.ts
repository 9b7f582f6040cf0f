import { createHmac } from 'node:crypto'
import { lookup as resolve } from 'node:dns'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { PlatformError } from '../lib/errors.ts'
import { httpRefusal } from './call.ts'

/** An outside system that wants to be told. */
export interface Webhook {
  url: string
  secret: string
}

export interface WebhookCall {
  /** The same for every try: by it the receiver knows that it has had this one. */
  id: string
  body: string
}

interface Manners {
  /** Whether addresses of this machine and of private networks may be called. */
  privateToo: boolean
  timeoutMs?: number
  /** The machine's time on purpose: signatures are not in our clock. */
  realNow?: () => number
}

const PLATFORM = 'webhook'
const TIMEOUT_MS = 10_000
/** An answer is read for politeness, and no more of it than this. */
const MAX_ANSWER = 64 * 1024

/**
 * Tells an outside system, signed by the Standard Webhooks specification (https://www.standardwebhooks.com): the headers
 * `webhook-id`, `webhook-timestamp` and `webhook-signature` = `v1,` + base64 of HMAC-SHA256 over `id.timestamp.body`.
 * Throws a PlatformError; redirects are refusals. The address is checked where the connection is made, so that a name
 * that resolves otherwise a second time gains nothing.
 */
export async function callWebhook(hook: Webhook, { id, body }: WebhookCall, manners: Manners): Promise<void> {
  const { privateToo, timeoutMs = TIMEOUT_MS, realNow = Date.now } = manners
  const url = new URL(hook.url)
  const bare = url.hostname.replace(/^\[|\]$/g, '')
  if (!privateToo && isIP(bare) && isPrivate(bare)) throw refusedAddress(bare)
  const timestamp = String(Math.floor(realNow() / 1000))
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'yingke-webhook/1',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signWebhook(hook.secret, id, timestamp, body),
  }
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const options = {
    method: 'POST',
    headers,
    signal: AbortSignal.timeout(timeoutMs),
    ...(!privateToo && { lookup: publicOnly }),
  }
  const status = await answered(send(url, options), body)
  if (status < 200 || status > 299) throw httpRefusal(PLATFORM, { status, headers: new Headers() })
}

/** The signature of a call. A secret that begins with `whsec_` is base64, any other is taken as it is. */
export function signWebhook(secret: string, id: string, timestamp: string, body: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}

function answered(call: ClientRequest, body: string): Promise<number> {
  return new Promise((done, refuse) => {
    call.once('response', (response: IncomingMessage) => {
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_ANSWER) response.destroy()
      })
      response.once('error', () => done(response.statusCode ?? 0))
      response.once('close', () => done(response.statusCode ?? 0))
    })
    call.once('error', (error: NodeJS.ErrnoException) => {
      if (error instanceof PlatformError) refuse(error)
      else if (error.name === 'TimeoutError' || error.name === 'AbortError') refuse(broken('timeout', error))
      else refuse(broken(error.code ?? 'network', error))
    })
    call.end(body)
  })
}

const publicOnly: LookupFunction = (hostname, options, done) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, '', 0)
    const bad = addresses.find(({ address }) => isPrivate(address))
    // What is handed to the socket as its error comes out of it unchanged.
    if (bad) return done(refusedAddress(bad.address) as Error, '', 0)
    const [first] = addresses
    if (options.all) return done(null, addresses)
    return done(null, first?.address ?? '', first?.family ?? 0)
  })
}

function refusedAddress(address: string): PlatformError {
  return new PlatformError(
    PLATFORM,
    'private_address',
    false,
    `${address} is an address of this machine or of a private network`,
  )
}

function broken(code: string, cause: Error): PlatformError {
  return new PlatformError(PLATFORM, code, true, 'no answer', undefined, { cause })
}

/** Everything that is not an address in the public internet (IANA's special-purpose registries). */
const inside = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(network, bits)
for (const [network, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(network, bits, 'ipv6')

/** Whether an address belongs to this machine or to a network that is nobody's outside. */
export function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(?:0:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return inside.check(mapped)
  return isIP(address) === 6 ? inside.check(address, 'ipv6') : inside.check(address)
}
