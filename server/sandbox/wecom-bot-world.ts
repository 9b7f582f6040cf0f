import type { WebSocket } from 'ws'
import { type Clock, DAY, HOUR, MINUTE } from '../lib/clock.ts'
import type { TemplateCard } from './cards.ts'
import { type CardItem, changeCard } from './chat.ts'
import type { Cipher } from './cipher.ts'
import { fresh, Refusal } from './listener.ts'
import type { Live } from './live.ts'
import type { Memory } from './memory.ts'
import type { Person } from './people.ts'
import type { BotCardItem, BotFaults, BotItem, BotLimits, StreamItem } from './wecom-bot.ts'

/** The bot as it is set up in the admin console; its two modes exclude each other. */
export interface BotApp {
  botId: string
  mode: 'callback' | 'link'
  secret: string
  token: string
  encodingAesKey: string
}

/** What the bot's platform remembers over a restart. */
export interface BotState {
  sequence: number
  /** user id or chat id → what stands there. */
  chats: Record<string, BotItem[]>
  /** task ids that were used. */
  tasks: Record<string, true>
  /** response_code → what it is good for. */
  codes: Record<string, { chat: string; expiresAt: number; used: boolean }>
  /** user id → the day on which they last looked in. */
  entered: Record<string, number>
  /** File id → until when its address is good, and the key (base64) it is encrypted with there. */
  files: Record<string, { expiresAt: number; key: string }>
}

export const EMPTY_BOT: BotState = { sequence: 0, chats: {}, tasks: {}, codes: {}, entered: {}, files: {} }

/** Something that was pushed to the bot and may be answered. */
export interface Exchange {
  msgid: string
  reqId: string
  kind: 'message' | 'enter_chat' | 'template_card_event' | 'feedback_event'
  userid: string
  /** Where: user id or chat id. */
  chat: string
  at: number
  taskId?: string
  streamId?: string
  itemId?: string
  firstFrameAt?: number
  /** Nothing more is expected. */
  done: boolean
  cardShown: boolean
  shown: string[]
  frames: string[]
  refused: string[]
}

/** The stand-in's inside. */
export interface BotWorld {
  readonly app: BotApp
  readonly callbackUrl: () => string
  /** The stand-in's own address for response_url and files, without a trailing slash. */
  readonly base: () => string
  readonly clock: Clock
  readonly cipher: Cipher
  readonly people: Person[]
  readonly state: BotState
  readonly memory: Memory
  readonly live: Live
  readonly faults: BotFaults
  readonly limits: BotLimits
  readonly pushed: Record<string, unknown>[]
  readonly frames: { cmd: string; body: unknown; errcode: number }[]
  /** req_id → its exchange. */
  readonly exchanges: Map<string, Exchange>
  /** conversation → instants of the last hour's frames. */
  readonly pace: Map<string, number[]>
  link: WebSocket | null
  subscriptions: number
}

export const STREAM_LIFE = 6 * MINUTE
export const CODE_LIFE = HOUR
/** How long an exchange may be answered over the long connection. */
export const REPLY_LIFE = DAY
const CHAT_LENGTH = 1000

/** A bot with nothing said yet, or what was kept. */
export function botWorld(
  app: BotApp,
  house: Pick<BotWorld, 'callbackUrl' | 'base' | 'clock' | 'cipher' | 'people' | 'memory' | 'live'>,
): BotWorld {
  return {
    ...house,
    app,
    state: house.memory.part('wecom-bot', structuredClone(EMPTY_BOT)),
    faults: { down: false, loseReplies: 0, duplicates: 0, errcodes: [], loseAcks: 0, deafSubscriptions: 0 },
    limits: { perMinute: 30, perHour: 1000, exchanges: 3, pollMs: 300, patienceMs: 5000 },
    pushed: [],
    frames: [],
    exchanges: new Map(),
    pace: new Map(),
    link: null,
    subscriptions: 0,
  }
}

export function nextBotId(world: BotWorld, prefix: string): string {
  world.state.sequence++
  world.memory.touch()
  return `${prefix}${world.state.sequence}${fresh('', 6)}`
}

/** Adds an item to a conversation. */
export function showBotItem(world: BotWorld, chat: string, item: BotItem): void {
  const items = world.state.chats[chat] ?? []
  world.state.chats[chat] = items
  items.push(item)
  if (items.length > CHAT_LENGTH) items.splice(0, items.length - CHAT_LENGTH)
  changed(world, chat, item)
}

/** The stream of an exchange gets its whole text anew. */
export function setStream(world: BotWorld, { chat, itemId }: Exchange, change: Partial<StreamItem>): void {
  const item = world.state.chats[chat]?.find((one): one is StreamItem => one.id === itemId && one.kind === 'stream')
  if (!item) return
  Object.assign(item, change)
  changed(world, chat, item)
}

export function findBotCard(world: BotWorld, chat: string, taskId: string): BotCardItem | undefined {
  return world.state.chats[chat]?.findLast(
    (item): item is BotCardItem => item.kind === 'card' && item.taskId === taskId,
  )
}

/** The card as this person sees it. */
export function cardFor({ seenBy, ...shared }: BotCardItem, viewer?: string): CardItem {
  return structuredClone((viewer && seenBy?.[viewer]) || shared)
}

/** A card gets a new look, for everybody or for some of a group. */
export function changeBotCard(
  world: BotWorld,
  chat: string,
  taskId: string,
  card: TemplateCard,
  only?: string[],
): void {
  const items = world.state.chats[chat] ?? []
  const found = findBotCard(world, chat, taskId)
  if (!found) return
  const now = world.clock.now()
  const { seenBy = {}, ...shared } = found
  const updated: BotCardItem = only
    ? {
        ...shared,
        seenBy: {
          ...seenBy,
          ...Object.fromEntries(only.map((userid) => [userid, changeCard(seenBy[userid] ?? shared, { card }, now)])),
        },
      }
    : changeCard(shared, { card }, now)
  items[items.indexOf(found)] = updated
  changed(world, chat, updated)
}

/** At most so many a minute and an hour in one conversation. The number answered over it is not documented. */
export function countFrame(world: BotWorld, chat: string): void {
  const now = world.clock.now()
  const recent = (world.pace.get(chat) ?? []).filter((at) => at > now - HOUR)
  world.pace.set(chat, recent)
  const lastMinute = recent.filter((at) => at > now - MINUTE).length
  if (lastMinute >= world.limits.perMinute || recent.length >= world.limits.perHour)
    throw new Refusal(45009, 'api freq out of limit')
  recent.push(now)
}

/** Remembers an exchange, and forgets those that nobody may answer any more. */
export function openExchange(world: BotWorld, exchange: Exchange): void {
  const { exchanges, state, clock } = world
  const now = clock.now()
  for (const [reqId, { at }] of exchanges) if (at <= now - REPLY_LIFE) exchanges.delete(reqId)
  for (const [code, { expiresAt }] of Object.entries(state.codes)) if (expiresAt <= now) delete state.codes[code]
  exchanges.set(exchange.reqId, exchange)
}

/** Exchanges of this person that are not over. */
export function underWay(world: BotWorld, userid: string): number {
  const since = world.clock.now() - STREAM_LIFE
  return [...world.exchanges.values()].filter(
    (one) => one.kind === 'message' && one.userid === userid && !one.done && one.at > since,
  ).length
}

function changed(world: BotWorld, chat: string, item: BotItem): void {
  world.memory.touch()
  world.live.tell({ type: 'bot', chat, item: structuredClone(item) })
}
