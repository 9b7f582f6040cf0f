import { randomUUID } from 'node:crypto'
import {
  type DingtalkCardPress,
  type DingtalkOrgEvent,
  type DingtalkRobotMessage,
  dingtalkCardPress,
  dingtalkOrgEvent,
  dingtalkRobotMessage,
  jsonOf,
} from './dingtalk-event.ts'
import { cardSign, checkAgeMs, checkSign, robotSign } from './dingtalk-sign.ts'
import { type CallbackQuery, CallbackRefused, queryText, wxCrypto } from './wx-crypto.ts'

export interface DingtalkCallbackConfig {
  appKey: string
  appSecret: string
  corpId: string
  /** Of the event subscription; without both, events over HTTP are refused. */
  token?: string
  aesKey?: string
  /** With which the card callbacks were registered; without one, presses over HTTP are refused. */
  cardSecret?: string
  /** How far a callback's timestamp may be from the machine's time, in s; 0 turns the check off. */
  maxAgeS: number
}

/** The headers of a request as Node gives them. */
export type CallbackHeaders = Record<string, string | string[] | undefined>

/** The HTTP doors of one application. What opens throws CallbackRefused, which carries the HTTP status. */
export interface DingtalkCallback {
  /** The one address for both: an encrypted event, or else a signed message to the robot. */
  open(query: CallbackQuery, headers: CallbackHeaders, rawBody: string): DingtalkOrgEvent | DingtalkRobotMessage
  /** A press on a card. Answer `cardAnswer(…)` as JSON within two seconds. */
  openCard(headers: CallbackHeaders, rawBody: string): DingtalkCardPress
  /** The encrypted word that an event, also `check_url`, is answered with as JSON within 1.5 s. */
  success(nonce?: string): object
}

const MAX_BODY_BYTES = 256 * 1024
/** The platform's own rule for robot messages (PLATFORMS.md §5.3). */
const ROBOT_AGE_S = 3600

/** Opens callbacks of one application. `realNow` is the machine's time on purpose: signatures are not in our clock. */
export function dingtalkCallback(config: DingtalkCallbackConfig, realNow: () => number = Date.now): DingtalkCallback {
  const { token, aesKey } = config
  // The platform seals for the corp id or for the app key, depending on the age of the application, and expects it back.
  const ciphers =
    token && aesKey
      ? [config.corpId, config.appKey]
          .filter((receiveId) => receiveId !== '')
          .map((receiveId) => wxCrypto({ token, encodingAesKey: aesKey, receiveId }))
      : []
  let sealing = ciphers[0]

  function openEvent(query: CallbackQuery, ciphertext: string): DingtalkOrgEvent {
    const [first] = ciphers
    if (!first) throw new CallbackRefused('cipher', 'no key is configured')
    const timestamp = queryText(query, 'timestamp')
    const signature = queryText(query, 'signature') || queryText(query, 'msg_signature')
    first.verify(signature, timestamp, queryText(query, 'nonce'), ciphertext)
    checkAgeMs(timestamp, config.maxAgeS, realNow())
    return dingtalkOrgEvent(jsonOf(unseal(ciphertext)))
  }

  function unseal(ciphertext: string): string {
    for (const cipher of ciphers) {
      try {
        const plaintext = cipher.open(ciphertext)
        sealing = cipher
        return plaintext
      } catch (error) {
        if (!(error instanceof CallbackRefused && error.reason === 'receiveid')) throw error
      }
    }
    throw new CallbackRefused('receiveid')
  }

  function checkRobot(headers: CallbackHeaders): void {
    const timestamp = queryText(headers, 'timestamp')
    checkSign(queryText(headers, 'sign'), robotSign(timestamp, config.appSecret))
    checkAgeMs(timestamp, config.maxAgeS && ROBOT_AGE_S, realNow())
  }

  return {
    open(query, headers, rawBody) {
      const body = bodyOf(rawBody)
      const ciphertext = encrypted(body)
      if (ciphertext !== undefined) return openEvent(query, ciphertext)
      checkRobot(headers)
      return dingtalkRobotMessage(body)
    },

    openCard(headers, rawBody) {
      if (!config.cardSecret) throw new CallbackRefused('signature', 'no secret is configured')
      const timestamp = queryText(headers, 'x-ddpaas-signature-timestamp')
      checkSign(queryText(headers, 'x-ddpaas-signature'), cardSign(timestamp, config.cardSecret))
      checkAgeMs(timestamp, config.maxAgeS, realNow())
      return dingtalkCardPress(bodyOf(rawBody))
    },

    success(nonce = randomUUID()) {
      if (!sealing) throw new CallbackRefused('cipher', 'no key is configured')
      const timestamp = String(realNow())
      const encrypt = sealing.seal('success')
      return { msg_signature: sealing.sign(timestamp, nonce, encrypt), timeStamp: timestamp, nonce, encrypt }
    },
  }
}

function bodyOf(rawBody: string): unknown {
  if (Buffer.byteLength(rawBody) > MAX_BODY_BYTES) throw new CallbackRefused('size')
  return jsonOf(rawBody)
}

function encrypted(body: unknown): string | undefined {
  if (!body || typeof body !== 'object' || !('encrypt' in body)) return undefined
  return typeof body.encrypt === 'string' ? body.encrypt : undefined
}
