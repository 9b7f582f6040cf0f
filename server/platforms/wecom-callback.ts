import { randomUUID } from 'node:crypto'
import type { CardUpdate } from './wecom-card.ts'
import { cardXml } from './wecom-card-xml.ts'
import { type WecomEvent, wecomDedupKey, wecomEvent } from './wecom-event.ts'
import { clipBytes } from './wecom-message.ts'
import { type CallbackQuery, CallbackRefused, sealedDoor, wxCrypto } from './wx-crypto.ts'
import { element, envelopeCiphertext, textElement } from './wx-xml.ts'

export interface WecomCallbackConfig {
  corpId: string
  token: string
  encodingAesKey: string
  /** How far a callback's timestamp may be from the machine's time, in s; 0 turns the check off. */
  maxAgeS: number
}

/** An answer inside the callback's own response, for the person `to` who pressed or wrote. */
export type PassiveReply = { to: string } & (
  | { msgtype: 'text'; content: string }
  | { msgtype: 'update_button'; replaceName: string }
  | { msgtype: 'update_template_card'; card: CardUpdate }
)

/** The door of one WeCom application. `verifyUrl` and `open` throw CallbackRefused, which carries the HTTP status. */
export interface WecomCallback {
  /** Checks the URL verification and returns the text to answer with: as it is, within one second. */
  verifyUrl(query: CallbackQuery): string
  /** Verifies, decrypts and reads one callback. */
  open(query: CallbackQuery, rawBody: string): WecomEvent
  /** The encrypted envelope of a passive reply, to be answered within five seconds as XML. */
  reply(reply: PassiveReply, nonce?: string): string
  /** Equal for the repeats of one callback, different for all else; ≤ 50 characters. */
  dedupKey(event: WecomEvent): string
}

const MAX_BODY_BYTES = 256 * 1024
const REPLY_TEXT_BYTES = 2048

/** Opens callbacks of one application. `realNow` is the machine's time on purpose: signatures are not in our clock. */
export function wecomCallback(config: WecomCallbackConfig, realNow: () => number = Date.now): WecomCallback {
  const crypto = wxCrypto({ ...config, receiveId: config.corpId })
  const door = sealedDoor(crypto, config.maxAgeS, realNow)

  return {
    verifyUrl: door.verifyUrl,

    open(query, rawBody) {
      if (Buffer.byteLength(rawBody) > MAX_BODY_BYTES) throw new CallbackRefused('size')
      return wecomEvent(door.unseal(query, envelopeCiphertext(rawBody)))
    },

    reply(reply, nonce = randomUUID()) {
      const timestamp = String(Math.floor(realNow() / 1000))
      const ciphertext = crypto.seal(replyXml(reply, config.corpId, timestamp))
      return element(
        'xml',
        textElement('Encrypt', ciphertext) +
          textElement('MsgSignature', crypto.sign(timestamp, nonce, ciphertext)) +
          element('TimeStamp', timestamp) +
          textElement('Nonce', nonce),
      )
    },

    dedupKey: wecomDedupKey,
  }
}

function replyXml(reply: PassiveReply, corpId: string, timestamp: string): string {
  return element(
    'xml',
    textElement('ToUserName', reply.to) +
      textElement('FromUserName', corpId) +
      element('CreateTime', timestamp) +
      textElement('MsgType', reply.msgtype) +
      replyContent(reply),
  )
}

function replyContent(reply: PassiveReply): string {
  switch (reply.msgtype) {
    case 'text':
      return textElement('Content', clipBytes(reply.content, REPLY_TEXT_BYTES))
    case 'update_button':
      return element('Button', textElement('ReplaceName', reply.replaceName))
    case 'update_template_card':
      return cardXml(reply.card)
  }
}
