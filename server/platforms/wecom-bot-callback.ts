import { z } from 'zod'
import { parseJson } from './json.ts'
import { type BotEvent, type BotPoll, botEvent } from './wecom-bot-event.ts'
import { type CallbackQuery, CallbackRefused, queryText, sealedDoor, wxCrypto } from './wx-crypto.ts'

export interface WecomBotCallbackSettings {
  token: string
  encodingAesKey: string
  /** How far a callback's timestamp may be from the machine's time, in s; 0 turns the check off. */
  maxAgeS: number
}

/** The door of an AI bot in callback mode (§3.1). `verifyUrl` and `open` throw CallbackRefused. */
export interface WecomBotCallback {
  /** Checks the URL verification and returns the text to answer with: as it is, within one second. */
  verifyUrl(query: CallbackQuery): string
  /** Verifies, decrypts and reads one callback. */
  open(query: CallbackQuery, rawBody: string): BotEvent | BotPoll
  /** The encrypted envelope of a reply, to be answered within five seconds as JSON; it repeats the query's nonce. */
  reply(query: CallbackQuery, body: object): string
}

const MAX_BODY_BYTES = 1024 * 1024

const envelope = z.object({ encrypt: z.string().regex(/^[A-Za-z0-9+/=]+$/) })

/** Opens callbacks of one in-house AI bot, whose receiveid is empty. `realNow` is the machine's time on purpose. */
export function wecomBotCallback(
  settings: WecomBotCallbackSettings,
  realNow: () => number = Date.now,
): WecomBotCallback {
  const crypto = wxCrypto({ ...settings, receiveId: '' })
  const door = sealedDoor(crypto, settings.maxAgeS, realNow)

  return {
    verifyUrl: door.verifyUrl,

    open(query, rawBody) {
      if (Buffer.byteLength(rawBody) > MAX_BODY_BYTES) throw new CallbackRefused('size')
      const sealed = envelope.safeParse(read(rawBody))
      if (!sealed.success) throw new CallbackRefused('json', 'no encrypt')
      return botEvent(read(door.unseal(query, sealed.data.encrypt)), settings.encodingAesKey)
    },

    reply(query, body) {
      const timestamp = Math.floor(realNow() / 1000)
      const nonce = queryText(query, 'nonce')
      const encrypt = crypto.seal(JSON.stringify(body))
      const msgsignature = crypto.sign(String(timestamp), nonce, encrypt)
      return JSON.stringify({ encrypt, msgsignature, timestamp, nonce })
    },
  }
}

function read(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    throw new CallbackRefused('json', '', { cause: error })
  }
}
