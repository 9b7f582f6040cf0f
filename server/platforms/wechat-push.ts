import { parseJson } from './json.ts'
import { type WechatEvent, wechatDedupKey, wechatEvent } from './wechat-event.ts'
import {
  type CallbackQuery,
  CallbackRefused,
  checkAge,
  checkSignature,
  queryText,
  sealedDoor,
  wxCrypto,
} from './wx-crypto.ts'
import { envelopeCiphertext, parseXml } from './wx-xml.ts'

export interface WechatPushConfig {
  appId: string
  token: string
  /** Safe mode's EncodingAESKey. With one, a push in the clear is refused: its signature does not cover its body. */
  aesKey?: string
  /** How far a push's timestamp may be from the machine's time, in s; 0 turns the check off. */
  maxAgeS: number
}

/** The push door of one mini-program. `verifyUrl` and `open` throw CallbackRefused, which carries the HTTP status. */
export interface WechatPush {
  /** Checks the URL verification and returns the echostr to answer with; it is in the clear in every mode. */
  verifyUrl(query: CallbackQuery): string
  /** Verifies, decrypts if need be, and reads one push in JSON or XML. Answer `success` within five seconds. */
  open(query: CallbackQuery, rawBody: string): WechatEvent
  /** Equal for the repeats of one push, different for all else; ≤ 50 characters. */
  dedupKey(event: WechatEvent): string
}

const MAX_BODY_BYTES = 256 * 1024

/** Opens pushes of one mini-program. `realNow` is the machine's time on purpose: signatures are not in our clock. */
export function wechatPush(config: WechatPushConfig, realNow: () => number = Date.now): WechatPush {
  const { token, aesKey, appId, maxAgeS } = config
  const door = aesKey && sealedDoor(wxCrypto({ token, encodingAesKey: aesKey, receiveId: appId }), maxAgeS, realNow)

  function checkPlain(query: CallbackQuery): void {
    const timestamp = queryText(query, 'timestamp')
    checkSignature(queryText(query, 'signature'), token, timestamp, queryText(query, 'nonce'))
    checkAge(timestamp, maxAgeS, realNow())
  }

  function unseal(query: CallbackQuery, rawBody: string): string {
    if (!door) throw new CallbackRefused('cipher', 'no key is configured')
    return door.unseal(query, isXml(rawBody) ? envelopeCiphertext(rawBody) : jsonCiphertext(rawBody))
  }

  return {
    verifyUrl(query) {
      checkPlain(query)
      const echostr = queryText(query, 'echostr')
      if (!echostr) throw new CallbackRefused('query', 'echostr')
      return echostr
    },

    open(query, rawBody) {
      if (Buffer.byteLength(rawBody) > MAX_BODY_BYTES) throw new CallbackRefused('size')
      if (queryText(query, 'encrypt_type') === 'aes') return readPush(unseal(query, rawBody))
      checkPlain(query)
      if (door) throw new CallbackRefused('unencrypted')
      return readPush(rawBody)
    },

    dedupKey: wechatDedupKey,
  }
}

function readPush(text: string): WechatEvent {
  return wechatEvent(isXml(text) ? parseXml(text) : json(text))
}

function isXml(text: string): boolean {
  return text.trimStart().startsWith('<')
}

function jsonCiphertext(rawBody: string): string {
  const envelope = json(rawBody)
  if (envelope && typeof envelope === 'object' && 'Encrypt' in envelope && typeof envelope.Encrypt === 'string') {
    return envelope.Encrypt
  }
  throw new CallbackRefused('json', 'no Encrypt')
}

function json(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    throw new CallbackRefused('json', '', { cause: error })
  }
}
