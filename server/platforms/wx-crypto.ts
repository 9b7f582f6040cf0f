import { createCipheriv, createDecipheriv, hash, timingSafeEqual } from 'node:crypto'
import { AppError } from '../lib/errors.ts'
import { randomBytes } from '../lib/random.ts'

/*
 * The callback cipher that WeCom, WeChat and DingTalk share (PLATFORMS.md §2.2): sha1 over four sorted strings,
 * AES-256-CBC, PKCS#7 to 32 bytes, random(16) + length(4, big-endian) + message + receiver's id.
 *
 * Written on node:crypto and not on @wecom/crypto: that package throws the padding away unchecked and cuts by whatever
 * the length field says, so the checks that must hold cannot be made on what it returns. It serves the tests as a
 * second opinion.
 */

const STATUS = {
  signature: 401,
  stale: 401,
  receiveid: 403,
  unencrypted: 403,
  size: 413,
  query: 400,
  cipher: 400,
  padding: 400,
  length: 400,
  encoding: 400,
  xml: 400,
  json: 400,
  content: 400,
} as const

export type RefusalReason = keyof typeof STATUS

/** A callback that is not let in; `reason` is for the log and the counter, the sender learns only the status. */
export class CallbackRefused extends AppError {
  readonly kind = 'callback_refused'
  readonly status: number

  constructor(
    readonly reason: RefusalReason,
    detail = '',
    options?: ErrorOptions,
  ) {
    super('callback_refused', { reason }, options)
    this.status = STATUS[reason]
    this.message = `callback refused: ${reason}${detail && ` (${detail})`}`
  }
}

/** A parsed query string as Koa gives it. */
export type CallbackQuery = Record<string, string | string[] | undefined>

/** One named parameter; '' when it is missing or given twice. */
export function queryText(query: CallbackQuery, name: string): string {
  const value = query[name]
  return typeof value === 'string' ? value : ''
}

/** Lower-case hex sha1 of the parts, sorted by bytes and joined. */
export function wxSignature(...parts: string[]): string {
  return hash('sha1', parts.sort().join(''))
}

/** Throws CallbackRefused('signature') unless `given` is the signature of `parts`; takes the same time either way. */
export function checkSignature(given: string, ...parts: string[]): void {
  const expected = Buffer.from(wxSignature(...parts))
  const actual = Buffer.from(given.toLowerCase())
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) throw new CallbackRefused('signature')
}

/** Throws CallbackRefused('stale') when `timestamp` (s, as text) is over `maxAgeS` from `now` (ms); 0 turns it off. */
export function checkAge(timestamp: string, maxAgeS: number, now: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) throw new CallbackRefused('query', 'timestamp')
  if (maxAgeS > 0 && Math.abs(now - Number(timestamp) * 1000) > maxAgeS * 1000) throw new CallbackRefused('stale')
}

export interface WxCrypto {
  /** The signature over (token, timestamp, nonce, ciphertext). */
  sign(timestamp: string, nonce: string, ciphertext: string): string
  /** Throws CallbackRefused('signature') unless `signature` is that signature. */
  verify(signature: string, timestamp: string, nonce: string, ciphertext: string): void
  /** Decrypts and checks padding, length and receiver's id; throws CallbackRefused. Verify the signature first. */
  open(ciphertext: string): string
  /** Encrypts for the other side, base64. */
  seal(plaintext: string): string
}

/** A door whose callbacks come sealed. Both throw CallbackRefused. */
export interface SealedDoor {
  /** Checks the URL verification and returns the text to answer with. */
  verifyUrl(query: CallbackQuery): string
  /** Checks a callback's signature and age, and decrypts it. */
  unseal(query: CallbackQuery, ciphertext: string): string
}

/** The checks before anything sealed is read. `realNow` is the machine's time on purpose: signatures are not in our clock. */
export function sealedDoor(crypto: WxCrypto, maxAgeS: number, realNow: () => number): SealedDoor {
  function unseal(query: CallbackQuery, ciphertext: string): string {
    const timestamp = queryText(query, 'timestamp')
    crypto.verify(queryText(query, 'msg_signature'), timestamp, queryText(query, 'nonce'), ciphertext)
    checkAge(timestamp, maxAgeS, realNow())
    return crypto.open(ciphertext)
  }

  return {
    unseal,
    verifyUrl(query) {
      // A `+` that was not percent-encoded arrives as a space; base64 has no spaces of its own.
      const echostr = queryText(query, 'echostr').replaceAll(' ', '+')
      if (!echostr) throw new CallbackRefused('query', 'echostr')
      return unseal(query, echostr)
    },
  }
}

const BLOCK = 32
const HEAD = 20
/** PKCS#7: so many bytes that each say how many they are. */
const PADDING = Array.from({ length: BLOCK + 1 }, (_, count) => Buffer.alloc(count, count))

/**
 * The cipher of one callback. `receiveId` is the corp id, app id or '' (WeCom AI bot); of several accepted ones (DingTalk
 * is not at one with itself) the first is used for sealing. Throws when the key is not 43 characters of base64.
 */
export function wxCrypto(config: {
  token: string
  encodingAesKey: string
  receiveId: string | readonly string[]
}): WxCrypto {
  const key = aesKey(config.encodingAesKey)
  const iv = key.subarray(0, 16)
  const accepted = typeof config.receiveId === 'string' ? [config.receiveId] : config.receiveId

  return {
    sign: (timestamp, nonce, ciphertext) => wxSignature(config.token, timestamp, nonce, ciphertext),

    verify: (signature, timestamp, nonce, ciphertext) =>
      checkSignature(signature, config.token, timestamp, nonce, ciphertext),

    open(ciphertext) {
      const sealed = Buffer.from(ciphertext, 'base64')
      if (sealed.length === 0 || sealed.length % BLOCK !== 0) throw new CallbackRefused('cipher')
      const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
      const content = unpad(Buffer.concat([decipher.update(sealed), decipher.final()]))
      if (content.length < HEAD) throw new CallbackRefused('length')
      const end = HEAD + content.readUInt32BE(16)
      if (end > content.length) throw new CallbackRefused('length')
      if (!accepted.includes(utf8(content.subarray(end)))) throw new CallbackRefused('receiveid')
      return utf8(content.subarray(HEAD, end))
    },

    seal(plaintext) {
      const message = Buffer.from(plaintext)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(message.length)
      const content = Buffer.concat([randomBytes(16), length, message, Buffer.from(accepted[0] ?? '')])
      const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
      return Buffer.concat([cipher.update(pad(content)), cipher.final()]).toString('base64')
    },
  }
}

/** Decodes leniently: consoles hand out keys whose last character has bits over, which a strict decoder refuses. */
function aesKey(encoded: string): Buffer {
  const key = Buffer.from(`${encoded}=`, 'base64')
  if (!/^[A-Za-z0-9+/]{43}$/.test(encoded) || key.length !== 32) {
    throw new Error('an EncodingAESKey is 43 characters of base64')
  }
  return key
}

function pad(content: Buffer): Buffer {
  const count = BLOCK - (content.length % BLOCK)
  return Buffer.concat([content, PADDING[count] as Buffer])
}

function unpad(padded: Buffer): Buffer {
  const count = padded[padded.length - 1] ?? 0
  if (count < 1 || count > BLOCK) throw new CallbackRefused('padding')
  const end = padded.length - count
  if (!padded.subarray(end).equals(PADDING[count] as Buffer)) throw new CallbackRefused('padding')
  return padded.subarray(0, end)
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function utf8(bytes: Buffer): string {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw new CallbackRefused('encoding', '', { cause: error })
  }
}
