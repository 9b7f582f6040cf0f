import { generateReqId, WSClient, WsCmd, type WsFrame } from '@wecom/aibot-node-sdk'
import type { Clock } from '../lib/clock.ts'
import { PlatformError } from '../lib/errors.ts'
import { log } from '../lib/log.ts'
import { wecomReaction } from './wecom-errors.ts'

/**
 * `live`: subscribed. `lost`: on the way back. `replaced`: a newer subscription of the same bot took over. `refused`: id or
 * secret are wrong. The last three are ends: nothing is tried any more.
 */
export type BotLinkState = 'connecting' | 'live' | 'lost' | 'replaced' | 'refused' | 'stopped'

export interface BotLinkHealth {
  state: BotLinkState
  /** Since when, ms UTC. */
  since: number
}

/** Answers to one callback, each acknowledged by the platform; a refusal is a PlatformError. */
export interface BotReply {
  respond(body: object): Promise<void>
  welcome(body: object): Promise<void>
  update(body: object): Promise<void>
}

export interface BotSocket {
  health(): BotLinkHealth
  live(): Promise<void>
  /** `aibot_send_msg`. */
  push(body: object): Promise<void>
  stop(): void
}

interface SocketSettings {
  botId: string
  secret: string
  wsUrl?: string
  clock: Clock
  reconnectMs?: number
  subscribeMs?: number
}

const HANDSHAKE_MS = 10_000
/** The SDK's heart beats only after it was subscribed: a subscription without an answer would hang for ever. */
const SUBSCRIBE_MS = 15_000

const ENDS = new Set<BotLinkState>(['replaced', 'refused', 'stopped'])

/**
 * One connection of `@wecom/aibot-node-sdk`: it subscribes, keeps alive, comes back after 1 s to 30 s, and sends the
 * answers to one callback one after the other.
 */
export function botSocket(settings: SocketSettings, receive: (body: unknown, reply: BotReply) => void): BotSocket {
  const { clock, botId, secret } = settings
  let health: BotLinkHealth = { state: 'connecting', since: clock.now() }
  const waiting = new Set<{ resolve: () => void; reject: (error: Error) => void }>()
  let subscribing: NodeJS.Timeout | undefined
  let client = open()

  function become(state: BotLinkState): void {
    if (ENDS.has(health.state) || health.state === state) return
    health = { state, since: clock.now() }
    const end = ENDS.has(state)
    if (end && state !== 'stopped') log.error({ state }, 'the AI bot is no longer connected')
    if (state !== 'live' && !end) return
    for (const { resolve, reject } of waiting) end ? reject(gone(state)) : resolve()
    waiting.clear()
  }

  function open(): WSClient {
    const opened = new WSClient({
      botId,
      secret,
      wsUrl: settings.wsUrl,
      wsOptions: { handshakeTimeout: HANDSHAKE_MS },
      reconnectInterval: settings.reconnectMs,
      maxReconnectAttempts: -1,
      logger: quietLogger,
    })
    opened.on('connected', () => {
      clearTimeout(subscribing)
      // The client waits for ever when nobody answers its subscription.
      subscribing = setTimeout(reopen, settings.subscribeMs ?? SUBSCRIBE_MS).unref()
    })
    opened.on('authenticated', () => {
      clearTimeout(subscribing)
      become('live')
    })
    opened.on('event.disconnected_event', () => become('replaced'))
    opened.on('disconnected', () => {
      clearTimeout(subscribing)
      become('lost')
    })
    opened.on('error', (error) => {
      if ('code' in error && error.code === 'WS_AUTH_FAILURE_EXHAUSTED') become('refused')
    })
    for (const kind of ['message', 'event'] as const) {
      opened.on(kind, (frame: WsFrame) => {
        if (frame.body?.event?.eventtype !== 'disconnected_event') receive(frame.body, replyTo(frame))
      })
    }
    return opened.connect()
  }

  /** A client of its own: the SDK's takes the late close of its old connection for one of the new connection's. */
  function reopen(): void {
    log.warn('the AI bot was not subscribed in time')
    client.removeAllListeners()
    client.disconnect()
    become('lost')
    client = open()
  }

  function replyTo(frame: WsFrame): BotReply {
    return {
      respond: (body) => acknowledged(client.reply(frame, body)),
      welcome: (body) => acknowledged(client.reply(frame, body, WsCmd.RESPONSE_WELCOME)),
      update: (body) => acknowledged(client.reply(frame, body, WsCmd.RESPONSE_UPDATE)),
    }
  }

  return {
    health: () => health,
    live() {
      if (health.state === 'live') return Promise.resolve()
      if (ENDS.has(health.state)) return Promise.reject(gone(health.state))
      return new Promise((resolve, reject) => waiting.add({ resolve, reject }))
    },
    push: (body) =>
      acknowledged(client.reply({ headers: { req_id: generateReqId(WsCmd.SEND_MSG) } }, body, WsCmd.SEND_MSG)),
    stop() {
      clearTimeout(subscribing)
      become('stopped')
      client.disconnect()
    },
  }
}

/** The SDK rejects with the platform's frame, or with an Error when no acknowledgement came. */
async function acknowledged(sent: Promise<WsFrame>): Promise<void> {
  try {
    await sent
  } catch (error) {
    if (error instanceof Error) {
      throw new PlatformError('wecom_bot', 'no_ack', true, error.message, undefined, { cause: error })
    }
    const { errcode = 0, errmsg = '' } = error as WsFrame
    const { retryable, waitMs } = wecomReaction(errcode)
    throw new PlatformError('wecom_bot', errcode, retryable, errmsg, waitMs)
  }
}

function gone(state: BotLinkState): PlatformError {
  return new PlatformError('wecom_bot', state, state !== 'stopped', 'the AI bot is not connected')
}

/** Only the first words: what follows may be what a person said. */
const quietLogger = {
  debug: () => undefined,
  info: (message: string) => log.debug(message),
  warn: (message: string) => log.warn(message),
  error: (message: string) => log.warn(message),
}
